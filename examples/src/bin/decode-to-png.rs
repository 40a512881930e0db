//! Decodes an `.aivc` stream to PNG files, a file a frame.
//!
//! ```sh
//! cargo run --release -p aivc-examples --bin decode-to-png -- [STREAM.aivc [FOLDER [WEIGHTS]]]
//! ```
//!
//! Without a stream, it makes one of the first frames of the demo clip. WEIGHTS is the file of a
//! model that is not built in.

#![allow(clippy::print_stdout, reason = "its report")]

use std::error::Error;
use std::ops::ControlFlow::Continue;
use std::path::PathBuf;

use aivc_core::model::{Backend, Model};
use aivc_core::session::{
    ContainerReader, EncoderConfig, decode_video, encode_video, properties_of_stream,
};
use aivc_core::video::{WriterOptions, create_writer};
use aivc_examples::{DemoClip, output_folder};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let stream = match arguments.next() {
        Some(path) => std::fs::read(path)?,
        None => demo_stream()?,
    };
    let folder = match arguments.next() {
        Some(folder) => PathBuf::from(folder),
        None => output_folder()?.join("frames"),
    };
    std::fs::create_dir_all(&folder)?;

    // Any `Read` will do. The header says what the frames are like, and which weights coded them.
    let mut container = ContainerReader::new(&stream[..])?;
    let properties = properties_of_stream(container.header())?;
    let model = match arguments.next() {
        Some(weights) => Model::find(&weights, Backend::default())?,
        None => Model::for_stream(container.header(), Backend::default())?,
    };

    let pattern = folder.join("frame_%04d.png");
    let mut pictures = create_writer(&pattern, &properties, &WriterOptions::default())?;
    let summary = decode_video(
        &mut container,
        &model,
        &mut |frame| Ok(pictures.write_frame(frame)?),
        &mut |_progress| Continue(()),
    )?;
    pictures.finish()?;

    let (frames, format) = (summary.frames, properties.format);
    println!("{}: {frames} frames of {format}", pattern.display());
    // Damage ends nothing: the frame before stands for what was lost, and the summary says what.
    for lost in &summary.lost {
        println!("lost: {}", lost.error);
    }
    Ok(())
}

fn demo_stream() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut stream = Vec::new();
    encode_video(
        &mut DemoClip::open()?,
        &mut stream,
        &Model::default_model()?,
        EncoderConfig::default(),
        Some(8),
        &mut |_progress| Continue(()),
    )?;
    Ok(stream)
}
