//! Which macroblocks the coarsest group's first pass codes: every second one, as the dark squares of a
//! checkerboard, so that each of the others has decoded neighbours on all sides.

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

/// Places of the first pass and of the second one, row by row, in a frame of so many macroblocks.
pub(super) fn passes(rows: usize, columns: usize) -> [Vec<usize>; 2] {
    let places = 0..rows * columns;
    let (first, second) = places.partition(|place| is_first(place / columns, place % columns));
    [first, second]
}

/// Ones at the places of the first pass, `[1, 1, rows, columns]`, zeros at the others.
pub(super) fn first_places<B: Backend>(
    rows: usize,
    columns: usize,
    device: &B::Device,
) -> Tensor<B, 4> {
    let mut ones = vec![0.0f32; rows * columns];
    let [first, _] = passes(rows, columns);
    first.into_iter().for_each(|place| ones[place] = 1.0);
    Tensor::from_data(TensorData::new(ones, [1, 1, rows, columns]), device)
}

fn is_first(row: usize, column: usize) -> bool {
    (row + column).is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_one_pass_are_of_the_other() {
        for (rows, columns) in [(1, 1), (1, 5), (4, 3), (7, 8)] {
            let [first, second] = passes(rows, columns);
            assert_eq!(first.len() + second.len(), rows * columns);
            assert!(first.len() >= second.len());
            for place in first {
                let (row, column) = (place / columns, place % columns);
                assert!(column + 1 == columns || second.contains(&(place + 1)));
                assert!(row + 1 == rows || second.contains(&(place + columns)));
            }
        }
    }
}
