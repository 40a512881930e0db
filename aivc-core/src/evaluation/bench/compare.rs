use std::ops::ControlFlow;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::clip::Clip;
use super::{BenchError, FrameScores, Scores};
use crate::color::{to_interleaved_rgb8, to_rgb, to_yuv420};
use crate::evaluation::comparison::Comparison;
use crate::evaluation::stream_frames::SizedFrame;
use crate::evaluation::{EvaluationError, PerceptualMetrics, adapt};
use crate::frame::{ColorDescription, ColorRange, Frame, PixelFormat};
use crate::metrics::psnr;
use crate::video::VideoReader;

/// The frame whose crop is kept for the report; the last one of shorter clips.
pub(super) const CROP_FRAME: u64 = 16;

/// The size of the crop, at most.
const CROP: [usize; 2] = [320, 240];

/// A clip compared with what a decoder gave.
pub(super) struct Compared {
    pub(super) per_frame: Vec<FrameScores>,
    /// PNG files of the middle of a frame: original and decoded.
    pub(super) crops: [Vec<u8>; 2],
}

/// Compares a clip, frame by frame, with the frames of `next`.
pub(super) fn compare(
    clip: &Clip,
    perceptual: &PerceptualMetrics,
    next: &mut dyn FnMut() -> Result<Option<SizedFrame>, BenchError>,
    check: &dyn Fn() -> ControlFlow<()>,
) -> Result<Compared, BenchError> {
    let mut reader = clip.reader()?;
    let mut comparison = Comparison::new(clip.properties.format, true, perceptual.clone());
    let mut more_scores = Vec::new();
    let mut shown = None;
    loop {
        if check().is_break() {
            return Err(BenchError::Cancelled);
        }
        let frames = comparison.frames();
        let (reference, distorted) = match (reader.next_frame()?, next()?) {
            (Some(reference), Some(distorted)) => (reference, distorted),
            (None, None) => break,
            (Some(_), None) => return Err(EvaluationError::DistortedShorter { frames }.into()),
            (None, Some(_)) => return Err(EvaluationError::ReferenceShorter { frames }.into()),
        };
        let SizedFrame { frame, .. } = distorted;
        let (to, from) = (reference.format(), frame.format());
        if (to.width(), to.height()) != (from.width(), from.height()) {
            return Err(EvaluationError::Size {
                reference: to,
                distorted: from,
            }
            .into());
        }
        let frame = adapt::to_format_of(&reference, frame)?.with_color(reference.color());
        more_scores.push(in_the_other_format(&reference, &frame)?);
        if frames <= CROP_FRAME {
            shown = Some([reference.clone(), frame.clone()]);
        }
        comparison.add(&reference, SizedFrame { frame, ..distorted })?;
    }
    let shown = shown.ok_or(EvaluationError::Empty)?;
    let [original, decoded] = shown.map(|frame| crop_png(&frame));
    Ok(Compared {
        per_frame: comparison
            .per_frame
            .iter()
            .zip(more_scores)
            .map(|(frame, more)| {
                let scores = Scores::of_report(&frame.quality);
                FrameScores {
                    payload_bytes: frame.payload_bytes,
                    estimated_bits: frame.estimated_bits,
                    scores: Scores {
                        psnr_y: scores.psnr_y.or(more.psnr_y),
                        psnr_rgb: scores.psnr_rgb.or(more.psnr_rgb),
                        ..scores
                    },
                }
            })
            .collect(),
        crops: [original?, decoded?],
    })
}

/// RGB PSNR of 4:2:0 frames, luma PSNR of RGB ones.
fn in_the_other_format(reference: &Frame, frame: &Frame) -> Result<Scores, EvaluationError> {
    let mut scores = Scores::default();
    match reference.format().pixel_format() {
        PixelFormat::Yuv420 => {
            scores.psnr_rgb = Some(psnr(&to_rgb(reference)?, &to_rgb(frame)?)?.pooled);
        }
        PixelFormat::Rgb => {
            let color = ColorDescription {
                range: ColorRange::Full,
                ..ColorDescription::BT601
            };
            let [reference, frame] = [to_yuv420(reference, color)?, to_yuv420(frame, color)?];
            scores.psnr_y = Some(psnr(&reference, &frame)?.planes[0]);
        }
    }
    Ok(scores)
}

/// The middle of a frame.
fn crop_png(frame: &Frame) -> Result<Vec<u8>, EvaluationError> {
    let pixels = to_interleaved_rgb8(frame)?;
    let (width, height) = (CROP[0].min(frame.width()), CROP[1].min(frame.height()));
    let (left, top) = ((frame.width() - width) / 2, (frame.height() - height) / 2);
    let mut crop = Vec::with_capacity(3 * width * height);
    for row in top..top + height {
        let begin = 3 * (row * frame.width() + left);
        crop.extend_from_slice(&pixels[begin..begin + 3 * width]);
    }
    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(&crop, width as u32, height as u32, ExtendedColorType::Rgb8)
        .expect("a picture of the right length is written to memory");
    Ok(png)
}
