use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use aivc_core::color::{from_interleaved_rgb8, to_interleaved_rgb8};
use aivc_core::evaluation::{Evaluation, EvaluationOptions, evaluate_stream};
use aivc_core::frame::Frame;
use aivc_core::model::{BUILTIN_MODELS, Model};
use aivc_core::session::{ContainerReader, EncoderConfig, decode_video, encode_video};
use aivc_core::video::{
    OutputFile, VideoProperties, VideoReader, VideoWriter, WriterOptions, create_writer,
};
use clap::Args;

use super::encode::describe_progress;
use crate::arguments::ComputeArguments;
use crate::console::Console;
use crate::demo_clip::DemoClip;
use crate::failure::{Failure, Outcome};
use crate::interrupt;
use crate::report::evaluation_table;

/// Columns of white between the two pictures.
const GAP: usize = 8;

/// Encode, decode and evaluate a short real clip that is part of this program
///
/// The output folder gets original.y4m, demo.aivc, decoded.y4m, and comparison.png: the middle
/// frame, original on the left, decoded on the right. Needs no network, no ffmpeg and no GPU.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder for the files; it is created if it is not there
    #[arg(short, long, value_name = "FOLDER", default_value = "./aivc-demo")]
    output: PathBuf,
    #[command(flatten)]
    compute: ComputeArguments,
}

pub fn run(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    arguments.compute.apply()?;
    let folder = &arguments.output;
    let model = Model::builtin(&BUILTIN_MODELS[0], arguments.compute.backend)?;
    fs::create_dir_all(folder).map_err(Failure::at(folder))?;
    let stream = folder.join("demo.aivc");

    let original = write_original(&folder.join("original.y4m"))?;
    encode(&stream, &model, console)?;
    let decoded = decode(&stream, &folder.join("decoded.y4m"), &model, console)?;
    write_comparison(&folder.join("comparison.png"), &original, &decoded)?;
    let evaluation = evaluate(&stream, &model, console)?;

    console.result(evaluation_table(
        "a walkway, encoded and decoded",
        &evaluation,
    ))?;
    let mut table = crate::report::Table::titled(format!("files in {}", folder.display()));
    for (name, what) in [
        ("comparison.png", "the middle frame, original | decoded"),
        ("demo.aivc", "the stream"),
        ("decoded.y4m", "what it decodes to"),
        ("original.y4m", "what it was encoded from"),
    ] {
        table.row(name, what);
    }
    console.result(table.into_text())?;
    Ok(Outcome::Done)
}

/// Writes the clip; returns its middle frame.
fn write_original(path: &Path) -> Result<Frame, Failure> {
    let mut clip = DemoClip::open()?;
    let properties = *clip.properties();
    let mut writer = create_writer(path, &properties, &WriterOptions::default())?;
    let mut middle = Middle::of(&properties);
    while let Some(frame) = clip.next_frame()? {
        writer.write_frame(&frame)?;
        middle.see(&frame);
        interrupt::fail_if_requested()?;
    }
    writer.finish()?;
    middle.found()
}

fn encode(path: &Path, model: &Model, console: &Console) -> Result<(), Failure> {
    let mut clip = DemoClip::open()?;
    let bar = console.bar("encoding", "frames", clip.properties().frame_count);
    let mut file = OutputFile::create(path)?;
    let config = EncoderConfig::default();
    let result = encode_video(&mut clip, &mut file, model, config, None, &mut |progress| {
        bar.set_position(progress.frames);
        bar.set_message(describe_progress(progress));
        interrupt::check()
    });
    bar.finish_and_clear();
    result?;
    Ok(file.finish()?)
}

/// Decodes the stream; returns its middle frame.
fn decode(stream: &Path, path: &Path, model: &Model, console: &Console) -> Result<Frame, Failure> {
    let mut container = open(stream)?;
    let properties = *DemoClip::open()?.properties();
    let mut writer: Box<dyn VideoWriter> =
        create_writer(path, &properties, &WriterOptions::default())?;
    let mut middle = Middle::of(&properties);
    let bar = console.bar("decoding", "frames", properties.frame_count);
    let result = decode_video(
        &mut container,
        model,
        &mut |frame| {
            middle.see(frame);
            Ok(writer.write_frame(frame)?)
        },
        &mut |progress| {
            bar.set_position(progress.frames);
            bar.set_message(describe_progress(progress));
            interrupt::check()
        },
    );
    bar.finish_and_clear();
    result?;
    writer.finish()?;
    middle.found()
}

fn evaluate(stream: &Path, model: &Model, console: &Console) -> Result<Evaluation, Failure> {
    let mut clip = DemoClip::open()?;
    let bytes = fs::metadata(stream).map_err(Failure::at(stream))?.len();
    let bar = console.bar("evaluating", "frames", clip.properties().frame_count);
    let options = EvaluationOptions::default();
    let result = evaluate_stream(
        &mut clip,
        &mut open(stream)?,
        bytes,
        model,
        &options,
        &mut |frames| {
            bar.set_position(frames);
            interrupt::check()
        },
    );
    bar.finish_and_clear();
    Ok(result?)
}

fn open(stream: &Path) -> Result<ContainerReader<BufReader<File>>, Failure> {
    let file = File::open(stream).map_err(Failure::at(stream))?;
    Ok(ContainerReader::new(BufReader::new(file))?)
}

/// Remembers the frame in the middle.
struct Middle {
    number: i64,
    frame: Option<Frame>,
}

impl Middle {
    fn of(properties: &VideoProperties) -> Self {
        Self {
            number: properties.frame_count.unwrap_or(0) as i64 / 2,
            frame: None,
        }
    }

    fn see(&mut self, frame: &Frame) {
        if frame.pts() == self.number {
            self.frame = Some(frame.clone());
        }
    }

    fn found(self) -> Result<Frame, Failure> {
        self.frame.ok_or_else(|| {
            Failure::error("the demo clip ended before its middle; this build is damaged")
        })
    }
}

fn write_comparison(path: &Path, original: &Frame, decoded: &Frame) -> Result<(), Failure> {
    let (width, height) = (original.width(), original.height());
    let (left, right) = (
        to_interleaved_rgb8(original)?,
        to_interleaved_rgb8(decoded)?,
    );
    let mut pixels = Vec::new();
    for (left, right) in left
        .chunks_exact(3 * width)
        .zip(right.chunks_exact(3 * width))
    {
        pixels.extend_from_slice(left);
        pixels.extend_from_slice(&[255; 3 * GAP]);
        pixels.extend_from_slice(right);
    }
    let picture = from_interleaved_rgb8(2 * width + GAP, height, &pixels)?;
    let properties = VideoProperties::new(picture.format(), aivc_core::video::Rational::whole(1));
    let mut writer = create_writer(path, &properties, &WriterOptions::default())?;
    writer.write_frame(&picture)?;
    Ok(writer.finish()?)
}
