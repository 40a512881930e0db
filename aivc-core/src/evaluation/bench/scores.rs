use serde::{Deserialize, Serialize};

use crate::evaluation::{PsnrReport, QualityReport};

/// Quality of a frame, or the mean over the frames of a clip; `None` for what was not measured on
/// all of them.
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
}

impl Scores {
    /// The names of the scores, as in JSON and CSV.
    pub(super) const NAMES: [&'static str; 8] = [
        "psnr_y",
        "psnr_u",
        "psnr_v",
        "psnr_avg611",
        "psnr_rgb",
        "ssim",
        "ms_ssim",
        "vmaf",
    ];

    /// The scores in the order of [`Self::NAMES`].
    pub(super) fn values(&self) -> [Option<f64>; 8] {
        [
            self.psnr_y,
            self.psnr_u,
            self.psnr_v,
            self.psnr_avg611,
            self.psnr_rgb,
            self.ssim,
            self.ms_ssim,
            self.vmaf,
        ]
    }

    fn from_values(values: [Option<f64>; 8]) -> Self {
        let [
            psnr_y,
            psnr_u,
            psnr_v,
            psnr_avg611,
            psnr_rgb,
            ssim,
            ms_ssim,
            vmaf,
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
        }
    }

    pub(super) fn of_report(report: &QualityReport) -> Self {
        let mut scores = Self {
            ssim: report.ssim,
            ms_ssim: report.ms_ssim,
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

    /// Means of what all frames have.
    pub(super) fn mean<'a>(frames: impl ExactSizeIterator<Item = &'a Self>) -> Self {
        let count = frames.len() as f64;
        let mut sums = [Some(0.0); 8];
        for frame in frames {
            for (sum, value) in sums.iter_mut().zip(frame.values()) {
                *sum = sum.zip(value).map(|(sum, value)| sum + value);
            }
        }
        if count == 0.0 {
            return Self::default();
        }
        Self::from_values(sums.map(|sum| sum.map(|sum| sum / count)))
    }
}

/// One frame of a [`Measurement`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FrameScores {
    /// Bytes of its payload, of this library's codecs.
    pub payload_bytes: Option<u64>,
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
    fn measurements_come_back_from_json() {
        let measurement = Measurement {
            frames: 1,
            width: 2,
            height: 2,
            frame_rate: 25.0,
            bytes: 3,
            file_bytes: None,
            bits_per_pixel: 6.0,
            bits_per_second: 600.0,
            scores: Scores {
                psnr_y: Some(31.5),
                ..Scores::default()
            },
            encode_frames_per_second: Some(2.0),
            decode_frames_per_second: None,
            commands: vec!["ffmpeg".into()],
            per_frame: vec![FrameScores {
                payload_bytes: Some(3),
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
