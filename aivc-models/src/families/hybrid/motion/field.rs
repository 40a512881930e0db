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

/// A vector for each block of a frame, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MotionField {
    columns: usize,
    rows: usize,
    vectors: Vec<MotionVector>,
}

impl MotionField {
    /// A field without motion for a frame of this size in luma samples.
    pub fn still(width: usize, height: usize) -> Self {
        let (columns, rows) = (width.div_ceil(MOTION_BLOCK), height.div_ceil(MOTION_BLOCK));
        Self {
            columns,
            rows,
            vectors: vec![MotionVector::default(); columns * rows],
        }
    }

    /// Blocks in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of blocks.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The vector of a block.
    ///
    /// # Panics
    /// If there is no such block.
    pub fn at(&self, column: usize, row: usize) -> MotionVector {
        assert!(column < self.columns, "column {column}");
        self.vectors[row * self.columns + column]
    }

    /// Replaces the vector of a block.
    ///
    /// # Panics
    /// If there is no such block.
    pub fn put(&mut self, column: usize, row: usize, vector: MotionVector) {
        assert!(column < self.columns, "column {column}");
        self.vectors[row * self.columns + column] = vector;
    }

    /// What is to be expected of a block when those to the left and above are known.
    pub fn expectation(&self, column: usize, row: usize) -> Expectation {
        let left = (column > 0).then(|| self.at(column - 1, row));
        let above = (row > 0).then(|| self.at(column, row - 1));
        let corner = (row > 0 && column + 1 < self.columns)
            .then(|| self.at(column + 1, row - 1))
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
        field.put(0, 0, MotionVector { x: 4, y: -8 });
        field.put(1, 0, MotionVector { x: 8, y: 0 });
        field.put(2, 0, MotionVector { x: 6, y: 4 });
        field.put(0, 1, MotionVector { x: 100, y: 0 });
        // Left 100, above 8, above right 6.
        let expectation = field.expectation(1, 1);
        assert_eq!(expectation.vector, MotionVector { x: 8, y: 0 });
        assert_eq!((expectation.spread_x, expectation.spread_y), (94, 4));
        assert_eq!(
            field.expectation(0, 0).vector,
            MotionVector::default(),
            "nothing is known of the first"
        );
    }
}
