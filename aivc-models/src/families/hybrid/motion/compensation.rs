use super::field::quarters;
use super::interpolation::{BlockSource, chroma_block, luma_block};
use super::{MOTION_BLOCK, MotionField, MotionVector, SamplePlane};

/// A 4:2:0 picture: luma, and two chroma planes of half its size, rounded up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yuv420Picture {
    /// Luma, blue difference, red difference.
    pub planes: [SamplePlane; 3],
    /// Largest sample: 255 or 1023.
    pub maximum: u16,
}

/// Weights of the vector of the block above or below, in eighths, for the upper left quarter of a block
/// of 8×8; the rest mirrors it, the weights of the vectors to the left and right are its transpose, and
/// the block's own vector has what is left
/// (overlapped block motion compensation: Orchard, Sullivan, 1994; the weights of ITU-T H.263,
/// annex F).
const VERTICAL: [[i32; 4]; 4] = [[2, 2, 2, 2], [1, 1, 2, 2], [1, 1, 1, 1], [1, 1, 1, 1]];

/// The prediction of a frame from a reference and a motion field, in integers throughout, so that
/// it has the same samples everywhere. Neighbouring blocks of 8×8 that move differently overlap.
///
/// # Panics
/// If the field was made for another size.
pub fn compensate(reference: &Yuv420Picture, field: &MotionField) -> Yuv420Picture {
    let mut prediction = reference.clone();
    let luma = &reference.planes[0];
    let size = MotionField::still(luma.width(), luma.height());
    assert_eq!(
        (field.columns(), field.rows()),
        (size.columns(), size.rows()),
        "blocks of {}x{}",
        luma.width(),
        luma.height()
    );
    for (index, plane) in prediction.planes.iter_mut().enumerate() {
        let source = Source {
            plane: &reference.planes[index],
            kind: if index == 0 { Kind::Luma } else { Kind::Chroma },
            maximum: reference.maximum,
        };
        for row in 0..field.rows() {
            for column in 0..field.columns() {
                let (side, places) = if field.is_split(column, row) {
                    (MOTION_BLOCK / 2, &quarters(column, row)[..])
                } else {
                    (MOTION_BLOCK, &[(2 * column, 2 * row)][..])
                };
                for &(x, y) in places {
                    let place = (x * MOTION_BLOCK / 2, y * MOTION_BLOCK / 2);
                    source.predict(field.at(x, y), place, side, plane);
                }
            }
        }
        for row in 0..2 * field.rows() {
            for column in 0..2 * field.columns() {
                source.overlap(field, column, row, plane);
            }
        }
    }
    prediction
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Luma,
    Chroma,
}

impl Kind {
    /// Luma samples that one sample stands for, a side.
    fn reduction(self) -> usize {
        match self {
            Self::Luma => 1,
            Self::Chroma => 2,
        }
    }
}

/// A plane that predictions come from.
struct Source<'a> {
    plane: &'a SamplePlane,
    kind: Kind,
    maximum: u16,
}

impl Source<'_> {
    /// Predicts a block by one vector; place and side are in luma samples.
    fn predict(
        &self,
        vector: MotionVector,
        (x, y): (usize, usize),
        side: usize,
        plane: &mut SamplePlane,
    ) {
        let reduction = self.kind.reduction();
        let (x, y, side) = (x / reduction, y / reduction, side / reduction);
        if x >= plane.width() || y >= plane.height() {
            return;
        }
        let width = side.min(plane.width() - x);
        let height = side.min(plane.height() - y);
        let mut block = [0; MOTION_BLOCK * MOTION_BLOCK];
        let block = &mut block[..width * height];
        self.block(vector, (x, y), (width, height), block);
        for (line, y) in block.chunks_exact(width).zip(y..) {
            plane.row_mut(y)[x..][..width].copy_from_slice(line);
        }
    }

    /// The samples of a block moved by a vector; place and size are in samples of this plane.
    fn block(
        &self,
        vector: MotionVector,
        (x, y): (usize, usize),
        (width, height): (usize, usize),
        block: &mut [u16],
    ) {
        let bits = match self.kind {
            Kind::Luma => 2,
            Kind::Chroma => 3,
        };
        let (vector_x, vector_y) = (i32::from(vector.x), i32::from(vector.y));
        let source = BlockSource {
            x: x as i32 + (vector_x >> bits),
            y: y as i32 + (vector_y >> bits),
            fraction_x: (vector_x & ((1 << bits) - 1)) as usize,
            fraction_y: (vector_y & ((1 << bits) - 1)) as usize,
            width,
            height,
        };
        match self.kind {
            Kind::Luma => luma_block(self.plane, source, self.maximum, block),
            Kind::Chroma => chroma_block(self.plane, source, self.maximum, block),
        }
    }

    /// Blends a block of 8×8 luma samples, which its own vector has predicted, with what the vectors
    /// of the blocks around it predict.
    fn overlap(&self, field: &MotionField, column: usize, row: usize, plane: &mut SamplePlane) {
        let own = field.at(column, row);
        let other = |column: usize, row: usize| {
            let inside = column < 2 * field.columns() && row < 2 * field.rows();
            let vector = inside.then(|| field.at(column, row));
            vector.filter(|&vector| vector != own)
        };
        let above = row.checked_sub(1).and_then(|row| other(column, row));
        let left = column.checked_sub(1).and_then(|column| other(column, row));
        let (below, right) = (other(column, row + 1), other(column + 1, row));
        if [above, below, left, right].iter().all(Option::is_none) {
            return;
        }
        let side = MOTION_BLOCK / 2 / self.kind.reduction();
        let (x, y) = (column * side, row * side);
        if x >= plane.width() || y >= plane.height() {
            return;
        }
        let width = side.min(plane.width() - x);
        let height = side.min(plane.height() - y);
        // In eighths, what the others change of the block's own prediction.
        let mut change = [0i32; MOTION_BLOCK * MOTION_BLOCK / 4];
        let half = side / 2;
        let halves = |length: usize| [0..half.min(length), half.min(length)..length];
        let [upper, lower] = halves(height);
        let [leftmost, rightmost] = halves(width);
        let parts = [
            (above, 0..width, upper, true),
            (below, 0..width, lower, true),
            (left, leftmost, 0..height, false),
            (right, rightmost, 0..height, false),
        ];
        for (vector, columns, rows, vertical) in parts {
            let Some(vector) = vector.filter(|_| !columns.is_empty() && !rows.is_empty()) else {
                continue;
            };
            let mut block = [0; MOTION_BLOCK * MOTION_BLOCK / 4];
            let block = &mut block[..columns.len() * rows.len()];
            let place = (x + columns.start, y + rows.start);
            self.block(vector, place, (columns.len(), rows.len()), block);
            for (line, row) in block.chunks_exact(columns.len()).zip(rows) {
                let own = &plane.row(y + row)[x..];
                for (&sample, column) in line.iter().zip(columns.clone()) {
                    let weight = weight(column, row, side, vertical);
                    change[row * side + column] +=
                        weight * (i32::from(sample) - i32::from(own[column]));
                }
            }
        }
        for row in 0..height {
            let line = &mut plane.row_mut(y + row)[x..][..width];
            for (sample, change) in line.iter_mut().zip(&change[row * side..]) {
                *sample = (i32::from(*sample) + ((change + 4) >> 3)) as u16;
            }
        }
    }
}

/// The weight of the vector above or below, or to the left or right, at a place of a block of 8 or 4
/// samples a side.
fn weight(column: usize, row: usize, side: usize, vertical: bool) -> i32 {
    let mirrored = |place: usize| place.min(side - 1 - place) * (MOTION_BLOCK / 2 / side);
    let (column, row) = (mirrored(column), mirrored(row));
    if vertical {
        VERTICAL[row][column]
    } else {
        VERTICAL[column][row]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize) -> Yuv420Picture {
        let plane = |width: usize, height: usize, factor: usize| {
            let samples = (0..width * height)
                .map(|i| ((i % width * 7 + i / width * 13) * factor % 251) as u16)
                .collect();
            SamplePlane::new(width, height, samples)
        };
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        Yuv420Picture {
            planes: [
                plane(width, height, 1),
                plane(half_width, half_height, 3),
                plane(half_width, half_height, 5),
            ],
            maximum: 255,
        }
    }

    #[test]
    fn no_motion_repeats_the_reference() {
        for (width, height) in [(1, 1), (17, 33), (64, 48)] {
            let reference = picture(width, height);
            let field = MotionField::still(width, height);
            assert_eq!(compensate(&reference, &field), reference);
        }
    }

    #[test]
    fn whole_pixels_move_all_planes() {
        let reference = picture(64, 48);
        let mut field = MotionField::still(64, 48);
        for row in 0..field.rows() {
            for column in 0..field.columns() {
                let vector = MotionVector {
                    x: 4 * 2,
                    y: -4 * 4,
                };
                field.put_whole(column, row, vector);
            }
        }
        let moved = compensate(&reference, &field);
        assert_eq!(moved.planes[0].row(20)[10], reference.planes[0].row(16)[12]);
        assert_eq!(moved.planes[1].row(20)[10], reference.planes[1].row(18)[11]);
    }

    #[test]
    fn quarters_move_by_themselves_and_overlap() {
        let reference = picture(64, 48);
        let mut field = MotionField::still(64, 48);
        field.put(3, 2, MotionVector { x: 4 * 4, y: 0 });
        let moved = compensate(&reference, &field);
        let luma = &reference.planes[0];
        // Share of the quarter's own vector, in eighths: its middle, its corner, its left edge, and
        // beyond that edge.
        for (x, y, share) in [
            (28, 20, 6),
            (24, 16, 4),
            (24, 20, 5),
            (23, 17, 2),
            (20, 17, 1),
        ] {
            let [still, shifted] = [0, 4].map(|dx| i32::from(luma.row(y)[x + dx]));
            let blended = still + ((shifted - still) * share + 4).div_euclid(8);
            let sample = i32::from(moved.planes[0].row(y)[x]);
            assert!((sample - blended).abs() <= 1, "{x} {y}: {sample} {blended}");
        }
        assert_eq!(moved.planes[0].row(17)[19], luma.row(17)[19]);
        assert_eq!(moved.planes[0].row(29)[25], luma.row(29)[25]);
        let chroma = &reference.planes[2];
        let [still, shifted] = [0, 2].map(|dx| i32::from(chroma.row(9)[13 + dx]));
        let blended = still + ((shifted - still) * 6 + 4).div_euclid(8);
        assert!((i32::from(moved.planes[2].row(9)[13]) - blended).abs() <= 1);
    }

    #[test]
    fn vectors_far_outside_repeat_the_edge() {
        let reference = picture(20, 20);
        let mut field = MotionField::still(20, 20);
        let far = MotionVector::clamped(i32::MAX, i32::MIN);
        for (column, row) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            field.put_whole(column, row, far);
        }
        let corner = reference.planes[0].row(0)[19];
        let moved = compensate(&reference, &field);
        assert!(moved.planes[0].samples().iter().all(|&s| s == corner));
    }
}
