//! About what blocks of 8×8 cost: sums of absolute values of their Hadamard transform.

use crate::families::hybrid::motion::SamplePlane;

const SIDE: usize = 8;
type Block = [i32; SIDE * SIDE];

/// That of a block by itself: of what the best of a few predictions from the samples around it leaves, as
/// intra coding would.
pub(super) fn intra_cost(plane: &SamplePlane, column: usize, row: usize) -> f32 {
    /// A block with the row above and the column to the left.
    const AROUND: usize = SIDE + 1;
    let mut around = [0; AROUND * AROUND];
    let (x, y) = ((SIDE * column) as i32 - 1, (SIDE * row) as i32 - 1);
    plane.copy_patch(x, y, AROUND, &mut around);
    let at = |i: usize, j: usize| i32::from(around[j * AROUND + i]);
    let above: [i32; SIDE] = std::array::from_fn(|i| at(i + 1, 0));
    let left: [i32; SIDE] = std::array::from_fn(|j| at(0, j + 1));
    let sum: i32 = above.iter().chain(&left).sum();
    let mean = (sum + SIDE as i32) / (2 * SIDE as i32);
    let predictions: [&dyn Fn(usize, usize) -> i32; 4] =
        [&|_, _| mean, &|i, _| above[i], &|_, j| left[j], &|i, j| {
            (above[i] + left[j]) / 2
        }];
    let costs =
        predictions.map(|prediction| transformed(|i, j| at(i + 1, j + 1) - prediction(i, j)));
    costs.into_iter().fold(f32::INFINITY, f32::min)
}

/// That of a block's difference from its prediction.
pub(super) fn inter_cost(
    plane: &SamplePlane,
    prediction: &SamplePlane,
    column: usize,
    row: usize,
) -> f32 {
    let [block, predicted] = [plane, prediction].map(|plane| {
        let mut block = [0; SIDE * SIDE];
        plane.copy_patch(
            (SIDE * column) as i32,
            (SIDE * row) as i32,
            SIDE,
            &mut block,
        );
        block
    });
    transformed(|i, j| {
        let place = j * SIDE + i;
        i32::from(block[place]) - i32::from(predicted[place])
    })
}

fn transformed(difference: impl Fn(usize, usize) -> i32) -> f32 {
    let mut block: Block = std::array::from_fn(|place| difference(place % SIDE, place / SIDE));
    for line in 0..SIDE {
        hadamard(&mut block, SIDE * line, 1);
    }
    for column in 0..SIDE {
        hadamard(&mut block, column, SIDE);
    }
    let sum: u32 = block.iter().map(|value| value.unsigned_abs()).sum();
    sum as f32 / SIDE as f32
}

/// The transform of eight values from `start` on, `stride` apart.
fn hadamard(block: &mut Block, start: usize, stride: usize) {
    for half in [1, 2, 4] {
        for pair in 0..SIDE / 2 {
            let first = pair / half * 2 * half + pair % half;
            let (first, second) = (start + first * stride, start + (first + half) * stride);
            let (a, b) = (block[first], block[second]);
            block[first] = a + b;
            block[second] = a - b;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smooth_blocks_cost_little_and_texture_much() {
        let plane = |value: fn(usize, usize) -> u16| {
            let samples = (0..24 * 24).map(|place| value(place % 24, place / 24));
            SamplePlane::new(24, 24, samples.collect())
        };
        let flat = plane(|_, _| 90);
        let columns = plane(|x, _| (x * 37 % 200) as u16);
        let texture = plane(|x, y| (x * x * 31 + y * 57 + x * y * 13) as u16 % 200);
        assert_eq!(intra_cost(&flat, 1, 1), 0.0);
        assert_eq!(intra_cost(&columns, 1, 1), 0.0, "told by the row above");
        assert!(intra_cost(&texture, 1, 1) > 1000.0);
        assert_eq!(inter_cost(&texture, &texture, 2, 2), 0.0);
        // A difference of 1 everywhere is one coefficient of 64.
        let brighter = plane(|_, _| 91);
        assert_eq!(inter_cost(&flat, &brighter, 0, 0), 8.0);
    }
}
