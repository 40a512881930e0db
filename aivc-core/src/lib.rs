//! Video to packets and back, with learned codecs: the crate of aivc that a Rust program uses.
//!
//! A [`model`] is weights on a backend (CPU or GPU). A [`session`] takes the [frames](frame) of a
//! [`video`] to the packets of an `.aivc` stream with it, or back; neither keeps more than a frame,
//! so memory does not grow with the length of the video. A stream that was made on one machine
//! decodes on every other one.
//!
//! ```
//! use std::ops::ControlFlow::Continue;
//!
//! use aivc_core::model::Model;
//! use aivc_core::session::{ContainerReader, EncoderConfig, decode_video, encode_video, properties_of_stream};
//! use aivc_core::video::{VideoWriter, Y4mReader, Y4mWriter};
//!
//! let y4m = b"YUV4MPEG2 W2 H2 F25:1 C420\nFRAME\n\x10\x40\x80\xc0\x80\x80";
//! let mut video = Y4mReader::new(&y4m[..], "memory")?;
//! let model = Model::default_model()?;
//! let mut stream = Vec::new();
//! encode_video(&mut video, &mut stream, &model, EncoderConfig::default(), None, &mut |_| Continue(()))?;
//!
//! let mut container = ContainerReader::new(&stream[..])?;
//! let properties = properties_of_stream(container.header())?;
//! let mut decoded = Vec::new();
//! let mut writer = Box::new(Y4mWriter::new(&mut decoded, "memory", &properties)?);
//! decode_video(&mut container, &model, &mut |frame| Ok(writer.write_frame(frame)?), &mut |_| Continue(()))?;
//! writer.finish()?;
//! assert!(decoded.starts_with(b"YUV4MPEG2 W2 H2 F25:1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | from → to |
//! |---|---|
//! | [`video`] | files, images, pipes ↔ frames |
//! | [`frame`] | planes of samples and what they mean |
//! | [`color`] | 4:2:0 ↔ RGB, by matrix and range |
//! | [`model`] | weights → a codec of single frames, on a backend chosen at run time |
//! | [`session`] | frames ↔ packets ↔ container; damage, progress, cancelling |
//! | [`metrics`] | frames → PSNR, SSIM, MS-SSIM; curves → BD-rate |
//! | [`evaluation`] | an original and a stream → rate, quality and speed |
//! | [`training`] | a recipe and pictures → weights |
//!
//! Streams and networks are defined in other crates: the container and the entropy coder in `aivc-entropy`,
//! layers, codec families and weights files in `aivc-models`.

#![forbid(unsafe_code)]

pub mod color;
pub mod evaluation;
pub mod frame;
pub mod metrics;
pub mod model;
pub mod session;
pub mod training;
pub mod video;
