//! A small untrained model, generated frames, and streams of them.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod workshop;

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use aivc_core::frame::{BitDepth, ColorDescription, Frame, FrameFormat, PixelFormat, Samples};
use aivc_core::model::{Backend, Model};
use aivc_core::session::{DecodeSummary, EncoderConfig, SessionError, decode_video, encode_video};
use aivc_core::video::{Rational, VideoError, VideoProperties, VideoReader};
use aivc_entropy::ContainerReader;
use aivc_models::families::hyperprior::{HyperpriorCodec, HyperpriorConfig};
use aivc_models::layers::{GdnTransformConfig, Quality};
use aivc_models::weights::WeightsFile;
use burn::backend::Flex;

/// burn's random numbers come from one generator a process, so runs take turns.
pub fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Weights of a hyperprior that is as small as can be; the same at every call.
pub fn tiny_weights() -> &'static WeightsFile {
    static WEIGHTS: OnceLock<WeightsFile> = OnceLock::new();
    WEIGHTS.get_or_init(|| weights_of_width(8))
}

/// Fresh weights of a hyperprior.
pub fn weights_of_width(width: usize) -> WeightsFile {
    let transform = GdnTransformConfig::new()
        .with_blocks(1)
        .with_hidden(width)
        .with_latent(width);
    let config = HyperpriorConfig::new()
        .with_transform(transform)
        .with_hyper(width);
    let network = config.init::<Flex>(&Default::default());
    HyperpriorCodec::freeze(config, network).to_weights("tiny")
}

pub fn tiny_model() -> Model {
    Model::from_weights(tiny_weights(), Backend::Flex).unwrap()
}

pub fn properties(
    width: usize,
    height: usize,
    pixel_format: PixelFormat,
    bit_depth: BitDepth,
) -> VideoProperties {
    let format = FrameFormat::new(width, height, pixel_format, bit_depth).unwrap();
    let color = match pixel_format {
        PixelFormat::Rgb => ColorDescription::SRGB,
        _ => ColorDescription::BT709,
    };
    VideoProperties {
        color,
        ..VideoProperties::new(format, Rational::new(30000, 1001).unwrap())
    }
}

/// 8-bit 4:2:0 video.
pub fn yuv(width: usize, height: usize) -> VideoProperties {
    properties(width, height, PixelFormat::Yuv420, BitDepth::Eight)
}

/// A frame of slopes and a chequered patch that moves with its number.
pub fn frame(properties: &VideoProperties, number: u64) -> Frame {
    let format = properties.format;
    let max = usize::from(format.bit_depth().max_sample());
    let planes = [0, 1, 2].map(|plane| {
        let size = format.plane_size(plane);
        let sample = |index: usize| {
            let (x, y) = (index % size.width, index / size.width);
            let slope = x * max / (2 * size.width) + y * max / (4 * size.height);
            let patch = (x / 4 + y / 4 + number as usize) % 2 * max / 5;
            (slope + patch + plane * max / 40) as u16
        };
        let samples = (0..size.samples()).map(sample);
        match format.bit_depth() {
            BitDepth::Eight => Samples::U8(samples.map(|sample| sample as u8).collect()),
            BitDepth::Ten => Samples::U16(samples.collect()),
        }
    });
    Frame::new(format, planes)
        .unwrap()
        .with_color(properties.color)
        .with_pts(number as i64)
}

/// A video that is made while it is read.
pub struct GeneratedVideo {
    properties: VideoProperties,
    frames: u64,
    next: u64,
}

impl GeneratedVideo {
    pub fn new(properties: VideoProperties, frames: u64) -> Self {
        Self {
            properties,
            frames,
            next: 0,
        }
    }
}

impl VideoReader for GeneratedVideo {
    fn properties(&self) -> &VideoProperties {
        &self.properties
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, VideoError> {
        if self.next == self.frames {
            return Ok(None);
        }
        self.next += 1;
        Ok(Some(frame(&self.properties, self.next - 1)))
    }
}

pub fn at_quality(level: u8) -> EncoderConfig {
    EncoderConfig {
        quality: Quality::new(level).unwrap(),
        ..EncoderConfig::default()
    }
}

/// A whole stream of generated frames.
pub fn encoded(model: &Model, properties: VideoProperties, frames: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut reader = GeneratedVideo::new(properties, frames);
    let summary = encode_video(
        &mut reader,
        &mut bytes,
        model,
        at_quality(40),
        None,
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    assert_eq!(
        (summary.frames, summary.bytes),
        (frames, bytes.len() as u64)
    );
    bytes
}

/// Frames of a stream, and what happened on the way.
pub fn try_decode(
    model: &Model,
    bytes: &[u8],
) -> Result<(Vec<Frame>, DecodeSummary), SessionError> {
    let mut frames = Vec::new();
    let mut keep = |frame: &Frame| {
        frames.push(frame.clone());
        Ok(())
    };
    let summary = decode_video(
        &mut ContainerReader::new(bytes)?,
        model,
        &mut keep,
        &mut |_| ControlFlow::Continue(()),
    )?;
    assert_eq!(summary.frames, frames.len() as u64);
    Ok((frames, summary))
}

pub fn decoded(model: &Model, bytes: &[u8]) -> (Vec<Frame>, DecodeSummary) {
    try_decode(model, bytes).unwrap()
}
