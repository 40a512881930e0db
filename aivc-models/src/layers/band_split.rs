//! Where training starts from: transforms that already pack a picture's energy.
//!
//! With random weights, thousands of steps pass before a synthesis transform gives anything
//! sharper than blocks of mean colour. We start from what is known of photographs instead: the
//! cosine coefficients of 4×4 blocks, split twice into sums and differences of neighbours (Haar),
//! of which those with the most energy are kept. Training is free to leave that place.

use super::block_dct::{BLOCK_COEFFICIENTS, coefficient_is_mean, coefficient_spread};

/// Haar's four filters on 2×2 neighbours, orthonormal: mean, horizontal, vertical, diagonal.
const FILTERS: [[[f64; 2]; 2]; 4] = [
    [[0.5, 0.5], [0.5, 0.5]],
    [[0.5, -0.5], [0.5, -0.5]],
    [[0.5, 0.5], [-0.5, -0.5]],
    [[0.5, -0.5], [-0.5, 0.5]],
];
/// Spread of the filters' outputs against their input's, for block means, which are much alike
/// from block to block; measured ratios of cosine coefficients of 4×4, 8×8 and 16×16 blocks.
const MEAN_RATIOS: [f64; 4] = [1.95, 0.23, 0.23, 0.12];
/// Taps of a strided 5×5 kernel that lie on the 2×2 pixels of one output.
const TAP: usize = 2;
const KERNEL: usize = 5;

/// A channel of a transform as it starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Band {
    /// Channel of the layer before, and filter on it.
    source: usize,
    filter: usize,
    /// Whether it is a mean over an area, with its neighbours alike.
    mean: bool,
    /// Its unit in pixels' units (an orthonormal basis).
    unit: f64,
    /// Expected standard deviation in pixels' units.
    deviation: f64,
}

impl Band {
    /// What the channel's values are to be multiplied by to be in pixels' units.
    pub fn unit(&self) -> f64 {
        self.unit
    }
}

/// The cosine coefficients as bands, the strongest `keep` of them.
pub(super) fn coefficient_bands(keep: usize) -> Vec<Band> {
    let bands = (0..BLOCK_COEFFICIENTS).map(|source| Band {
        source,
        filter: 0,
        mean: coefficient_is_mean(source),
        unit: coefficient_spread(source),
        deviation: coefficient_spread(source),
    });
    strongest(bands.collect(), keep)
}

/// Splits bands between 2×2 neighbours and keeps the strongest.
pub(super) fn split(bands: &[Band], keep: usize) -> Vec<Band> {
    let split = bands.iter().enumerate().flat_map(|(source, band)| {
        (0..FILTERS.len()).map(move |filter| Band {
            source,
            filter,
            mean: band.mean && filter == 0,
            unit: band.unit,
            deviation: band.deviation * if band.mean { MEAN_RATIOS[filter] } else { 1.0 },
        })
    });
    strongest(split.collect(), keep)
}

fn strongest(mut bands: Vec<Band>, keep: usize) -> Vec<Band> {
    bands.sort_by(|a, b| b.deviation.total_cmp(&a.deviation));
    bands.truncate(keep);
    bands
}

/// `[channels_out, channels_in, 3, 3]`: copies each band's coefficient.
pub(super) fn selection_kernel(
    bands: &[Band],
    channels_out: usize,
    channels_in: usize,
) -> Vec<f32> {
    let mut kernel = vec![0.0; channels_out * channels_in * 9];
    for (channel, band) in bands.iter().enumerate() {
        kernel[(channel * channels_in + band.source) * 9 + 4] = 1.0;
    }
    kernel
}

/// `[channels_out, channels_in, 5, 5]` of a convolution with stride 2 that splits, and likewise of
/// the transposed convolution that joins again.
pub(super) fn split_kernel(bands: &[Band], channels_out: usize, channels_in: usize) -> Vec<f32> {
    let mut kernel = vec![0.0; channels_out * channels_in * KERNEL * KERNEL];
    for (channel, band) in bands.iter().enumerate() {
        for (y, row) in FILTERS[band.filter].iter().enumerate() {
            for (x, &weight) in row.iter().enumerate() {
                let tap = (TAP + y) * KERNEL + TAP + x;
                kernel[(channel * channels_in + band.source) * KERNEL * KERNEL + tap] =
                    weight as f32;
            }
        }
    }
    kernel
}

/// Swaps the first two dimensions of a `[rows, columns, 3, 3]` kernel.
pub(super) fn swap_channels(kernel: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let taps = kernel.len() / (rows * columns);
    let mut swapped = Vec::with_capacity(kernel.len());
    for column in 0..columns {
        for row in 0..rows {
            swapped.extend(&kernel[(row * columns + column) * taps..][..taps]);
        }
    }
    swapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_band_is_the_mean_of_the_means() {
        let latent = split(&split(&coefficient_bands(64), 96), 256);
        assert_eq!(latent.len(), 256);
        assert_eq!((latent[0].source, latent[0].filter), (0, 0));
        assert!(
            latent
                .windows(2)
                .all(|pair| pair[0].deviation >= pair[1].deviation)
        );
    }

    #[test]
    fn filters_are_orthonormal() {
        for (i, a) in FILTERS.iter().enumerate() {
            for (j, b) in FILTERS.iter().enumerate() {
                let product: f64 = a
                    .iter()
                    .flatten()
                    .zip(b.iter().flatten())
                    .map(|(a, b)| a * b)
                    .sum();
                assert_eq!(product, if i == j { 1.0 } else { 0.0 });
            }
        }
    }
}
