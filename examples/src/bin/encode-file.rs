//! Encodes a video file into an `.aivc` stream.
//!
//! ```sh
//! cargo run --release -p aivc-examples --bin encode-file -- [INPUT [OUTPUT.aivc [QUALITY]]]
//! ```
//!
//! INPUT is a `.y4m`, a picture, a folder of pictures, a pattern such as `frame_%04d.png`, or
//! whatever `ffmpeg` reads; without it, the demo clip of this repository. QUALITY is 0 (smallest) to
//! 63 (best), 32 without it.

#![allow(clippy::print_stdout, reason = "its report")]

use std::error::Error;
use std::ops::ControlFlow;
use std::path::PathBuf;

use aivc_core::metrics::bits_per_pixel;
use aivc_core::model::Model;
use aivc_core::session::{EncoderConfig, Quality, encode_video};
use aivc_core::video::{OutputFile, ReaderOptions, VideoReader, open_reader};
use aivc_examples::{DemoClip, output_folder};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut video: Box<dyn VideoReader> = match arguments.next() {
        Some(input) => open_reader(input, &ReaderOptions::default())?,
        None => Box::new(DemoClip::open()?),
    };
    let output = match arguments.next() {
        Some(output) => PathBuf::from(output),
        None => output_folder()?.join("encoded.aivc"),
    };
    let mut config = EncoderConfig::for_files();
    if let Some(level) = arguments.next() {
        config.quality = Quality::new(level.parse()?)?;
    }

    // The weights are part of the library; `Model::find` loads those of a file.
    let model = Model::default_model()?;
    // The file appears under its name when it is complete, and not at all if something fails.
    let mut file = OutputFile::create(&output)?;
    let pixels = video.properties().format.pixels();
    let summary = encode_video(
        &mut *video,
        &mut file,
        &model,
        config,
        // All frames of the video.
        None,
        // Asked after every frame: the place for a progress bar, and for `Break` to cancel.
        &mut |_progress| ControlFlow::Continue(()),
    )?;
    file.finish()?;

    println!(
        "{}: {} frames, {} bytes, {:.3} bits/pixel, {:.1} frames/s",
        output.display(),
        summary.frames,
        summary.bytes,
        bits_per_pixel(summary.bytes, pixels, summary.frames.max(1)),
        summary.frames as f64 / summary.codec_seconds,
    );
    Ok(())
}
