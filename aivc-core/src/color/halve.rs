//! Pictures of half the size.

/// The cubic kernel of Keys, 1981 (a = −1/2), stretched to twice its width: at 0.25, 0.75, 1.25 and
/// 1.75 of the new pixels, times 2. Its sum over both sides is 2.
const TAPS: [f32; 4] = [0.867_187_5, 0.226_562_5, -0.070_312_5, -0.023_437_5];

/// An RGB picture, `[3, height, width]` row by row, at half of its width and height, rounded up:
/// bicubic with a kernel as wide as the new pixels ask for, so that nothing is aliased. Edges are
/// repeated. Values may go past those of the picture, by less than a fifth of its contrast.
///
/// # Panics
/// If there are not `3·width·height` values.
pub fn halve_rgb_f32(rgb: &[f32], width: usize, height: usize) -> Vec<f32> {
    assert_eq!(rgb.len(), 3 * width * height, "three planes");
    let (narrow, low) = (width.div_ceil(2), height.div_ceil(2));
    let mut halved = Vec::with_capacity(3 * narrow * low);
    let mut rows = vec![0.0; narrow * height];
    for plane in rgb.chunks_exact(width * height) {
        for (row, out) in plane.chunks_exact(width).zip(rows.chunks_exact_mut(narrow)) {
            for (x, out) in out.iter_mut().enumerate() {
                *out = halved_at(x, width, |x| row[x]);
            }
        }
        for y in 0..low {
            halved.extend((0..narrow).map(|x| halved_at(y, height, |y| rows[y * narrow + x])));
        }
    }
    halved
}

/// The new sample `at` of a line: between its samples `2·at` and `2·at + 1`.
fn halved_at(at: usize, length: usize, sample: impl Fn(usize) -> f32) -> f32 {
    let last = length - 1;
    let pair = |(distance, &tap): (usize, &f32)| {
        let before = (2 * at).saturating_sub(distance);
        let after = (2 * at + 1 + distance).min(last);
        tap * (sample(before) + sample(after))
    };
    0.5 * TAPS.iter().enumerate().map(pair).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_keep_their_place_and_constants_their_value() {
        let (width, height) = (16, 12);
        let slope = |x: f32, y: f32| [x + 100.0, 3.0 * y, 7.0];
        let mut rgb = vec![0.0; 3 * width * height];
        for channel in 0..3 {
            for y in 0..height {
                for x in 0..width {
                    rgb[(channel * height + y) * width + x] = slope(x as f32, y as f32)[channel];
                }
            }
        }
        let halved = halve_rgb_f32(&rgb, width, height);
        // Away from the edges, which repeat themselves.
        for (y, x) in [(2, 2), (3, 5), (2, 4)] {
            let expected = slope(2.0 * x as f32 + 0.5, 2.0 * y as f32 + 0.5);
            for channel in 0..3 {
                let value = halved[(channel * 6 + y) * 8 + x];
                assert!(
                    (value - expected[channel]).abs() < 1e-3,
                    "{channel} {y} {x}: {value}"
                );
            }
        }
        assert!(
            halved[2 * 48..]
                .iter()
                .all(|value| (value - 7.0).abs() < 1e-4)
        );
    }

    #[test]
    fn odd_sides_are_rounded_up_and_a_pixel_stays_one() {
        assert_eq!(halve_rgb_f32(&[0.5; 3 * 15], 5, 3).len(), 3 * 6);
        let pixel = halve_rgb_f32(&[0.25, 0.5, 1.0], 1, 1);
        for (value, expected) in pixel.iter().zip([0.25, 0.5, 1.0]) {
            assert!((value - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn the_finest_stripes_become_grey() {
        let stripes: Vec<f32> = (0..3 * 32).map(|x| (x % 2) as f32).collect();
        let halved = halve_rgb_f32(&stripes, 32, 1);
        assert!(halved[3..13].iter().all(|value| (value - 0.5).abs() < 1e-6));
    }
}
