use std::num::NonZeroU64;

use crate::frame::Frame;
use crate::metrics::{Lpips, MetricError, ssimulacra2};

/// Measures that cost so much that videos are measured by some of their frames.
#[derive(Debug, Clone)]
pub struct PerceptualMetrics {
    /// The first frame and every n-th one after it are measured. Codecs repeat themselves every 2, 4 or
    /// 8 frames: an odd number keeps clear of measuring their best frames only.
    pub every: NonZeroU64,
    /// Whether [SSIMULACRA 2](ssimulacra2()) is.
    pub ssimulacra2: bool,
    /// LPIPS, with its weights.
    pub lpips: Option<Lpips>,
}

impl Default for PerceptualMetrics {
    /// None of them.
    fn default() -> Self {
        Self {
            every: NonZeroU64::MIN,
            ssimulacra2: false,
            lpips: None,
        }
    }
}

/// What [`PerceptualMetrics`] gave for a frame, or means over the frames that were measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct PerceptualScores {
    pub(super) ssimulacra2: Option<f64>,
    pub(super) lpips: Option<f64>,
}

impl PerceptualMetrics {
    pub(super) fn of_frame(
        &self,
        number: u64,
        reference: &Frame,
        distorted: &Frame,
    ) -> Result<PerceptualScores, MetricError> {
        if !number.is_multiple_of(self.every.get()) {
            return Ok(PerceptualScores::default());
        }
        let lpips = self.lpips.as_ref();
        Ok(PerceptualScores {
            ssimulacra2: match self.ssimulacra2 {
                true => ssimulacra2(reference, distorted)?,
                false => None,
            },
            lpips: lpips
                .map(|lpips| lpips.distance(reference, distorted))
                .transpose()?
                .flatten(),
        })
    }
}

/// The mean of what some frames have.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SampledMean {
    sum: f64,
    count: u64,
}

impl SampledMean {
    pub(super) fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1;
        }
    }

    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}
