use serde::Serialize;

use super::{CellResult, Scores};
use crate::metrics::{RatePoint, bd_psnr, bd_rate};

/// Below this [overlap](ClipDifference::overlap) a BD-rate says little and is marked.
pub const WEAK_OVERLAP: f64 = 0.5;

/// A quality that BD-rates are taken by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BenchMetric {
    /// Weighted PSNR of 4:2:0 clips.
    PsnrAvg611,
    /// PSNR of luma.
    PsnrY,
    /// PSNR of RGB.
    PsnrRgb,
    /// MS-SSIM in decibels, `−10·log10(1 − MS-SSIM)`.
    MsSsimDb,
    /// VMAF.
    Vmaf,
    /// SSIMULACRA 2.
    Ssimulacra2,
    /// `1 − LPIPS`, so that more is better as of all others.
    LpipsSimilarity,
}

impl BenchMetric {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::PsnrAvg611,
        Self::PsnrY,
        Self::PsnrRgb,
        Self::MsSsimDb,
        Self::Vmaf,
        Self::Ssimulacra2,
        Self::LpipsSimilarity,
    ];

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::PsnrAvg611 => "PSNR 6:1:1 (dB)",
            Self::PsnrY => "PSNR Y (dB)",
            Self::PsnrRgb => "PSNR RGB (dB)",
            Self::MsSsimDb => "MS-SSIM (dB)",
            Self::Vmaf => "VMAF",
            Self::Ssimulacra2 => "SSIMULACRA 2",
            Self::LpipsSimilarity => "1 − LPIPS",
        }
    }

    /// Its value among scores.
    #[must_use]
    pub fn of(self, scores: &Scores) -> Option<f64> {
        match self {
            Self::PsnrAvg611 => scores.psnr_avg611,
            Self::PsnrY => scores.psnr_y,
            Self::PsnrRgb => scores.psnr_rgb,
            Self::MsSsimDb => scores.ms_ssim.map(|value| -10.0 * (1.0 - value).log10()),
            Self::Vmaf => scores.vmaf,
            Self::Ssimulacra2 => scores.ssimulacra2,
            Self::LpipsSimilarity => scores.lpips.map(|value| 1.0 - value),
        }
    }

    /// The unit of its differences: empty for points.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::PsnrAvg611 | Self::PsnrY | Self::PsnrRgb | Self::MsSsimDb => " dB",
            Self::Vmaf | Self::Ssimulacra2 | Self::LpipsSimilarity => "",
        }
    }

    /// Digits after the point that its differences are worth.
    pub(super) fn digits(self) -> usize {
        match self {
            Self::LpipsSimilarity => 4,
            _ => 2,
        }
    }
}

/// A codec against another one, by one metric, over all clips.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BdComparison {
    /// The codec compared with.
    pub reference: String,
    /// The codec compared.
    pub codec: String,
    /// By what.
    pub metric: BenchMetric,
    /// Mean of the clips' BD-rates.
    pub bd_rate: Option<MeanDifference>,
    /// Mean of the clips' differences of quality at equal rate.
    pub bd_quality: Option<MeanDifference>,
    /// Clips that count and whose curves share less than [`WEAK_OVERLAP`] of the range of quality.
    pub weak_clips: usize,
    /// The same of the difference of quality, by the range of log rate.
    pub weak_quality_clips: usize,
    /// Every clip by itself.
    pub clips: Vec<ClipDifference>,
}

/// Two curves of one clip.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClipDifference {
    /// The clip.
    pub clip: String,
    /// BD-rate in percent; negative is better than the reference.
    pub bd_rate: Option<f64>,
    /// Difference of quality at equal rate, in the metric's unit; positive is better.
    pub bd_quality: Option<f64>,
    /// The range of quality that both curves have, as a part of what either has: 1 if it is the
    /// same, 0 if there is none. Nothing outside of it is guessed.
    pub overlap: f64,
    /// The same of the range of log rate, for the difference of quality.
    pub rate_overlap: f64,
    /// Why there is no BD-rate.
    pub problem: Option<String>,
    /// Why there is no difference of quality.
    pub quality_problem: Option<String>,
}

/// The mean of what differs from clip to clip.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeanDifference {
    /// Mean over clips.
    pub mean: f64,
    /// Standard deviation over clips, of two clips or more.
    pub deviation: Option<f64>,
    /// Half of the 95 % confidence interval by Student's t distribution, of two clips or more: how
    /// far the mean over other clips of this kind may be.
    pub confidence: Option<f64>,
    /// Number of clips.
    pub clips: usize,
}

impl MeanDifference {
    /// Of one value or more.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let deviation = (count > 1).then(|| {
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            (squares / (count - 1) as f64).sqrt()
        });
        Some(Self {
            mean,
            deviation,
            confidence: deviation
                .map(|deviation| student_t(count - 1) * deviation / (count as f64).sqrt()),
            clips: count,
        })
    }
}

/// The 97.5 % quantile of Student's t distribution; the normal distribution's above 30 degrees.
fn student_t(degrees_of_freedom: usize) -> f64 {
    const QUANTILES: [f64; 30] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
        2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
        2.052, 2.048, 2.045, 2.042,
    ];
    QUANTILES
        .get(degrees_of_freedom - 1)
        .copied()
        .unwrap_or(1.960)
}

/// Every codec against every reference, by all metrics that were measured.
pub(super) fn compare_codecs(
    references: &[String],
    codecs: &[String],
    clips: &[String],
    cells: &[CellResult],
) -> Vec<BdComparison> {
    let mut comparisons = Vec::new();
    for metric in BenchMetric::ALL {
        for reference in references {
            for codec in codecs.iter().filter(|codec| *codec != reference) {
                let clips: Vec<_> = clips
                    .iter()
                    .filter_map(|clip| {
                        let anchor = curve(cells, clip, reference, metric);
                        let test = curve(cells, clip, codec, metric);
                        (!anchor.is_empty() && !test.is_empty())
                            .then(|| difference(clip, &anchor, &test))
                    })
                    .collect();
                if !clips.is_empty() {
                    comparisons.push(summary(reference, codec, metric, clips));
                }
            }
        }
    }
    comparisons
}

/// The points of a codec on a clip, by falling or rising rate as they were given.
pub(super) fn curve(
    cells: &[CellResult],
    clip: &str,
    codec: &str,
    metric: BenchMetric,
) -> Vec<RatePoint> {
    let point = |cell: &CellResult| {
        Some(RatePoint {
            rate: cell.measurement.bits_per_pixel,
            quality: metric.of(&cell.measurement.scores)?,
        })
    };
    cells
        .iter()
        .filter(|cell| cell.clip == clip && cell.codec == codec)
        .filter_map(point)
        .collect()
}

fn difference(clip: &str, anchor: &[RatePoint], test: &[RatePoint]) -> ClipDifference {
    let (rate, quality) = (bd_rate(anchor, test), bd_psnr(anchor, test));
    ClipDifference {
        clip: clip.to_owned(),
        overlap: overlap(anchor, test, |point| point.quality),
        rate_overlap: overlap(anchor, test, |point| point.rate.ln()),
        quality_problem: quality.as_ref().err().map(ToString::to_string),
        bd_quality: quality.ok(),
        problem: rate.as_ref().err().map(ToString::to_string),
        bd_rate: rate.ok(),
    }
}

fn overlap(anchor: &[RatePoint], test: &[RatePoint], axis: fn(&RatePoint) -> f64) -> f64 {
    let range = |points: &[RatePoint]| {
        let values = points.iter().map(axis);
        (
            values.clone().fold(f64::INFINITY, f64::min),
            values.fold(f64::NEG_INFINITY, f64::max),
        )
    };
    let ((a_low, a_high), (b_low, b_high)) = (range(anchor), range(test));
    let shared = a_high.min(b_high) - a_low.max(b_low);
    let either = a_high.max(b_high) - a_low.min(b_low);
    if either > 0.0 {
        (shared / either).max(0.0)
    } else {
        0.0
    }
}

fn summary(
    reference: &str,
    codec: &str,
    metric: BenchMetric,
    clips: Vec<ClipDifference>,
) -> BdComparison {
    let all =
        |of: fn(&ClipDifference) -> Option<f64>| clips.iter().filter_map(of).collect::<Vec<_>>();
    BdComparison {
        reference: reference.to_owned(),
        codec: codec.to_owned(),
        metric,
        bd_rate: MeanDifference::of(&all(|clip| clip.bd_rate)),
        bd_quality: MeanDifference::of(&all(|clip| clip.bd_quality)),
        weak_clips: clips
            .iter()
            .filter(|clip| clip.bd_rate.is_some() && clip.overlap < WEAK_OVERLAP)
            .count(),
        weak_quality_clips: clips
            .iter()
            .filter(|clip| clip.bd_quality.is_some() && clip.rate_overlap < WEAK_OVERLAP)
            .count(),
        clips,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(pairs: &[(f64, f64)]) -> Vec<RatePoint> {
        let point = |&(rate, quality)| RatePoint { rate, quality };
        pairs.iter().map(point).collect()
    }

    const ANCHOR: [(f64, f64); 4] = [(1.0, 30.0), (2.0, 33.0), (4.0, 36.0), (8.0, 39.0)];

    #[test]
    fn the_mean_has_the_confidence_of_students_t() {
        let mean = MeanDifference::of(&[-10.0, -20.0, -30.0]).unwrap();
        assert_eq!(
            (mean.mean, mean.deviation, mean.clips),
            (-20.0, Some(10.0), 3)
        );
        let expected = 4.303 * 10.0 / 3f64.sqrt();
        assert!((mean.confidence.unwrap() - expected).abs() < 1e-12);
    }

    #[test]
    fn one_clip_has_no_confidence_and_none_no_mean() {
        assert_eq!(MeanDifference::of(&[-10.0]).unwrap().confidence, None);
        assert_eq!(MeanDifference::of(&[]), None);
    }

    #[test]
    fn curves_that_hardly_overlap_are_marked() {
        let high = points(&[(6.0, 38.0), (12.0, 41.0), (24.0, 44.0), (48.0, 47.0)]);
        let clip = difference("c", &points(&ANCHOR), &high);
        assert!((clip.overlap - 1.0 / 17.0).abs() < 1e-12);
        assert!(clip.bd_rate.is_some());
        let summary = summary("a", "b", BenchMetric::PsnrY, vec![clip]);
        assert_eq!((summary.weak_clips, summary.weak_quality_clips), (1, 1));
    }

    #[test]
    fn curves_that_do_not_overlap_have_a_problem_and_no_number() {
        let above = points(&[(6.0, 48.0), (12.0, 51.0)]);
        let clip = difference("c", &points(&ANCHOR), &above);
        assert_eq!((clip.bd_rate, clip.overlap), (None, 0.0));
        assert!(clip.problem.unwrap().contains("do not overlap"));
        // Rates of 6 to 8 are in both.
        assert!(clip.quality_problem.is_none() && clip.bd_quality.is_some());
        let beyond = points(&[(9.0, 36.0), (12.0, 38.0)]);
        let clip = difference("c", &points(&ANCHOR), &beyond);
        assert_eq!((clip.bd_quality, clip.rate_overlap), (None, 0.0));
        assert!(clip.quality_problem.unwrap().contains("do not overlap") && clip.bd_rate.is_some());
    }

    #[test]
    fn the_same_curve_at_less_rate_overlaps_wholly() {
        let test = ANCHOR.map(|(rate, quality)| (0.8 * rate, quality));
        let clip = difference("c", &points(&ANCHOR), &points(&test));
        assert!((clip.bd_rate.unwrap() + 20.0).abs() < 1e-9);
        assert_eq!(clip.overlap, 1.0);
        // 1 to 8 and 0.8 to 6.4, of three octaves each.
        let shared = (6.4f64).ln() / (8.0f64 / 0.8).ln();
        assert!((clip.rate_overlap - shared).abs() < 1e-12);
        // 0.322 octaves earlier on a line of 3 dB an octave, and a curve that is that line.
        let expected = 3.0 * (1.0f64 / 0.8).log2();
        assert!((clip.bd_quality.unwrap() - expected).abs() < 1e-9);
    }
}
