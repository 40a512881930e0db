use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use crate::families::hybrid::coder::HYPER_FACTOR;
use crate::families::hybrid::motion::{MOTION_BLOCK, MotionField};
use crate::layers::{QUALITY_LEVELS, Quality};

/// Macroblocks a side of what has an offset of its own: a region.
pub const REGION: usize = 2;
/// Levels of one step of an offset.
pub const OFFSET_LEVELS: i32 = 4;
/// Offsets go up and down to this.
pub const OFFSET_LIMIT: i8 = 5;

/// The quality of each macroblock of a frame: that of the frame, and an offset for each region of 2×2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityMap {
    quality: Quality,
    rows: usize,
    columns: usize,
    /// Of each region from the frame's quality, in steps of [`OFFSET_LEVELS`], row by row.
    offsets: Vec<i8>,
}

impl QualityMap {
    /// One quality for all of a frame of so many rows and columns of macroblocks.
    pub fn uniform(quality: Quality, [rows, columns]: [usize; 2]) -> Self {
        Self {
            quality,
            rows,
            columns,
            offsets: vec![0; rows.div_ceil(REGION) * columns.div_ceil(REGION)],
        }
    }

    /// The map with these offsets in place of its own.
    ///
    /// # Panics
    /// If there are not as many, or one is beyond [`OFFSET_LIMIT`].
    #[must_use]
    pub fn with_offsets(self, offsets: Vec<i8>) -> Self {
        assert_eq!(offsets.len(), self.offsets.len(), "one a region");
        let limits = -OFFSET_LIMIT..=OFFSET_LIMIT;
        assert!(offsets.iter().all(|offset| limits.contains(offset)));
        Self { offsets, ..self }
    }

    /// The quality of the frame.
    pub fn quality(&self) -> Quality {
        self.quality
    }

    /// Rows and columns of macroblocks.
    pub fn macroblocks(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// Rows and columns of regions.
    pub fn regions(&self) -> [usize; 2] {
        self.macroblocks().map(|side| side.div_ceil(REGION))
    }

    /// Of each region from the frame's quality, in steps of [`OFFSET_LEVELS`], row by row.
    pub fn offsets(&self) -> &[i8] {
        &self.offsets
    }

    /// The level of each macroblock; none leaves the range of levels.
    pub fn levels(&self) -> MacroblockLevels {
        let base = i32::from(self.quality.level());
        let best = i32::from(QUALITY_LEVELS) - 1;
        let [_, across] = self.regions();
        let places =
            (0..self.rows * self.columns).map(|place| [place / self.columns, place % self.columns]);
        let levels = places.map(|[row, column]| {
            let offset = self.offsets[row / REGION * across + column / REGION];
            (base + OFFSET_LEVELS * i32::from(offset)).clamp(0, best) as usize
        });
        MacroblockLevels::new(self.macroblocks(), levels.collect())
    }

    /// The offsets where a field takes the picture of this map to.
    ///
    /// # Panics
    /// If the field is of another size.
    pub(super) fn moved_by(&self, field: &MotionField) -> Vec<i8> {
        assert_eq!([field.rows(), field.columns()], self.macroblocks());
        let [rows, columns] = self.regions();
        let places = (0..rows * columns).map(|place| [place / columns, place % columns]);
        let source = |place: usize, quarters: i16, count: usize| {
            let block = (REGION * MOTION_BLOCK * 4) as i32;
            let middle = place as i32 * block + block / 2 + i32::from(quarters);
            middle.div_euclid(block).clamp(0, count as i32 - 1) as usize
        };
        let moved = places.map(|[row, column]| {
            // That of the block right of and below the middle; at the edges there may be none.
            let at = |place: usize, count: usize| (2 * REGION * place + REGION).min(2 * count - 1);
            let vector = field.at(at(column, self.columns), at(row, self.rows));
            let row = source(row, vector.y, rows);
            self.offsets[row * columns + source(column, vector.x, columns)]
        });
        moved.collect()
    }
}

/// The quality levels of a grid of macroblocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacroblockLevels {
    rows: usize,
    columns: usize,
    levels: Vec<usize>,
}

impl MacroblockLevels {
    /// Levels of so many rows and columns, row by row.
    ///
    /// # Panics
    /// If there are not as many.
    pub fn new([rows, columns]: [usize; 2], levels: Vec<usize>) -> Self {
        assert_eq!(levels.len(), rows * columns, "one a macroblock");
        Self {
            rows,
            columns,
            levels,
        }
    }

    /// That of each macroblock, row by row.
    pub fn values(&self) -> &[usize] {
        &self.levels
    }

    /// That of each quarter of a macroblock, row by row.
    pub(crate) fn of_quarters(&self) -> Vec<usize> {
        self.plane(2 * self.rows, 2 * self.columns)
    }

    /// A level for each place of a plane: twice the grid's size, its own, or blocks of [`HYPER_FACTOR`]
    /// macroblocks, which have their mean, rounded to the nearest, halves up.
    fn plane(&self, height: usize, width: usize) -> Vec<usize> {
        let [rows, columns] = [self.rows, self.columns];
        let at = |row: usize, column: usize| self.levels[row * columns + column];
        let places = (0..height * width).map(|place| [place / width, place % width]);
        if [height, width] == [rows, columns] {
            return self.levels.clone();
        }
        if [height, width] == [2 * rows, 2 * columns] {
            return places.map(|[y, x]| at(y / 2, x / 2)).collect();
        }
        let small = [rows, columns].map(|side| side.div_ceil(HYPER_FACTOR));
        assert_eq!([height, width], small, "planes at 1/8, 1/16 or 1/64");
        let range = |place: usize, count: usize| {
            place * HYPER_FACTOR..((place + 1) * HYPER_FACTOR).min(count)
        };
        let mean = |[y, x]: [usize; 2]| {
            let (rows, columns) = (range(y, rows), range(x, columns));
            let count = rows.len() * columns.len();
            let sum: usize = rows
                .flat_map(|row| columns.clone().map(move |column| at(row, column)))
                .sum();
            (2 * sum + count) / (2 * count)
        };
        places.map(mean).collect()
    }
}

/// How networks see a level, in sixteenths.
pub(crate) fn level_value(level: usize) -> i32 {
    2 * level as i32 - (i32::from(QUALITY_LEVELS) - 1)
}

/// The qualities of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Qualities<'a> {
    /// One a frame.
    Frames(&'a [Quality]),
    /// One a macroblock of a single frame.
    Map(&'a QualityMap),
    /// One a macroblock of each of several pieces, of one size.
    Pieces(&'a [MacroblockLevels]),
}

impl Qualities<'_> {
    /// A channel that tells the quality, from −63/16 to 63/16, for tensors like this one.
    pub fn plane<B: Backend>(self, like: &Tensor<B, 4>) -> Tensor<B, 4> {
        let [batch, _, height, width] = like.dims();
        let value = |level: usize| level_value(level) as f32 / 16.0;
        match self {
            Self::Frames(qualities) => {
                assert_eq!(batch, qualities.len(), "one quality a frame");
                let levels = qualities
                    .iter()
                    .map(|quality| value(quality.level().into()));
                let data = TensorData::new(levels.collect::<Vec<f32>>(), [batch, 1, 1, 1]);
                Tensor::<B, 4>::from_data(data, &like.device()).expand([batch, 1, height, width])
            }
            Self::Map(map) => plane_of(&[map.levels()], like, value),
            Self::Pieces(pieces) => plane_of(pieces, like, value),
        }
    }
}

fn plane_of<B: Backend>(
    grids: &[MacroblockLevels],
    like: &Tensor<B, 4>,
    value: impl Fn(usize) -> f32,
) -> Tensor<B, 4> {
    let [batch, _, height, width] = like.dims();
    assert_eq!(batch, grids.len(), "one grid a frame");
    let levels = grids.iter().flat_map(|grid| grid.plane(height, width));
    let data = TensorData::new(
        levels.map(value).collect::<Vec<f32>>(),
        [batch, 1, height, width],
    );
    Tensor::from_data(data, &like.device())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::hybrid::motion::MotionVector;

    /// Of 3 rows and 5 columns of macroblocks, 2 and 3 of regions.
    fn map(level: u8, offsets: Vec<i8>) -> QualityMap {
        QualityMap::uniform(Quality::new(level).unwrap(), [3, 5]).with_offsets(offsets)
    }

    #[test]
    fn levels_stay_in_range() {
        let levels = map(60, vec![0, 1, -5, 5, -1, 0]).levels();
        let levels = levels.values();
        let upper = [60, 60, 63, 63, 40];
        let lower = [63, 63, 56, 56, 60];
        assert_eq!(levels, [upper, upper, lower].concat());
        assert_eq!(map(3, vec![-1; 6]).levels().values()[0], 0);
    }

    #[test]
    fn planes_repeat_levels_or_take_their_means() {
        let map = map(20, vec![0, 0, 1, 0, 0, 0]).levels();
        assert_eq!(map.plane(3, 5)[3..7], [20, 24, 20, 20]);
        assert_eq!(map.plane(6, 10)[7..11], [20, 24, 24, 20]);
        assert_eq!(
            map.plane(1, 2),
            [20, 23],
            "20 and, of three macroblocks, 20 and 8/3"
        );
    }

    #[test]
    fn maps_move_with_the_picture() {
        let map = map(20, vec![0, 1, 2, 3, 4, 5]);
        let mut field = MotionField::still(80, 48);
        assert_eq!(map.moved_by(&field), [0, 1, 2, 3, 4, 5]);
        // 17 pixels to the right and 15 down: the middle of the region lies in the one beside.
        field.put_whole(1, 1, MotionVector { x: 68, y: 60 });
        field.put_whole(4, 2, MotionVector { x: 400, y: -64 });
        assert_eq!(map.moved_by(&field), [1, 1, 2, 3, 4, 5]);
        field.put_whole(4, 2, MotionVector { x: 400, y: -68 });
        assert_eq!(map.moved_by(&field), [1, 1, 2, 3, 4, 2]);
    }
}
