use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::perceptual::PerceptualScores;
use crate::frame::{FrameFormat, PixelFormat};
use crate::metrics;

/// Rate, quality and speed of a coded video.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Frames compared.
    pub frames: u64,
    /// Frames of the reference; `None` if it was not read to its end and does not say.
    pub reference_frames: Option<u64>,
    /// Frames of the other video, likewise.
    pub distorted_frames: Option<u64>,
    /// What was compared.
    #[serde(flatten)]
    pub format: ClipFormat,
    /// The `.aivc` stream, if it was one.
    pub stream: Option<StreamReport>,
    /// Bytes and bits; `None` if they are not known for the frames compared.
    pub rate: Option<Rate>,
    /// Means over the frames.
    pub quality: QualityReport,
    /// Frames a second.
    pub speed: Speed,
    /// What to know before comparing these figures with others.
    pub notes: Vec<EvaluationNote>,
    /// Every frame by itself, where asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub per_frame: Vec<FrameEvaluation>,
}

/// Format of the reference, in which videos are compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClipFormat {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `yuv420` or `rgb`.
    pub pixel_format: &'static str,
    /// Bits of a sample.
    pub bit_depth: u8,
    /// Frames a second, of the reference.
    pub frame_rate: f64,
}

impl ClipFormat {
    pub(super) fn new(format: FrameFormat, frame_rate: f64) -> Self {
        Self {
            width: format.width(),
            height: format.height(),
            pixel_format: match format.pixel_format() {
                PixelFormat::Yuv420 => "yuv420",
                PixelFormat::Rgb => "rgb",
            },
            bit_depth: format.bit_depth().bits(),
            frame_rate,
        }
    }
}

/// What decoded an `.aivc` stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamReport {
    /// The model's name.
    pub model: String,
    /// Hash of its weights.
    pub weights_hash: String,
    /// The backend it ran on.
    pub backend: String,
    /// Lowest quality level of the packets compared.
    pub quality_lowest: u8,
    /// Highest quality level.
    pub quality_highest: u8,
}

/// What a video costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// Bytes of the file, or of the payloads alone where
    /// [`EvaluationNote::PayloadBytes`] says so.
    pub bytes: u64,
    /// Bytes of an `.aivc` stream's payloads: what the entropy coder wrote.
    pub payload_bytes: Option<u64>,
    /// The rest: stream header, packet headers, checksums, index.
    pub container_bytes: Option<u64>,
    /// The ideal length of an `.aivc` stream's payloads in bits: the sum of `-log2` of the probabilities
    /// of the coded symbols, what the entropy coder would write at best.
    pub estimated_bits: Option<f64>,
    /// Bits per luma pixel.
    pub bits_per_pixel: f64,
    /// Bits per second of video.
    pub bits_per_second: f64,
}

/// Quality of a frame, or means over frames. Decibels are averaged as they are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct QualityReport {
    /// Peak signal-to-noise ratios in dB, at most
    /// [`PSNR_CAP_DB`](crate::metrics::PSNR_CAP_DB).
    #[serde(flatten)]
    pub psnr: PsnrReport,
    /// SSIM of the lumas; `None` for pictures that are too small.
    pub ssim: Option<f64>,
    /// MS-SSIM of the lumas; `None` for pictures that are too small.
    pub ms_ssim: Option<f64>,
    /// SSIMULACRA 2, over the frames that [`PerceptualMetrics`](super::PerceptualMetrics) chose; `None`
    /// for others, and for pictures that are too small.
    pub ssimulacra2: Option<f64>,
    /// LPIPS, likewise.
    pub lpips: Option<f64>,
}

/// Peak signal-to-noise ratios, named after the planes that the reference has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum PsnrReport {
    /// Of a 4:2:0 reference.
    Yuv {
        /// Of luma.
        psnr_y: f64,
        /// Of Cb.
        psnr_u: f64,
        /// Of Cr.
        psnr_v: f64,
        /// `(6·Y + U + V) / 8`.
        psnr_avg611: f64,
    },
    /// Of an RGB reference.
    Rgb {
        /// Of red.
        psnr_r: f64,
        /// Of green.
        psnr_g: f64,
        /// Of blue.
        psnr_b: f64,
        /// Of the mean squared error of all three.
        psnr_rgb: f64,
    },
}

impl QualityReport {
    pub(super) fn new(
        quality: &metrics::Quality,
        perceptual: PerceptualScores,
        pixel_format: PixelFormat,
    ) -> Self {
        let metrics::Quality {
            psnr,
            ssim,
            ms_ssim,
        } = *quality;
        let [first, second, third] = psnr.planes;
        let psnr = match pixel_format {
            PixelFormat::Yuv420 => PsnrReport::Yuv {
                psnr_y: first,
                psnr_u: second,
                psnr_v: third,
                psnr_avg611: psnr.average,
            },
            PixelFormat::Rgb => PsnrReport::Rgb {
                psnr_r: first,
                psnr_g: second,
                psnr_b: third,
                psnr_rgb: psnr.pooled,
            },
        };
        Self {
            psnr,
            ssim,
            ms_ssim,
            ssimulacra2: perceptual.ssimulacra2,
            lpips: perceptual.lpips,
        }
    }
}

/// Frames a second on this machine; `None` where nothing was measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Speed {
    /// Decoding: reading the file and the codec.
    pub decode_frames_per_second: Option<f64>,
    /// The codec alone, from payload to frame. `None` for other codecs than this library's.
    pub decode_codec_frames_per_second: Option<f64>,
    /// The encoder, from frame to payload, over the first frames of the reference.
    pub encode_codec_frames_per_second: Option<f64>,
    /// Frames that the encoder was timed on.
    pub encode_frames_timed: u64,
    /// Where the encoder spent its time. `None` for other codecs than this library's.
    pub encode_stages: Option<StageTimes>,
    /// Where decoding spent its time, likewise.
    pub decode_stages: Option<StageTimes>,
}

/// Where the time of a frame goes, in milliseconds a frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StageTimes {
    /// The codec without its entropy coder: networks, transforms, motion, conversion of colours.
    pub transform_ms: f64,
    /// The entropy coder: symbols to bytes, or bytes to symbols.
    pub entropy_ms: f64,
    /// Reading and writing video and streams; `None` where frames were in memory.
    pub files_ms: Option<f64>,
}

/// One frame of an [`Evaluation`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FrameEvaluation {
    /// Its number, from 0.
    pub frame: u64,
    /// Bytes of its payload, of `.aivc` streams.
    pub payload_bytes: Option<u64>,
    /// The ideal length of its payload in bits, likewise.
    pub estimated_bits: Option<f64>,
    /// Its quality.
    #[serde(flatten)]
    pub quality: QualityReport,
}

/// A circumstance of an [`Evaluation`]; serialized as the sentence that it displays.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvaluationNote {
    /// The stream holds only the beginning of the reference.
    Prefix {
        /// Frames of the stream.
        distorted: u64,
        /// Frames of the reference.
        reference: u64,
    },
    /// Frames were converted before they were compared.
    Converted {
        /// Format of the other video.
        from: FrameFormat,
        /// Format of the reference.
        to: FrameFormat,
    },
    /// The range of the other video's samples was converted.
    ConvertedRange,
    /// The rate is that of the payloads of the frames compared.
    PayloadBytes,
    /// The rate of the frames compared is not known.
    RateUnknown,
}

impl fmt::Display for EvaluationNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix {
                distorted,
                reference,
            } => {
                write!(
                    f,
                    "the stream holds the first {distorted} of the reference's {reference} frames"
                )
            }
            Self::Converted { from, to } => {
                write!(
                    f,
                    "frames were converted from {from} to the reference's {to} before they were compared"
                )
            }
            Self::ConvertedRange => f.write_str(
                "samples were converted to the reference's range before they were compared",
            ),
            Self::PayloadBytes => f.write_str(
                "the rate is that of the payloads of the frames compared, without the container",
            ),
            Self::RateUnknown => f.write_str(
                "the file holds more frames than were compared, so their rate is not known",
            ),
        }
    }
}

impl Serialize for EvaluationNote {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
