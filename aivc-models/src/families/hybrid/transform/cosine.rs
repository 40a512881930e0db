//! The cosine transform of square blocks in integers, so that it has the same result everywhere.

/// Binary digits after the point of the matrices.
const MATRIX_BITS: u32 = 11;
/// What passes between the two halves of a transform, and goes into it, is clamped to this, so that
/// no sum leaves 32 bits: 16 times the largest coefficient of a block of 8-bit samples.
pub(super) const COEFFICIENT_LIMIT: i32 = 1 << 16;

/// An orthonormal two-dimensional cosine transform (DCT-II) of blocks of `N×N`, `N` being 4, 8 or
/// 16. Both directions keep the unit of their input and round at each half.
#[derive(Debug, Clone)]
pub(super) struct CosineTransform<const N: usize> {
    /// Of each frequency, its value at each position.
    matrix: [[i32; N]; N],
}

/// `cos(π·k/32)` for `k` from 0 to 16, in units of `√(2/N) / 2^11`, the norm of the rows.
const fn quarter_wave(side: usize) -> [i32; 17] {
    match side {
        4 => [
            1448, 1441, 1420, 1386, 1338, 1277, 1204, 1119, 1024, 919, 805, 683, 554, 420, 283,
            142, 0,
        ],
        8 => [
            1024, 1019, 1004, 980, 946, 903, 851, 792, 724, 650, 569, 483, 392, 297, 200, 100, 0,
        ],
        16 => [
            724, 721, 710, 693, 669, 639, 602, 560, 512, 459, 402, 341, 277, 210, 141, 71, 0,
        ],
        _ => panic!("a side of 4, 8 or 16"),
    }
}

impl<const N: usize> CosineTransform<N> {
    pub const fn new() -> Self {
        let wave = quarter_wave(N);
        let mut matrix = [[0; N]; N];
        let mut frequency = 0;
        while frequency < N {
            let mut position = 0;
            while position < N {
                // The constant row has the norm of the others divided by √2, which is cos(π/4).
                let angle = if frequency == 0 {
                    8
                } else {
                    (2 * position + 1) * frequency * (16 / N) % 64
                };
                let folded = if angle > 32 { 64 - angle } else { angle };
                matrix[frequency][position] = if folded > 16 {
                    -wave[32 - folded]
                } else {
                    wave[folded]
                };
                position += 1;
            }
            frequency += 1;
        }
        Self { matrix }
    }

    /// Samples to coefficients: row `v`, column `u` for `v` half waves down and `u` to the right.
    pub fn forward(&self, samples: &[[i32; N]; N]) -> [[i32; N]; N] {
        let half = transposed(&self.multiply(samples));
        transposed(&self.multiply(&half))
    }

    /// Coefficients to samples.
    pub fn inverse(&self, coefficients: &[[i32; N]; N]) -> [[i32; N]; N] {
        let half = transposed(&self.multiply_transposed(coefficients));
        transposed(&self.multiply_transposed(&half))
    }

    fn multiply(&self, columns: &[[i32; N]; N]) -> [[i32; N]; N] {
        let bounded = clamped(columns);
        let mut product = [[0; N]; N];
        for (row, weights) in product.iter_mut().zip(&self.matrix) {
            *row = combine(weights, &bounded);
        }
        product
    }

    fn multiply_transposed(&self, columns: &[[i32; N]; N]) -> [[i32; N]; N] {
        let bounded = clamped(columns);
        let mut product = [[0; N]; N];
        for (position, row) in product.iter_mut().enumerate() {
            let weights = std::array::from_fn(|frequency| self.matrix[frequency][position]);
            *row = combine(&weights, &bounded);
        }
        product
    }
}

/// The rows weighted and summed, without the matrix's unit.
///
/// Not above `16 · 724 · 2^16 < 2^30`, so it fits.
fn combine<const N: usize>(weights: &[i32; N], rows: &[[i32; N]; N]) -> [i32; N] {
    let mut sums = [1 << (MATRIX_BITS - 1); N];
    for (&weight, row) in weights.iter().zip(rows) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += weight * value;
        }
    }
    sums.map(|sum| sum >> MATRIX_BITS)
}

fn clamped<const N: usize>(block: &[[i32; N]; N]) -> [[i32; N]; N] {
    block.map(|row| row.map(|value| value.clamp(-COEFFICIENT_LIMIT, COEFFICIENT_LIMIT)))
}

fn transposed<const N: usize>(block: &[[i32; N]; N]) -> [[i32; N]; N] {
    std::array::from_fn(|row| std::array::from_fn(|column| block[column][row]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn matrices_are_rounded_cosines<const N: usize>() {
        for (frequency, row) in CosineTransform::<N>::new().matrix.iter().enumerate() {
            for (position, &value) in row.iter().enumerate() {
                let norm = if frequency == 0 { 1.0 } else { 2.0 };
                let angle = (2 * position + 1) as f64 * frequency as f64 * PI / (2 * N) as f64;
                let exact = (norm / N as f64).sqrt() * angle.cos() * f64::from(1 << MATRIX_BITS);
                assert_eq!(
                    value,
                    exact.round() as i32,
                    "{N}: {frequency} at {position}"
                );
            }
        }
    }

    fn inverse_undoes_forward<const N: usize>() {
        let transform = CosineTransform::<N>::new();
        // Sixteenths of 8-bit samples about their middle.
        let samples: [[i32; N]; N] = std::array::from_fn(|y| {
            std::array::from_fn(|x| (((x * 37 + y * 101) * 29 % 256) as i32 - 128) * 16)
        });
        let back = transform.inverse(&transform.forward(&samples));
        let worst = samples.iter().flatten().zip(back.iter().flatten());
        let worst = worst.map(|(a, b)| (a - b).abs()).max().unwrap();
        assert!(worst <= 4, "{N}: {worst} sixteenths");
    }

    #[test]
    fn matrices() {
        matrices_are_rounded_cosines::<4>();
        matrices_are_rounded_cosines::<8>();
        matrices_are_rounded_cosines::<16>();
    }

    #[test]
    fn round_trips() {
        inverse_undoes_forward::<4>();
        inverse_undoes_forward::<8>();
        inverse_undoes_forward::<16>();
    }

    #[test]
    fn any_input_is_safe() {
        for value in [i32::MIN, i32::MAX] {
            let block = [[value; 16]; 16];
            let transform = CosineTransform::<16>::new();
            transform.forward(&block);
            transform.inverse(&block);
        }
    }
}
