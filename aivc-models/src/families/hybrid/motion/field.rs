/// Side of the luma blocks that have a vector each.
pub const MOTION_BLOCK: usize = 16;
/// Vectors are clamped to this many quarter pixels in each direction.
pub const VECTOR_LIMIT: i16 = 4 * 512;

/// Where a block of the current frame is found in the reference, in quarter luma pixels, to the
/// right and downwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MotionVector {
    /// To the right.
    pub x: i16,
    /// Downwards.
    pub y: i16,
}

impl MotionVector {
    /// The vector within the limits.
    #[must_use]
    pub fn clamped(x: i32, y: i32) -> Self {
        let limit = i32::from(VECTOR_LIMIT);
        Self {
            x: x.clamp(-limit, limit) as i16,
            y: y.clamp(-limit, limit) as i16,
        }
    }
}

/// Motion of a frame: a vector for each block of 16×16, or four for its quarters.
///
/// Places are columns and rows of blocks of 8×8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MotionField {
    columns: usize,
    rows: usize,
    /// Of each block of 8×8, row by row.
    vectors: Vec<MotionVector>,
}

impl MotionField {
    /// A field without motion for a frame of this size in luma samples.
    pub fn still(width: usize, height: usize) -> Self {
        let (columns, rows) = (width.div_ceil(MOTION_BLOCK), height.div_ceil(MOTION_BLOCK));
        Self {
            columns,
            rows,
            vectors: vec![MotionVector::default(); 4 * columns * rows],
        }
    }

    /// Blocks of 16×16 in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of blocks of 16×16.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The vector of a block of 8×8.
    ///
    /// # Panics
    /// If there is no such block.
    pub fn at(&self, column: usize, row: usize) -> MotionVector {
        assert!(column < 2 * self.columns, "column {column}");
        self.vectors[row * 2 * self.columns + column]
    }

    /// Replaces the vector of a block of 8×8.
    ///
    /// # Panics
    /// If there is no such block.
    pub fn put(&mut self, column: usize, row: usize, vector: MotionVector) {
        assert!(column < 2 * self.columns, "column {column}");
        self.vectors[row * 2 * self.columns + column] = vector;
    }

    /// Whether the quarters of a block of 16×16, by its own column and row, move differently.
    pub fn is_split(&self, column: usize, row: usize) -> bool {
        let first = self.at(2 * column, 2 * row);
        let [_, rest @ ..] = quarters(column, row);
        rest.into_iter().any(|(x, y)| self.at(x, y) != first)
    }

    /// Moves all of a block of 16×16, by its own column and row.
    pub fn put_whole(&mut self, column: usize, row: usize, vector: MotionVector) {
        for (x, y) in quarters(column, row) {
            self.put(x, y, vector);
        }
    }

    /// What is to be expected of a block of 8×8, or of the block of 16×16 that begins there, when all
    /// before it are known: blocks of 16×16 row by row, and within them their quarters.
    pub fn expectation(&self, column: usize, row: usize, size: BlockSize) -> Expectation {
        let left = (column > 0).then(|| self.at(column - 1, row));
        let above = (row > 0).then(|| self.at(column, row - 1));
        let right = match size {
            BlockSize::Whole => column + 2,
            BlockSize::Quarter => column + 1,
        };
        // To the right of the block's lower half nothing is known yet.
        let known = row.is_multiple_of(2) || column.is_multiple_of(2);
        let corner = (row > 0 && right < 2 * self.columns && known)
            .then(|| self.at(right, row - 1))
            .or_else(|| (row > 0 && column > 0).then(|| self.at(column - 1, row - 1)));
        let known: Vec<MotionVector> = [left, above, corner].into_iter().flatten().collect();
        Expectation {
            vector: MotionVector {
                x: median(known.iter().map(|vector| vector.x)),
                y: median(known.iter().map(|vector| vector.y)),
            },
            spread_x: spread(known.iter().map(|vector| vector.x)),
            spread_y: spread(known.iter().map(|vector| vector.y)),
        }
    }

    /// How many of the blocks of 16×16 to the left and above are split.
    pub(super) fn split_neighbours(&self, column: usize, row: usize) -> usize {
        let left = column > 0 && self.is_split(column - 1, row);
        let above = row > 0 && self.is_split(column, row - 1);
        usize::from(left) + usize::from(above)
    }
}

/// What a vector moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockSize {
    /// A block of 16×16.
    Whole,
    /// A block of 8×8.
    Quarter,
}

/// The blocks of 8×8 of a block of 16×16, in the order in which they are coded.
pub(super) fn quarters(column: usize, row: usize) -> [(usize, usize); 4] {
    let (x, y) = (2 * column, 2 * row);
    [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)]
}

/// A block's vector as its neighbours have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expectation {
    /// The median of the neighbours, each component by itself; zero without neighbours.
    pub vector: MotionVector,
    /// Difference of the neighbours' extremes, to the right.
    pub spread_x: u16,
    /// Difference of the neighbours' extremes, downwards.
    pub spread_y: u16,
}

fn median(values: impl Iterator<Item = i16>) -> i16 {
    let mut values: Vec<i16> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

fn spread(values: impl Iterator<Item = i16> + Clone) -> u16 {
    match (values.clone().max(), values.min()) {
        (Some(high), Some(low)) => high.abs_diff(low),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectation_is_the_median_of_known_neighbours() {
        let mut field = MotionField::still(48, 32);
        field.put_whole(0, 0, MotionVector { x: 4, y: -8 });
        field.put_whole(1, 0, MotionVector { x: 8, y: 0 });
        field.put_whole(2, 0, MotionVector { x: 6, y: 4 });
        field.put_whole(0, 1, MotionVector { x: 100, y: 0 });
        // Left 100, above 8, above right 6.
        let expectation = field.expectation(2, 2, BlockSize::Whole);
        assert_eq!(expectation.vector, MotionVector { x: 8, y: 0 });
        assert_eq!((expectation.spread_x, expectation.spread_y), (94, 4));
        assert_eq!(
            field.expectation(0, 0, BlockSize::Whole).vector,
            MotionVector::default(),
            "nothing is known of the first"
        );
        // Of the last quarter: left 1, above 8, and what is above left, as right of it nothing is
        // known.
        field.put(2, 3, MotionVector { x: 1, y: 0 });
        field.put(3, 2, MotionVector { x: 8, y: 0 });
        field.put(2, 2, MotionVector { x: 3, y: 0 });
        let expectation = field.expectation(3, 3, BlockSize::Quarter);
        assert_eq!((expectation.vector.x, expectation.spread_x), (3, 7));
        assert!(field.is_split(1, 1) && !field.is_split(0, 1));
        assert_eq!(field.split_neighbours(2, 1), 1);
    }
}
