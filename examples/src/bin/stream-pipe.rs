//! Codes video on its way through pipes, a frame at a time and without seeking, with the state
//! machines below `encode_video` and `decode_video`.
//!
//! ```sh
//! cargo run --release -p aivc-examples --bin stream-pipe        # both ends, on the demo clip
//! stream-pipe encode < in.y4m | stream-pipe decode > out.y4m    # the ends as two programs
//! ```

#![allow(clippy::print_stdout, reason = "its report")]

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};

use aivc_core::model::{Backend, Model};
use aivc_core::session::{
    ContainerReader, ContainerWriter, Decoder, DecoderOutput, Encoder, EncoderConfig, EncoderOutput,
};
use aivc_core::video::{VideoReader, VideoWriter, Y4mReader, Y4mWriter};
use aivc_examples::{DemoClip, output_folder};

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

fn main() -> Outcome {
    match std::env::args().nth(1).as_deref() {
        Some("encode") => encode(&mut Y4mReader::new(io::stdin(), "-")?, &io::stdout()),
        Some("decode") => decode(io::stdin(), io::stdout()),
        Some(other) => Err(format!("`{other}` is neither encode nor decode").into()),
        None => {
            let (receiver, sender) = io::pipe()?;
            let encoder = std::thread::spawn(move || encode(&mut DemoClip::open()?, &sender));
            let path = output_folder()?.join("streamed.y4m");
            decode(receiver, File::create(&path)?)?;
            println!("through a pipe into {}", path.display());
            encoder.join().expect("the encoder does not panic")
        }
    }
}

/// The container writes to a `&W`, as pipes and standard output allow; `sink` is left for flushing.
fn encode<W>(video: &mut dyn VideoReader, mut sink: &W) -> Outcome
where
    for<'a> &'a W: Write,
{
    let model = Model::default_model()?;
    let mut encoder = Encoder::new(&model, video.properties(), EncoderConfig::default())?;
    let mut container = ContainerWriter::new(sink, encoder.header())?;
    loop {
        match encoder.receive_packet() {
            EncoderOutput::Packet(packet) => {
                container.write_packet(&packet)?;
                sink.flush()?; // The other end waits for this frame.
            }
            EncoderOutput::NeedFrame => match video.next_frame()? {
                Some(frame) => encoder.send_frame(&frame)?,
                None => encoder.finish()?,
            },
            // Ends with an index for seeking; a stream that breaks off without it decodes too.
            EncoderOutput::Finished => return Ok(container.finish().map(drop)?),
        }
    }
}

fn decode(source: impl Read, sink: impl Write + Send) -> Outcome {
    let mut container = ContainerReader::new(source)?;
    let model = Model::for_stream(container.header(), Backend::default())?;
    let mut decoder = Decoder::new(&model, container.header())?;
    let mut video = Box::new(Y4mWriter::new(sink, "-", decoder.properties())?);
    loop {
        match decoder.receive_frame() {
            DecoderOutput::Frame(frame) => video.write_frame(&frame)?,
            DecoderOutput::NeedPacket => match container.next_packet()? {
                Some(packet) => decoder.send_packet(&packet)?,
                None => decoder.finish(),
            },
            DecoderOutput::Finished => return Ok(video.finish()?),
        }
    }
}
