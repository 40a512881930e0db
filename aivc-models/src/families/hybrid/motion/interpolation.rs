//! Sub-pixel interpolation in integers: the separable filters of H.265, 8 taps for luma at quarter
//! pixels and 4 taps for chroma at eighths (ITU-T H.265, tables 8-11 and 8-12).

use super::SamplePlane;

const LUMA: [[i32; 8]; 4] = [
    [0, 0, 0, 64, 0, 0, 0, 0],
    [-1, 4, -10, 58, 17, -5, 1, 0],
    [-1, 4, -11, 40, 40, -11, 4, -1],
    [0, 1, -5, 17, 58, -10, 4, -1],
];
const CHROMA: [[i32; 4]; 8] = [
    [0, 64, 0, 0],
    [-2, 58, 10, -2],
    [-4, 54, 16, -2],
    [-6, 46, 28, -4],
    [-4, 36, 36, -4],
    [-4, 28, 46, -6],
    [-2, 16, 54, -4],
    [-2, 10, 58, -2],
];
/// Both passes together multiply by 64².
const SHIFT: u32 = 12;
const LARGEST_BLOCK: usize = 16;
const LARGEST_PATCH: usize = LARGEST_BLOCK + 7;

/// A block in the current plane, and where its samples come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockSource {
    /// Top left sample in the reference, whole samples.
    pub x: i32,
    /// Top left sample in the reference, whole samples.
    pub y: i32,
    /// Fraction to the right, in the filter's units.
    pub fraction_x: usize,
    /// Fraction downwards, in the filter's units.
    pub fraction_y: usize,
    /// Size of the block, at most 16.
    pub width: usize,
    /// Size of the block, at most 16.
    pub height: usize,
}

/// A luma block; fractions are quarters. Writes `width · height` samples, none above `maximum`.
pub(super) fn luma_block(
    plane: &SamplePlane,
    source: BlockSource,
    maximum: u16,
    block: &mut [u16],
) {
    let (across, down) = (LUMA[source.fraction_x], LUMA[source.fraction_y]);
    filter(plane, source, across, down, maximum, block);
}

/// A chroma block; fractions are eighths. Writes `width · height` samples, none above `maximum`.
pub(super) fn chroma_block(
    plane: &SamplePlane,
    source: BlockSource,
    maximum: u16,
    block: &mut [u16],
) {
    let (across, down) = (CHROMA[source.fraction_x], CHROMA[source.fraction_y]);
    filter(plane, source, across, down, maximum, block);
}

fn filter<const TAPS: usize>(
    plane: &SamplePlane,
    source: BlockSource,
    across: [i32; TAPS],
    down: [i32; TAPS],
    maximum: u16,
    block: &mut [u16],
) {
    let BlockSource { width, height, .. } = source;
    assert!(width <= LARGEST_BLOCK && height <= LARGEST_BLOCK);
    if source.fraction_x == 0 && source.fraction_y == 0 {
        return plane.copy_patch(source.x, source.y, width, block);
    }
    let before = (TAPS / 2 - 1) as i32;
    let (patch_width, patch_height) = (width + TAPS - 1, height + TAPS - 1);
    let mut patch = [0u16; LARGEST_PATCH * LARGEST_PATCH];
    let patch = &mut patch[..patch_width * patch_height];
    plane.copy_patch(source.x - before, source.y - before, patch_width, patch);

    let mut rows = [0i32; LARGEST_PATCH * LARGEST_BLOCK];
    let rows = &mut rows[..patch_height * width];
    for (line, row) in patch
        .chunks_exact(patch_width)
        .zip(rows.chunks_exact_mut(width))
    {
        for (x, sum) in row.iter_mut().enumerate() {
            let window = &line[x..x + TAPS];
            let products = window.iter().zip(across);
            *sum = products.map(|(&sample, tap)| i32::from(sample) * tap).sum();
        }
    }
    for (y, line) in block.chunks_exact_mut(width).take(height).enumerate() {
        for (x, sample) in line.iter_mut().enumerate() {
            let sum: i32 = (0..TAPS)
                .map(|tap| rows[(y + tap) * width + x] * down[tap])
                .sum();
            let rounded = (sum + (1 << (SHIFT - 1))) >> SHIFT;
            *sample = rounded.clamp(0, i32::from(maximum)) as u16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_keep_a_constant() {
        assert!(LUMA.iter().all(|taps| taps.iter().sum::<i32>() == 64));
        assert!(CHROMA.iter().all(|taps| taps.iter().sum::<i32>() == 64));
    }

    #[test]
    fn a_slope_is_interpolated_between_its_samples() {
        let samples = (0..32 * 8).map(|i| (i % 32 * 8) as u16).collect();
        let plane = SamplePlane::new(32, 8, samples);
        let mut block = [0; 4];
        let mut source = BlockSource {
            x: 10,
            y: 4,
            fraction_x: 0,
            fraction_y: 0,
            width: 4,
            height: 1,
        };
        for (fraction, first) in [(0, 80), (1, 82), (2, 84), (3, 86)] {
            source.fraction_x = fraction;
            luma_block(&plane, source, 255, &mut block);
            assert_eq!(block, [first, first + 8, first + 16, first + 24]);
        }
        source.fraction_x = 3;
        chroma_block(&plane, source, 255, &mut block);
        assert_eq!(block, [83, 91, 99, 107]);
    }

    #[test]
    fn overshoot_is_clamped() {
        let samples = (0..64).map(|i| if i % 8 < 4 { 0 } else { 255 }).collect();
        let plane = SamplePlane::new(8, 8, samples);
        let source = BlockSource {
            x: 0,
            y: 0,
            fraction_x: 2,
            fraction_y: 0,
            width: 8,
            height: 8,
        };
        let mut block = [0; 64];
        luma_block(&plane, source, 255, &mut block);
        assert!(block.iter().all(|&sample| sample <= 255));
        assert_eq!(block[2], 0, "below zero without the clamp");
    }
}
