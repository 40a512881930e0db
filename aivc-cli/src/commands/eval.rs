use std::fs::{self, File};
use std::io::Read;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use aivc_core::evaluation::{
    Evaluation, EvaluationOptions, PerceptualMetrics, evaluate_stream, evaluate_video,
};
use aivc_core::metrics::Lpips;
use aivc_core::video::{ReaderOptions, VideoReader, open_reader};
use clap::Args;

use super::decode::{model_of, open_stream};
use crate::arguments::{ComputeArguments, InputArguments, RefinementArguments};
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::interrupt;
use crate::report::evaluation_table;

const STREAM_MAGIC: &[u8] = b"AIVC\r\n";

/// Measure rate, quality and speed of a stream or a video against its original
///
/// An .aivc stream is decoded in process; a complete one that holds only the first frames (encoded
/// with --frames) is compared with these. The encoder is timed on the first frames of the
/// reference, at the stream's quality.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The original: a video, a picture, a folder of pictures, a pattern, or - for y4m on standard
    /// input
    reference: PathBuf,
    /// An .aivc stream, or any video of the same size (raw .yuv in the reference's format)
    distorted: PathBuf,
    /// Print JSON, with the figures of every frame
    #[arg(long)]
    json: bool,
    /// Compare only so many frames from the start
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,
    /// Frames to time the encoder on; 0 leaves that out
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(0..=100))]
    timed_encodings: u8,
    /// SSIMULACRA 2 and LPIPS are of the first frame and every Nth one after it; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 5)]
    perceptual_every: u64,
    /// Measure LPIPS too, with the weights of this safetensors file (see docs/bench.md)
    #[arg(long, value_name = "WEIGHTS")]
    lpips: Option<PathBuf>,
    /// The weights file that the stream was coded with, if it is not built in
    #[arg(long, value_name = "FILE")]
    model: Option<String>,
    #[command(flatten)]
    refinement: RefinementArguments,
    #[command(flatten)]
    input_arguments: InputArguments,
    #[command(flatten)]
    compute: ComputeArguments,
}

pub fn run(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    let Arguments {
        reference,
        distorted,
        ..
    } = arguments;
    arguments.compute.apply()?;
    let is_stream = is_stream(distorted)?;
    let mut reader = arguments.input_arguments.open(reference)?;
    let evaluation = if is_stream {
        against_stream(arguments, &mut *reader, console)
    } else {
        against_video(arguments, &mut *reader, console)
    }?;
    interrupt::fail_if_requested()?;
    if arguments.json {
        let json = serde_json::to_string_pretty(&evaluation).expect("reports are plain data");
        console.result(json)?;
    } else {
        let title = format!("{} against {}", distorted.display(), reference.display());
        console.result(evaluation_table(&title, &evaluation))?;
    }
    Ok(Outcome::Done)
}

/// Whether a file begins as streams do, or has their name.
pub fn is_stream(path: &Path) -> Result<bool, Failure> {
    if path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("aivc"))
    {
        return Ok(true);
    }
    if !path.is_file() {
        return Ok(false);
    }
    let mut start = Vec::new();
    let file = File::open(path).map_err(Failure::at(path))?;
    file.take(STREAM_MAGIC.len() as u64)
        .read_to_end(&mut start)
        .map_err(Failure::at(path))?;
    Ok(start == STREAM_MAGIC)
}

impl Arguments {
    fn options(&self) -> Result<EvaluationOptions, Failure> {
        let every = NonZeroU64::new(self.perceptual_every);
        let lpips = self.lpips.as_ref().filter(|_| every.is_some());
        let lpips = lpips
            .map(|path| Lpips::load(path, self.compute.backend))
            .transpose()?;
        Ok(EvaluationOptions {
            frame_limit: self.frames,
            per_frame: self.json,
            timed_encodings: self.timed_encodings.into(),
            perceptual: PerceptualMetrics {
                every: every.unwrap_or(NonZeroU64::MIN),
                ssimulacra2: every.is_some(),
                lpips,
            },
            refinement: self.refinement.find(self.compute.backend)?,
        })
    }
}

fn against_stream(
    arguments: &Arguments,
    reference: &mut dyn VideoReader,
    console: &Console,
) -> Result<Evaluation, Failure> {
    let options = arguments.options()?;
    let path = &arguments.distorted;
    let mut container = open_stream(path)?;
    let bytes = fs::metadata(path).map_err(Failure::at(path))?.len();
    let model = model_of(
        container.header(),
        arguments.model.as_deref(),
        &arguments.compute,
    )
    .map_err(|failure| failure.about(path))?;
    let bar = console.bar("evaluating", "frames", expected(arguments, reference));
    let result = evaluate_stream(
        reference,
        &mut container,
        bytes,
        &model,
        &options,
        &mut |frames| {
            bar.set_position(frames);
            interrupt::check()
        },
    );
    bar.finish_and_clear();
    result.map_err(Failure::at(path))
}

fn against_video(
    arguments: &Arguments,
    reference: &mut dyn VideoReader,
    console: &Console,
) -> Result<Evaluation, Failure> {
    let path = &arguments.distorted;
    if !arguments.refinement.is_none() {
        return Err(Failure::usage(format!(
            "--refine and --upscale are for .aivc streams; {} is none, leave them out",
            path.display()
        )));
    }
    let options = arguments.options()?;
    let reader_options = ReaderOptions {
        raw: Some(*reference.properties()),
        ..ReaderOptions::default()
    };
    let mut distorted = open_reader(path, &reader_options).map_err(Failure::at(path))?;
    let bytes = bytes_of(path)?;
    let bar = console.bar("evaluating", "frames", expected(arguments, reference));
    let result = evaluate_video(reference, &mut *distorted, bytes, &options, &mut |frames| {
        bar.set_position(frames);
        interrupt::check()
    });
    bar.finish_and_clear();
    result.map_err(Failure::at(path))
}

fn expected(arguments: &Arguments, reference: &dyn VideoReader) -> Option<u64> {
    let count = reference.properties().frame_count;
    count
        .map(|count| count.min(arguments.frames.unwrap_or(u64::MAX)))
        .or(arguments.frames)
}

/// Bytes of a file, or of the files of a folder.
fn bytes_of(path: &Path) -> Result<u64, Failure> {
    if !path.is_dir() {
        return Ok(fs::metadata(path).map_or(0, |metadata| metadata.len()));
    }
    let mut bytes = 0;
    for entry in fs::read_dir(path).map_err(Failure::at(path))? {
        bytes += entry
            .and_then(|entry| entry.metadata())
            .map_err(Failure::at(path))?
            .len();
    }
    Ok(bytes)
}
