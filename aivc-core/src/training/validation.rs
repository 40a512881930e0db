use std::path::{Path, PathBuf};

use aivc_entropy::{SymbolDecoder, SymbolEncoder};
use aivc_models::ModelBackend;
use aivc_models::families::hybrid::motion::Yuv420Picture;
use aivc_models::families::hybrid::{HybridCodec, HybridFrame};
use aivc_models::families::hyperprior3d::{GROUP_FRAMES, Hyperprior3dCodec};
use aivc_models::families::{CodecError, PictureCodec, PictureSize, Rounding};
use aivc_models::layers::Quality;
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::TrainingError;
use super::data::{CLIP_EXTENSIONS, files};
use super::recipe::ValidationRecipe;
use crate::frame::{Frame, PixelFormat};
use crate::metrics;
use crate::model::{ModelError, clip_tensor, from_yuv420_picture, rgb_frame, to_yuv420_picture};
use crate::video::{ReaderOptions, open_reader};

/// Rate and distortion at one quality, means over the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ValidationPoint {
    /// Quality level.
    pub quality: u8,
    /// Bits of the real streams per pixel.
    pub bits_per_pixel: f64,
    /// Mean of the pictures' RGB PSNR in dB, of pictures rounded to 8 bits.
    pub psnr: f64,
}

/// Codes every picture of a folder at every quality, with real streams, and decodes them.
///
/// # Errors
/// [`TrainingError`] if a picture cannot be read, or a stream does not decode.
pub fn validate<B: ModelBackend>(
    codec: &PictureCodec<B>,
    folder: impl AsRef<Path>,
    qualities: &[Quality],
    device: &B::Device,
) -> Result<Vec<ValidationPoint>, TrainingError> {
    let pictures = pictures(folder.as_ref())?;
    let mut points: Vec<_> = qualities
        .iter()
        .map(|&quality| empty_point(quality))
        .collect();
    for path in &pictures {
        let picture = image::open(path)
            .map_err(|source| TrainingError::Picture {
                name: path.display().to_string(),
                source,
            })?
            .into_rgb8();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let input = Tensor::<B, 4>::from_data(
            TensorData::new(planar(picture.as_raw()), [1, 3, height, width]),
            device,
        );
        for (point, &quality) in points.iter_mut().zip(qualities) {
            let mut encoder = SymbolEncoder::new();
            codec.compress(input.clone(), quality, &mut encoder)?;
            let bytes = encoder.finish();
            let mut decoder = SymbolDecoder::new(&bytes).map_err(CodecError::from)?;
            let size = PictureSize { height, width };
            let latents = codec.decompress(size, quality, &mut decoder, device)?;
            decoder.finish().map_err(CodecError::from)?;
            let decoded = codec.reconstruct(latents).into_data().convert::<f32>();
            let decoded = decoded.to_vec::<f32>().expect("converted to f32");
            let share = 1.0 / pictures.len() as f64;
            point.bits_per_pixel += share * 8.0 * bytes.len() as f64 / (width * height) as f64;
            point.psnr += share * psnr(&planar_bytes(picture.as_raw()), &decoded);
        }
    }
    Ok(points)
}

/// Codes the first frames of every clip of a folder at every quality, with real streams, and decodes
/// them. PSNRs are weighted 6:1:1.
///
/// # Errors
/// [`TrainingError`] if a clip cannot be read, or a stream does not decode to what its encoder saw.
pub(super) fn validate_clips<B: ModelBackend>(
    codec: &HybridCodec<B>,
    recipe: &ValidationRecipe,
    qualities: &[Quality],
    device: &B::Device,
) -> Result<Vec<ValidationPoint>, TrainingError> {
    let clips = read_clips(&recipe.pictures, recipe.frames)?;
    let mut points: Vec<_> = qualities
        .iter()
        .map(|&quality| empty_point(quality))
        .collect();
    for clip in &clips {
        for (point, &quality) in points.iter_mut().zip(qualities) {
            let (mut bits, mut psnr) = (0.0, 0.0);
            let mut last: Option<HybridFrame> = None;
            for frame in clip {
                let original = to_yuv420_picture(frame);
                let (payload, decoded) =
                    code_frame(codec, &original, last.as_ref(), quality, device)?;
                bits += 8.0 * payload as f64 / (frame.width() * frame.height()) as f64;
                let shown = from_yuv420_picture(decoded.shown(), frame.color())
                    .map_err(ModelError::from)?;
                psnr += metrics::psnr(frame, &shown)?.average;
                last = codec.predicts().then_some(decoded);
            }
            let share = 1.0 / (clips.len() * clip.len()) as f64;
            point.bits_per_pixel += share * bits;
            point.psnr += share * psnr;
        }
    }
    Ok(points)
}

/// Codes the first frames of every clip of a folder at every quality in groups, with real streams,
/// and decodes them. PSNRs are weighted 6:1:1.
///
/// # Errors
/// [`TrainingError`] if a clip cannot be read, or a stream does not decode.
pub(super) fn validate_groups<B: ModelBackend>(
    codec: &Hyperprior3dCodec<B>,
    recipe: &ValidationRecipe,
    qualities: &[Quality],
    device: &B::Device,
) -> Result<Vec<ValidationPoint>, TrainingError> {
    let clips = read_clips(&recipe.pictures, recipe.frames)?;
    let mut points: Vec<_> = qualities
        .iter()
        .map(|&quality| empty_point(quality))
        .collect();
    for clip in &clips {
        let (height, width) = (clip[0].height(), clip[0].width());
        for (point, &quality) in points.iter_mut().zip(qualities) {
            let (mut bits, mut psnr) = (0.0, 0.0);
            for group in clip.chunks(GROUP_FRAMES) {
                let mut encoder = SymbolEncoder::new();
                let input = clip_tensor(group, device)?;
                codec.compress(input, quality, Rounding::RateAware, &mut encoder)?;
                let bytes = encoder.finish();
                bits += 8.0 * bytes.len() as f64 / (width * height) as f64;
                let mut decoder = SymbolDecoder::new(&bytes).map_err(CodecError::from)?;
                let size = PictureSize { height, width };
                let latents = codec.decompress(size, quality, &mut decoder, device)?;
                decoder.finish().map_err(CodecError::from)?;
                let decoded = codec.reconstruct(latents, group.len());
                for (frame, picture) in group.iter().zip(decoded) {
                    let shown = rgb_frame(picture, frame.format(), frame.color())?;
                    psnr += metrics::psnr(frame, &shown)?.average;
                }
            }
            let share = 1.0 / (clips.len() * clip.len()) as f64;
            point.bits_per_pixel += share * bits;
            point.psnr += share * psnr;
        }
    }
    Ok(points)
}

/// Length of the payload of a frame, and what it decodes to.
fn code_frame<B: ModelBackend>(
    codec: &HybridCodec<B>,
    original: &Yuv420Picture,
    last: Option<&HybridFrame>,
    quality: Quality,
    device: &B::Device,
) -> Result<(usize, HybridFrame), TrainingError> {
    let mut encoder = SymbolEncoder::new();
    let seen = match last {
        None => codec.compress_key(original, quality, None, &mut encoder, device)?,
        Some(last) => codec.compress_inter(original, last, quality, None, &mut encoder, device)?,
    };
    let payload = encoder.finish();
    let luma = &original.planes[0];
    let size = PictureSize {
        height: luma.height(),
        width: luma.width(),
    };
    let decoded = match last {
        None => codec.decompress_key(size, original.maximum, quality, &payload, device)?,
        Some(last) => codec.decompress_inter(last, quality, &payload, device)?,
    };
    if decoded != seen {
        return Err(TrainingError::Drift);
    }
    Ok((payload.len(), decoded))
}

/// The first frames of each clip of a folder.
fn read_clips(folder: &Path, frames: usize) -> Result<Vec<Vec<Frame>>, TrainingError> {
    let mut clips = Vec::new();
    for path in files(folder, CLIP_EXTENSIONS)? {
        let mut reader = open_reader(&path, &ReaderOptions::default())?;
        let mut clip = Vec::new();
        while clip.len() < frames
            && let Some(frame) = reader.next_frame()?
        {
            if frame.format().pixel_format() == PixelFormat::Yuv420 {
                clip.push(frame);
            }
        }
        if !clip.is_empty() {
            clips.push(clip);
        }
    }
    if clips.is_empty() {
        return Err(TrainingError::NoData {
            path: folder.to_owned(),
            minimum_side: 1,
        });
    }
    Ok(clips)
}

pub(super) fn empty_point(quality: Quality) -> ValidationPoint {
    ValidationPoint {
        quality: quality.level(),
        bits_per_pixel: 0.0,
        psnr: 0.0,
    }
}

pub(super) fn pictures(folder: &Path) -> Result<Vec<PathBuf>, TrainingError> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(TrainingError::io(folder))? {
        let path = entry.map_err(TrainingError::io(folder))?.path();
        let is = |known: &str| {
            path.extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case(known))
        };
        if ["png", "jpg", "jpeg"].into_iter().any(is) {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(TrainingError::NoData {
            path: folder.to_owned(),
            minimum_side: 1,
        });
    }
    paths.sort();
    Ok(paths)
}

pub(super) fn planar_bytes(interleaved: &[u8]) -> Vec<u8> {
    (0..3)
        .flat_map(|channel| interleaved.iter().skip(channel).step_by(3).copied())
        .collect()
}

fn planar(interleaved: &[u8]) -> Vec<f32> {
    planar_bytes(interleaved)
        .into_iter()
        .map(|value| f32::from(value) / 255.0)
        .collect()
}

pub(super) fn psnr(original: &[u8], decoded: &[f32]) -> f64 {
    let squares: f64 = original
        .iter()
        .zip(decoded)
        .map(|(&original, decoded)| {
            (f64::from(original) - f64::from((decoded * 255.0).round())).powi(2)
        })
        .sum();
    10.0 * (255.0 * 255.0 * original.len() as f64 / squares.max(1e-9)).log10()
}
