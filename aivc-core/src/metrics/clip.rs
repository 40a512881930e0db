use serde::Serialize;

use crate::frame::Frame;

use super::{MetricError, Psnr, ms_ssim, psnr, ssim};

/// Quality of a frame, or the means over a clip.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quality {
    /// Peak signal-to-noise ratios in dB.
    pub psnr: Psnr,
    /// [`ssim`](super::ssim()); `None` for pictures that are too small.
    pub ssim: Option<f64>,
    /// [`ms_ssim`](super::ms_ssim()); `None` for pictures that are too small.
    pub ms_ssim: Option<f64>,
}

impl Quality {
    /// Compares two frames by every measure.
    ///
    /// # Errors
    /// [`MetricError::FormatMismatch`].
    pub fn between(reference: &Frame, distorted: &Frame) -> Result<Self, MetricError> {
        Ok(Self {
            psnr: psnr(reference, distorted)?,
            ssim: ssim(reference, distorted)?,
            ms_ssim: ms_ssim(reference, distorted)?,
        })
    }
}

/// Quality of a clip, frame by frame: every figure is the mean of the frames' figures, decibels
/// included, as the usual tables of conventional codecs have it.
#[derive(Debug, Clone, Default)]
pub struct ClipQuality {
    frames: u64,
    planes: [f64; 3],
    average: f64,
    pooled: f64,
    ssim: Option<f64>,
    ms_ssim: Option<f64>,
}

impl ClipQuality {
    /// No frames yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pair of frames and returns its quality.
    ///
    /// # Errors
    /// [`MetricError::FormatMismatch`]; the pair then does not count.
    pub fn add(&mut self, reference: &Frame, distorted: &Frame) -> Result<Quality, MetricError> {
        let quality = Quality::between(reference, distorted)?;
        self.add_quality(&quality);
        Ok(quality)
    }

    /// Adds a frame whose quality is known already.
    pub fn add_quality(&mut self, quality: &Quality) {
        let Quality {
            psnr,
            ssim,
            ms_ssim,
        } = quality;
        for (sum, value) in self.planes.iter_mut().zip(psnr.planes) {
            *sum += value;
        }
        self.average += psnr.average;
        self.pooled += psnr.pooled;
        self.ssim = add_if_all(self.ssim, *ssim, self.frames);
        self.ms_ssim = add_if_all(self.ms_ssim, *ms_ssim, self.frames);
        self.frames += 1;
    }

    /// Number of frames so far.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The means, or `None` before the first frame.
    #[must_use]
    pub fn mean(&self) -> Option<Quality> {
        if self.frames == 0 {
            return None;
        }
        let frames = self.frames as f64;
        Some(Quality {
            psnr: Psnr {
                planes: self.planes.map(|sum| sum / frames),
                average: self.average / frames,
                pooled: self.pooled / frames,
            },
            ssim: self.ssim.map(|sum| sum / frames),
            ms_ssim: self.ms_ssim.map(|sum| sum / frames),
        })
    }
}

/// A sum that exists only while every frame has a value.
fn add_if_all(sum: Option<f64>, value: Option<f64>, frames: u64) -> Option<f64> {
    match (sum, value) {
        (None, Some(value)) if frames == 0 => Some(value),
        (Some(sum), Some(value)) => Some(sum + value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quality(db: f64, ms_ssim: Option<f64>) -> Quality {
        let psnr = Psnr {
            planes: [db, db + 1.0, db + 2.0],
            average: db,
            pooled: db,
        };
        Quality {
            psnr,
            ssim: Some(0.5),
            ms_ssim,
        }
    }

    #[test]
    fn a_clip_is_the_mean_of_its_frames_in_decibels() {
        let mut clip = ClipQuality::new();
        assert_eq!(clip.mean(), None);
        clip.add_quality(&quality(30.0, Some(0.9)));
        clip.add_quality(&quality(40.0, Some(0.7)));
        let mean = clip.mean().unwrap();
        assert_eq!(mean.psnr.planes, [35.0, 36.0, 37.0]);
        assert_eq!(mean.ms_ssim, Some(0.8));
    }

    #[test]
    fn a_measure_that_one_frame_lacks_has_no_mean() {
        let mut clip = ClipQuality::new();
        for value in [Some(0.9), None, Some(0.9)] {
            clip.add_quality(&quality(30.0, value));
        }
        assert_eq!(clip.mean().unwrap().ms_ssim, None);
        assert_eq!(clip.mean().unwrap().ssim, Some(0.5));
    }
}
