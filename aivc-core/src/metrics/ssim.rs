use crate::frame::Frame;

use super::MetricError;
use super::error::check_formats;
use super::luma::Luma;

/// The side of the window, and so the smallest picture that has an SSIM, in pixels.
pub const SSIM_MIN_SIDE: usize = WINDOW;

const WINDOW: usize = 11;
const SIGMA: f64 = 1.5;
const K1: f32 = 0.01;
const K2: f32 = 0.03;

/// Sums that are filtered: both means, the sum of both squares, and the product. The two variances
/// are never needed apart.
const MAPS: usize = 4;

/// Structural similarity of the lumas, at most 1; `None` for a picture smaller than
/// [`SSIM_MIN_SIDE`] on a side.
///
/// Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error
/// visibility to structural similarity", 2004, equation 13, with the paper's 11x11 Gaussian window
/// of σ = 1.5, K1 = 0.01 and K2 = 0.03, averaged over all windows that lie inside the picture. The
/// picture is not scaled down first, as the authors' later `ssim.m` suggests for large ones.
/// Computed in `f32`, averaged in `f64`. RGB is compared by `0.299·R + 0.587·G + 0.114·B`.
///
/// # Errors
/// [`MetricError::FormatMismatch`].
pub fn ssim(reference: &Frame, distorted: &Frame) -> Result<Option<f64>, MetricError> {
    check_formats(reference, distorted)?;
    let peak = f32::from(reference.format().bit_depth().max_sample());
    Ok(similarity(&Luma::of(reference), &Luma::of(distorted), peak).map(|mean| mean.ssim))
}

/// Means over all windows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Similarity {
    /// Luminance · contrast · structure.
    pub(super) ssim: f64,
    /// Contrast · structure.
    pub(super) contrast_structure: f64,
}

/// The similarity of two pictures of one size with samples of 0 to `peak`.
pub(super) fn similarity(a: &Luma, b: &Luma, peak: f32) -> Option<Similarity> {
    if a.width < WINDOW || a.height < WINDOW {
        return None;
    }
    let kernel = gaussian();
    let (c1, c2) = ((K1 * peak).powi(2), (K2 * peak).powi(2));
    // Variances do not change with an offset, and lose fewer digits around zero.
    let middle = 0.5 * peak;
    let width = a.width - WINDOW + 1;

    // The last 11 rows of the horizontally filtered maps; row y stands in slot y % 11.
    let mut ring = vec![0.0f32; WINDOW * MAPS * width];
    let mut products = vec![0.0f32; MAPS * a.width];
    let mut filtered = vec![0.0f32; MAPS * width];
    let mut scores = vec![[0.0f32; 2]; width];
    let (mut ssim_sum, mut contrast_sum) = (0.0f64, 0.0f64);
    for (y, (row_a, row_b)) in a
        .samples
        .chunks_exact(a.width)
        .zip(b.samples.chunks_exact(a.width))
        .enumerate()
    {
        multiply_rows(row_a, row_b, middle, &mut products);
        let slot = &mut ring[(y % WINDOW) * MAPS * width..][..MAPS * width];
        for (out, row) in slot
            .chunks_exact_mut(width)
            .zip(products.chunks_exact(a.width))
        {
            filter_row(row, &kernel, out);
        }
        if y + 1 < WINDOW {
            continue;
        }
        filtered.fill(0.0);
        for (offset, weight) in kernel.iter().enumerate() {
            let slot = (y + 1 + offset) % WINDOW;
            add_scaled(
                &ring[slot * MAPS * width..][..MAPS * width],
                *weight,
                &mut filtered,
            );
        }
        score_row(&filtered, middle, c1, c2, &mut scores);
        for [ssim, contrast] in &scores {
            ssim_sum += f64::from(*ssim);
            contrast_sum += f64::from(*contrast);
        }
    }
    let windows = (width * (a.height - WINDOW + 1)) as f64;
    Some(Similarity {
        ssim: ssim_sum / windows,
        contrast_structure: contrast_sum / windows,
    })
}

fn gaussian() -> [f32; WINDOW] {
    let centre = (WINDOW / 2) as f64;
    let mut weights = [0.0; WINDOW];
    for (index, weight) in weights.iter_mut().enumerate() {
        let distance = index as f64 - centre;
        *weight = (-distance * distance / (2.0 * SIGMA * SIGMA)).exp();
    }
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| (weight / sum) as f32)
}

/// Rows of `a`, `b`, `a² + b²` and `a·b`, one after another, around `middle`.
fn multiply_rows(row_a: &[f32], row_b: &[f32], middle: f32, products: &mut [f32]) {
    let width = row_a.len();
    let (out_a, rest) = products.split_at_mut(width);
    let (out_b, rest) = rest.split_at_mut(width);
    let (squares, product) = rest.split_at_mut(width);
    for (((((out_a, out_b), squares), product), a), b) in out_a
        .iter_mut()
        .zip(out_b)
        .zip(squares)
        .zip(product)
        .zip(row_a)
        .zip(row_b)
    {
        let (a, b) = (a - middle, b - middle);
        *out_a = a;
        *out_b = b;
        *squares = a * a + b * b;
        *product = a * b;
    }
}

fn filter_row(row: &[f32], kernel: &[f32; WINDOW], out: &mut [f32]) {
    out.fill(0.0);
    for (offset, &weight) in kernel.iter().enumerate() {
        add_scaled(&row[offset..], weight, out);
    }
}

fn add_scaled(row: &[f32], weight: f32, sums: &mut [f32]) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += weight * value;
    }
}

/// SSIM and contrast-structure of every window of a row of filtered maps.
fn score_row(filtered: &[f32], middle: f32, c1: f32, c2: f32, scores: &mut [[f32; 2]]) {
    let width = scores.len();
    let (mean_a, rest) = filtered.split_at(width);
    let (mean_b, rest) = rest.split_at(width);
    let (squares, product) = rest.split_at(width);
    for ((((score, mean_a), mean_b), squares), product) in scores
        .iter_mut()
        .zip(mean_a)
        .zip(mean_b)
        .zip(squares)
        .zip(product)
    {
        let variances = squares - mean_a * mean_a - mean_b * mean_b;
        let covariance = product - mean_a * mean_b;
        let contrast = (2.0 * covariance + c2) / (variances + c2);
        let (mean_a, mean_b) = (mean_a + middle, mean_b + middle);
        let luminance = (2.0 * mean_a * mean_b + c1) / (mean_a * mean_a + mean_b * mean_b + c1);
        *score = [luminance * contrast, contrast];
    }
}
