//! How encoders weigh the bits of chroma against those of luma.
//!
//! Steps were trained for one relation of squared errors. What is compared is a mean of PSNRs, 6:1:1: there an
//! error counts relative to its plane's own, and chroma is often so good that a little more of it gains much.

use super::steps::PlaneSteps;
use crate::families::hybrid::transform::{FramePlanes, SIXTEENTHS};

/// Squared steps over this are about the squared error of what is quantized.
const ERRORS_PER_SQUARED_STEP: f64 = 6.0;
/// What luma's PSNR counts for each of chroma's, and its samples for each of theirs.
const WEIGHT: f64 = 6.0;
const SAMPLES: f64 = 4.0;
/// The share, in logarithms, of the way to where a bit gains as much in every plane: beyond it streams lose again
/// (found on the training clips).
const SHARE: f64 = 0.5;
/// Chroma's bits cost no less than this of what they cost otherwise.
const LEAST: f64 = 0.4;

/// What bits of blue and red difference cost, as a share of what they cost beside luma's otherwise: less where
/// their error will be small beside luma's, by what the prediction lacks and the steps allow.
pub(super) fn chroma_prices(
    frame: &FramePlanes,
    prediction: &FramePlanes,
    steps: PlaneSteps,
) -> [f32; 2] {
    let [luma, blue, red] = [0, 1, 2].map(|plane| {
        let (samples, predicted) = (frame.values()[plane], prediction.values()[plane]);
        let pairs = samples.iter().zip(predicted);
        let squares: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
        squares / samples.len() as f64 / f64::from(SIXTEENTHS).powi(2)
    });
    let squared_step = |step| f64::from(PlaneSteps::in_levels(step)).powi(2);
    // A tenth of a level is below what rounding of samples leaves.
    let error = |missing: f64, squared_step: f64| {
        let quantized = squared_step / ERRORS_PER_SQUARED_STEP;
        1.0 / (1.0 / (missing + 0.1) + 1.0 / quantized)
    };
    let (of_luma, of_chroma) = (squared_step(steps.luma), squared_step(steps.chroma));
    [blue, red].map(|missing| {
        let errors = error(missing, of_chroma) / error(luma, of_luma);
        let right = errors * WEIGHT / SAMPLES;
        let as_it_is = of_chroma / of_luma;
        (right / as_it_is).powf(SHARE).clamp(LEAST, 1.0) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::hybrid::transform::CoefficientPlanes;

    /// A frame whose luma and chroma are so many levels off everywhere, and one that is grey.
    fn frames(luma: i32, chroma: i32) -> [FramePlanes; 2] {
        let mut detail = CoefficientPlanes::zeros(96, 2, 2);
        // Means of blocks of 8×8 and of 4×4.
        for (channel, size, level) in [(0, 8, luma), (64, 4, chroma), (80, 4, chroma)] {
            detail.values[4 * channel..][..4].fill(size * SIXTEENTHS * level);
        }
        [FramePlanes::of_detail(&detail), FramePlanes::grey(1, 1)]
    }

    #[test]
    fn bits_of_good_chroma_cost_less() {
        let steps = PlaneSteps {
            luma: 40 * 256,
            chroma: 20 * 256,
        };
        let price = |luma, chroma| {
            let [frame, prediction] = frames(luma, chroma);
            let [blue, red] = chroma_prices(&frame, &prediction, steps);
            assert_eq!(blue, red);
            blue
        };
        // As steps are, chroma's squared error is a quarter of luma's; what is right is a sixth of it.
        assert_eq!(price(100, 100), 1.0);
        assert_eq!(price(4, 3), 1.0);
        assert!((0.5..0.9).contains(&price(6, 2)), "{}", price(6, 2));
        assert_eq!(price(16, 1), 0.4);
    }
}
