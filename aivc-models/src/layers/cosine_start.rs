//! Where training starts from: a transform that already packs a picture's energy.
//!
//! With random weights, thousands of steps pass before a synthesis transform gives anything
//! sharper than blocks of mean colour. We start from what is known of photographs instead: of the
//! cosine coefficients of 16×16 blocks, those with the most energy. Each of them is a sum over
//! the coefficients of four 8×8 blocks, so that one linear layer makes them. Training is free to
//! leave that place.

use super::block_dct::{BLOCK, BLOCK_COEFFICIENTS, Coefficient, cosine};

const SIDE: usize = 2 * BLOCK;
/// Channels of 2×2 neighbouring blocks.
pub(super) const JOINT_COEFFICIENTS: usize = 4 * BLOCK_COEFFICIENTS;

/// The strongest coefficients of 16×16 blocks.
pub(super) struct CosineStart {
    kept: Vec<Coefficient<SIDE>>,
}

impl CosineStart {
    /// The `count` strongest coefficients, the strongest first.
    ///
    /// # Panics
    /// If a block has fewer.
    pub fn strongest(count: usize) -> Self {
        assert!(count <= JOINT_COEFFICIENTS, "{count} of 768 coefficients");
        let mut kept: Vec<_> = (0..Coefficient::<SIDE>::COUNT)
            .map(Coefficient::of_channel)
            .collect();
        kept.sort_by(|a, b| b.spread().total_cmp(&a.spread()));
        kept.truncate(count);
        Self { kept }
    }

    /// What the channels are to be multiplied by to be those of an orthonormal transform of pixels.
    pub fn units(&self) -> Vec<f64> {
        self.kept.iter().map(|kept| kept.spread()).collect()
    }

    /// `[coefficients, 768]`: from the channels of 2×2 blocks, unshuffled.
    pub fn join(&self) -> Vec<f32> {
        let weights = self.kept.iter().flat_map(|large| {
            (0..JOINT_COEFFICIENTS).map(|joint| {
                let (small, weight) = overlap(*large, joint);
                (weight * small.bounded_spread() / large.spread()) as f32
            })
        });
        weights.collect()
    }

    /// `[768, coefficients]`: back again.
    pub fn part(&self) -> Vec<f32> {
        let weights = (0..JOINT_COEFFICIENTS).flat_map(|joint| {
            self.kept.iter().map(move |large| {
                let (small, weight) = overlap(*large, joint);
                (weight * large.spread() / small.bounded_spread()) as f32
            })
        });
        weights.collect()
    }
}

/// The small coefficient behind an unshuffled channel, and the product of its basis with a large
/// one's.
fn overlap(large: Coefficient<SIDE>, joint: usize) -> (Coefficient<BLOCK>, f64) {
    let small = Coefficient::of_channel(joint / 4);
    if small.axis != large.axis {
        return (small, 0.0);
    }
    let rows = product(large.row, small.row, joint / 2 % 2);
    let columns = product(large.column, small.column, joint % 2);
    (small, rows * columns)
}

/// Scalar product of a cosine of 16 samples with one of the 8 in its first or second half.
fn product(large: usize, small: usize, half: usize) -> f64 {
    (0..BLOCK)
        .map(|x| cosine(SIDE, large, half * BLOCK + x) * cosine(BLOCK, small, x))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parting_undoes_joining() {
        let start = CosineStart::strongest(40);
        let (join, part) = (start.join(), start.part());
        for row in 0..40 {
            for column in 0..40 {
                let sum: f32 = (0..JOINT_COEFFICIENTS)
                    .map(|k| join[row * JOINT_COEFFICIENTS + k] * part[k * 40 + column])
                    .sum();
                let expected = if row == column { 1.0 } else { 0.0 };
                // Single precision; factors between units reach 100.
                assert!((sum - expected).abs() < 1e-4, "{row} {column}: {sum}");
            }
        }
    }
}
