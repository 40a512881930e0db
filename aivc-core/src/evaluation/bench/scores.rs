use serde::{Deserialize, Serialize};

use crate::evaluation::perceptual::SampledMean;
use crate::evaluation::{PsnrReport, QualityReport, StageTimes};

/// Quality of a frame, or the mean over the frames of a clip; `None` for what was not measured on
/// all of them.
///
/// SSIMULACRA 2 and LPIPS are means over the frames that have them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Scores {
    /// PSNR of luma in dB. Of RGB pictures, that of their BT.601 luma.
    pub psnr_y: Option<f64>,
    /// PSNR of Cb, of 4:2:0 clips.
    pub psnr_u: Option<f64>,
    /// PSNR of Cr, of 4:2:0 clips.
    pub psnr_v: Option<f64>,
    /// `(6·Y + U + V) / 8`, of 4:2:0 clips.
    pub psnr_avg611: Option<f64>,
    /// PSNR of the mean squared error of R, G and B; both frames of 4:2:0 clips are converted.
    pub psnr_rgb: Option<f64>,
    /// SSIM of luma.
    pub ssim: Option<f64>,
    /// MS-SSIM of luma.
    pub ms_ssim: Option<f64>,
    /// VMAF by ffmpeg's libvmaf, with its default model.
    pub vmaf: Option<f64>,
    /// SSIMULACRA 2, of every n-th frame.
    pub ssimulacra2: Option<f64>,
    /// LPIPS, of every n-th frame.
    pub lpips: Option<f64>,
}

impl Scores {
    /// The names of the scores, as in JSON and CSV.
    pub(super) const NAMES: [&'static str; 10] = [
        "psnr_y",
        "psnr_u",
        "psnr_v",
        "psnr_avg611",
        "psnr_rgb",
        "ssim",
        "ms_ssim",
        "vmaf",
        "ssimulacra2",
        "lpips",
    ];

    /// The scores in the order of [`Self::NAMES`].
    pub(super) fn values(&self) -> [Option<f64>; 10] {
        [
            self.psnr_y,
            self.psnr_u,
            self.psnr_v,
            self.psnr_avg611,
            self.psnr_rgb,
            self.ssim,
            self.ms_ssim,
            self.vmaf,
            self.ssimulacra2,
            self.lpips,
        ]
    }

    fn from_values(values: [Option<f64>; 10]) -> Self {
        let [
            psnr_y,
            psnr_u,
            psnr_v,
            psnr_avg611,
            psnr_rgb,
            ssim,
            ms_ssim,
            vmaf,
            ssimulacra2,
            lpips,
        ] = values;
        Self {
            psnr_y,
            psnr_u,
            psnr_v,
            psnr_avg611,
            psnr_rgb,
            ssim,
            ms_ssim,
            vmaf,
            ssimulacra2,
            lpips,
        }
    }

    pub(super) fn of_report(report: &QualityReport) -> Self {
        let mut scores = Self {
            ssim: report.ssim,
            ms_ssim: report.ms_ssim,
            ssimulacra2: report.ssimulacra2,
            lpips: report.lpips,
            ..Self::default()
        };
        match report.psnr {
            PsnrReport::Yuv {
                psnr_y,
                psnr_u,
                psnr_v,
                psnr_avg611,
            } => {
                scores.psnr_y = Some(psnr_y);
                scores.psnr_u = Some(psnr_u);
                scores.psnr_v = Some(psnr_v);
                scores.psnr_avg611 = Some(psnr_avg611);
            }
            PsnrReport::Rgb { psnr_rgb, .. } => scores.psnr_rgb = Some(psnr_rgb),
        }
        scores
    }

    /// Means of what all frames have, and of what every n-th one has.
    pub(super) fn mean<'a>(frames: impl ExactSizeIterator<Item = &'a Self>) -> Self {
        let count = frames.len() as f64;
        let (mut ssimulacra2, mut lpips) = (SampledMean::default(), SampledMean::default());
        let mut sums = [Some(0.0); 10];
        for frame in frames {
            ssimulacra2.add(frame.ssimulacra2);
            lpips.add(frame.lpips);
            for (sum, value) in sums.iter_mut().zip(frame.values()) {
                *sum = sum.zip(value).map(|(sum, value)| sum + value);
            }
        }
        if count == 0.0 {
            return Self::default();
        }
        Self {
            ssimulacra2: ssimulacra2.mean(),
            lpips: lpips.mean(),
            ..Self::from_values(sums.map(|sum| sum.map(|sum| sum / count)))
        }
    }
}

/// One frame of a [`Measurement`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FrameScores {
    /// Bytes of its payload, of this library's codecs.
    pub payload_bytes: Option<u64>,
    /// The ideal length of its payload in bits, likewise.
    pub estimated_bits: Option<f64>,
    /// Its quality.
    #[serde(flatten)]
    pub scores: Scores,
}

/// What was measured of a clip, coded by a codec at one rate point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Frames coded and compared.
    pub frames: u64,
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Frames a second of the clip.
    pub frame_rate: f64,
    /// Bytes of the elementary stream: of payloads for this library's codecs.
    pub bytes: u64,
    /// Bytes of the `.aivc` stream with its container, of this library's codecs.
    pub file_bytes: Option<u64>,
    /// The ideal length of the elementary stream in bytes, of this library's codecs: the sum of `-log2`
    /// of the probabilities of the coded symbols, by 8.
    pub estimated_bytes: Option<f64>,
    /// Bits of the elementary stream per luma pixel.
    pub bits_per_pixel: f64,
    /// Bits of the elementary stream per second of video.
    pub bits_per_second: f64,
    /// Means over the frames.
    #[serde(flatten)]
    pub scores: Scores,
    /// Speed of the encoder on one thread: of the codec alone for this library's, of the whole
    /// program for others.
    pub encode_frames_per_second: Option<f64>,
    /// Speed of the decoder, likewise.
    pub decode_frames_per_second: Option<f64>,
    /// Where the encoder spent its time, of this library's codecs.
    pub encode_stages: Option<StageTimes>,
    /// Where the decoder spent its time, likewise.
    pub decode_stages: Option<StageTimes>,
    /// The most memory that the encoding program had in use, in bytes: ffmpeg over the whole clip,
    /// `aivc encode` over its first frames. `None` where the system does not say.
    pub encode_peak_bytes: Option<u64>,
    /// The most memory that the decoding program had in use, likewise.
    pub decode_peak_bytes: Option<u64>,
    /// The exact commands of conventional codecs.
    pub commands: Vec<String>,
    /// Every frame by itself.
    pub per_frame: Vec<FrameScores>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_that_one_frame_lacks_has_no_mean() {
        let frame = |ssim| Scores {
            psnr_y: Some(30.0),
            ssim,
            ..Scores::default()
        };
        let mean = Scores::mean([frame(Some(0.5)), frame(None)].iter());
        assert_eq!(
            (mean.psnr_y, mean.ssim, mean.vmaf),
            (Some(30.0), None, None)
        );
        assert_eq!(Scores::mean([].iter()), Scores::default());
    }

    #[test]
    fn a_score_of_every_other_frame_has_the_mean_of_these() {
        let frame = |ssimulacra2| Scores {
            ssimulacra2,
            ..Scores::default()
        };
        let frames = [frame(Some(80.0)), frame(None), frame(Some(60.0))];
        assert_eq!(Scores::mean(frames.iter()).ssimulacra2, Some(70.0));
    }

    #[test]
    fn measurements_come_back_from_json() {
        let measurement = Measurement {
            frames: 1,
            width: 2,
            height: 2,
            frame_rate: 25.0,
            bytes: 3,
            file_bytes: None,
            estimated_bytes: Some(2.9),
            bits_per_pixel: 6.0,
            bits_per_second: 600.0,
            scores: Scores {
                psnr_y: Some(31.5),
                ..Scores::default()
            },
            encode_frames_per_second: Some(2.0),
            decode_frames_per_second: None,
            encode_stages: None,
            decode_stages: Some(StageTimes {
                transform_ms: 1.5,
                entropy_ms: 0.5,
                files_ms: Some(0.25),
            }),
            encode_peak_bytes: Some(1 << 30),
            decode_peak_bytes: None,
            commands: vec!["ffmpeg".into()],
            per_frame: vec![FrameScores {
                payload_bytes: Some(3),
                estimated_bits: Some(23.25),
                scores: Scores::default(),
            }],
        };
        let json = serde_json::to_string(&measurement).unwrap();
        assert_eq!(
            serde_json::from_str::<Measurement>(&json).unwrap(),
            measurement
        );
    }
}
