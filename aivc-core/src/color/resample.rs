//! Chroma resampling row by row, for the siting that the parent module states.

use crate::frame::Samples;

/// Blends two chroma rows into one of the luma grid's rows: `3/4 · near + 1/4 · far`, then
/// doubles it horizontally into `wide`.
///
/// `near` and `far` are the indices of the rows in `plane`, each of `blend.len()` samples.
pub(super) fn upsample_row(
    plane: &Samples,
    near: usize,
    far: usize,
    blend: &mut [f32],
    wide: &mut [f32],
) {
    let width = blend.len();
    let (near, far) = (
        near * width..(near + 1) * width,
        far * width..(far + 1) * width,
    );
    match plane {
        Samples::U8(samples) => blend_rows(&samples[near], &samples[far], blend),
        Samples::U16(samples) => blend_rows(&samples[near], &samples[far], blend),
    }
    double_row(blend, wide);
}

fn blend_rows<T: Copy + Into<f32>>(near: &[T], far: &[T], blend: &mut [f32]) {
    for ((out, &near), &far) in blend.iter_mut().zip(near).zip(far) {
        *out = 0.75 * near.into() + 0.25 * far.into();
    }
}

/// `wide[2k] = row[k]`, `wide[2k + 1] = (row[k] + row[k + 1]) / 2`, the last sample repeated.
fn double_row(row: &[f32], wide: &mut [f32]) {
    let (pairs, odd) = wide.as_chunks_mut::<2>();
    let inner = pairs.len().min(row.len() - 1);
    let (inner_pairs, last_pair) = pairs.split_at_mut(inner);
    for ((pair, &left), &right) in inner_pairs.iter_mut().zip(row).zip(&row[1..]) {
        *pair = [left, 0.5 * (left + right)];
    }
    let last = row[row.len() - 1];
    for pair in last_pair {
        *pair = [last, last];
    }
    for sample in odd {
        *sample = last;
    }
}

/// `narrow[k] = (row[2k − 1] + 2 · row[2k] + row[2k + 1]) / 4`, border samples repeated.
pub(super) fn halve_row(row: &[f32], narrow: &mut [f32]) {
    let width = row.len();
    let at = |x: usize| row[x.min(width - 1)];
    narrow[0] = 0.25 * (3.0 * at(0) + at(1));
    let (pairs, _) = row[1..].as_chunks::<2>();
    // Pair k - 1 holds the samples 2k - 1 and 2k; the first of the next pair is 2k + 1.
    let inner = pairs.len().saturating_sub(1);
    for ((out, pair), next) in narrow[1..]
        .iter_mut()
        .zip(&pairs[..inner])
        .zip(&pairs[inner.min(1)..])
    {
        *out = 0.25 * (pair[0] + 2.0 * pair[1] + next[0]);
    }
    for (k, out) in narrow.iter_mut().enumerate().skip(inner + 1) {
        *out = 0.25 * (at(2 * k - 1) + 2.0 * at(2 * k) + at(2 * k + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubling_keeps_even_columns_and_averages_odd_ones() {
        let row = [0.0, 4.0, 8.0];
        let mut wide = [0.0; 6];
        double_row(&row, &mut wide);
        assert_eq!(wide, [0.0, 2.0, 4.0, 6.0, 8.0, 8.0]);
        let mut odd = [0.0; 5];
        double_row(&row, &mut odd);
        assert_eq!(odd, [0.0, 2.0, 4.0, 6.0, 8.0]);
        let mut single = [0.0; 1];
        double_row(&[3.0], &mut single);
        assert_eq!(single, [3.0]);
    }

    #[test]
    fn halving_equals_the_formula_at_every_width() {
        for width in 1..12usize {
            let row: Vec<f32> = (0..width).map(|x| ((x * x * 7) % 31) as f32).collect();
            let mut narrow = vec![0.0; width.div_ceil(2)];
            halve_row(&row, &mut narrow);
            for (k, &value) in narrow.iter().enumerate() {
                let at = |x: isize| row[x.clamp(0, width as isize - 1) as usize];
                let x = 2 * k as isize;
                assert_eq!(
                    value,
                    0.25 * (at(x - 1) + 2.0 * at(x) + at(x + 1)),
                    "{width} {k}"
                );
            }
        }
    }
}
