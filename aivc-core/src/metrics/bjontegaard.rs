use super::pchip::Pchip;

/// One point of a rate-distortion curve.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct RatePoint {
    /// Rate in any unit that both curves share: bits per pixel, bytes, kbit/s. Positive.
    pub rate: f64,
    /// Quality, more is better: usually PSNR in dB.
    pub quality: f64,
}

/// Why two curves cannot be compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BdRateError {
    /// A curve needs two points; four or more are usual.
    #[error("a rate-distortion curve needs 2 points or more, not {points}")]
    TooFewPoints {
        /// Points given.
        points: usize,
    },
    /// A rate that is not positive, or a number that is not finite.
    #[error("the point of rate {rate} and quality {quality} is not on a rate-distortion curve")]
    Point {
        /// Its rate.
        rate: f64,
        /// Its quality.
        quality: f64,
    },
    /// More rate without more quality: the curve has no inverse.
    #[error("quality does not rise from {lower} at rate {lower_rate} to rate {upper_rate}")]
    NotMonotonic {
        /// The smaller of the two rates.
        lower_rate: f64,
        /// Quality at the smaller rate.
        lower: f64,
        /// The larger rate, whose quality is no higher.
        upper_rate: f64,
    },
    /// The curves share no range of quality (for [`bd_rate`]) or of rate (for [`bd_psnr`]).
    #[error("the curves do not overlap: one ends at {end}, the other begins at {begin}")]
    NoOverlap {
        /// Where the lower curve ends.
        end: f64,
        /// Where the upper curve begins.
        begin: f64,
    },
}

/// Bjøntegaard rate difference: by how many percent `test` needs more rate than `anchor` at the
/// same quality, on average over the range of quality that both have. Negative is better.
///
/// G. Bjøntegaard, VCEG-M33, 2001, with the piecewise cubic interpolation (PCHIP) of log rate over
/// quality that JCT-VC and AOM use today in place of one polynomial. Points may come in any order.
///
/// ```
/// use aivc_core::metrics::{RatePoint, bd_rate};
///
/// let anchor = [(1.0, 30.0), (2.0, 33.0), (4.0, 36.0), (8.0, 39.0)]
///     .map(|(rate, quality)| RatePoint { rate, quality });
/// let test = anchor.map(|point| RatePoint { rate: 0.8 * point.rate, ..point });
/// assert!((bd_rate(&anchor, &test)? + 20.0).abs() < 1e-9);
/// # Ok::<(), aivc_core::metrics::BdRateError>(())
/// ```
///
/// # Errors
/// [`BdRateError`] for curves that cannot be compared.
pub fn bd_rate(anchor: &[RatePoint], test: &[RatePoint]) -> Result<f64, BdRateError> {
    let swap = |(log_rate, quality)| (quality, log_rate);
    let difference = mean_difference(
        curve(anchor)?.into_iter().map(swap).collect(),
        curve(test)?.into_iter().map(swap).collect(),
    )?;
    Ok(100.0 * difference.exp_m1())
}

/// Bjøntegaard quality difference: by how much the quality of `test` is higher than that of
/// `anchor` at the same rate (in dB for PSNR), on average over the range of log rate that both
/// have. Positive is better. Sources as for [`bd_rate`].
///
/// # Errors
/// [`BdRateError`] for curves that cannot be compared.
pub fn bd_psnr(anchor: &[RatePoint], test: &[RatePoint]) -> Result<f64, BdRateError> {
    mean_difference(curve(anchor)?, curve(test)?)
}

/// Pairs of (ln rate, quality), both strictly rising.
fn curve(points: &[RatePoint]) -> Result<Vec<(f64, f64)>, BdRateError> {
    if points.len() < 2 {
        return Err(BdRateError::TooFewPoints {
            points: points.len(),
        });
    }
    for &RatePoint { rate, quality } in points {
        if !(rate > 0.0 && rate.is_finite() && quality.is_finite()) {
            return Err(BdRateError::Point { rate, quality });
        }
    }
    let mut points = points.to_vec();
    points.sort_by(|a, b| {
        a.rate
            .total_cmp(&b.rate)
            .then(a.quality.total_cmp(&b.quality))
    });
    for pair in points.windows(2) {
        if pair[1].rate <= pair[0].rate || pair[1].quality <= pair[0].quality {
            return Err(BdRateError::NotMonotonic {
                lower_rate: pair[0].rate,
                lower: pair[0].quality,
                upper_rate: pair[1].rate,
            });
        }
    }
    Ok(points
        .into_iter()
        .map(|point| (point.rate.ln(), point.quality))
        .collect())
}

/// Mean of `test − anchor` over the range of x that both have.
fn mean_difference(anchor: Vec<(f64, f64)>, test: Vec<(f64, f64)>) -> Result<f64, BdRateError> {
    let low = anchor[0].0.max(test[0].0);
    let high = anchor[anchor.len() - 1].0.min(test[test.len() - 1].0);
    if low >= high {
        return Err(BdRateError::NoOverlap {
            end: high,
            begin: low,
        });
    }
    let integral = |points: Vec<(f64, f64)>| {
        let (x, y) = points.into_iter().unzip();
        Pchip::new(x, y).integral(low, high)
    };
    Ok((integral(test) - integral(anchor)) / (high - low))
}
