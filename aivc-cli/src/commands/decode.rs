use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use aivc_core::frame::Frame;
use aivc_core::model::Model;
use aivc_core::session::{
    ContainerReader, DamageResponse, DecodeSummary, Decoder, IndexStatus, SessionError,
    StreamHeader, decode_video_by,
};
use aivc_core::video::{
    NullWriter, VideoError, VideoProperties, VideoWriter, WriterOptions, create_writer,
};
use clap::Args;

use super::encode::{describe_progress, find_model};
use crate::arguments::{ComputeArguments, RefinementArguments, is_dash, refuse_overwriting};
use crate::console::Console;
use crate::failure::{Failure, Outcome, stdout_error};
use crate::interrupt;

/// Decode an .aivc stream into a video or pictures
///
/// Lost frames of a damaged stream are replaced by repeating the one before; the exit code is then
/// 3, and every damaged packet is named on standard error.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The stream, or - for standard input
    input: PathBuf,
    /// The video: .y4m, .yuv, .png (one picture), a pattern such as frame_%04d.png, or, by an ffmpeg
    /// program, .mkv, .mp4, .mov, .webm (all without loss), or - for y4m on standard output
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Print the MD5 of every frame to standard output, as `frame_number md5`
    #[arg(long)]
    md5: bool,
    /// The weights file that the stream was coded with, if it is not built in
    #[arg(long, value_name = "FILE")]
    model: Option<String>,
    #[command(flatten)]
    refinement: RefinementArguments,
    /// Stop at the first damaged packet, with exit code 1 and without a video
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    compute: ComputeArguments,
}

pub fn run(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    let input = &arguments.input;
    if arguments.output.is_none() && !arguments.md5 {
        return Err(Failure::usage(
            "nothing to do; name the video to write with -o, or ask for --md5",
        ));
    }
    if let Some(output) = &arguments.output {
        refuse_overwriting(input, output)?;
        if arguments.md5 && is_dash(output) {
            return Err(Failure::usage(
                "--md5 and the video cannot both go to standard output; name a file with -o",
            ));
        }
    }
    if arguments.md5 && !arguments.refinement.is_none() {
        return Err(Failure::usage(
            "--md5 is of what the stream decodes to, not of what --refine and --upscale make of it, \
             which may differ between devices; leave one of them out",
        ));
    }
    arguments.compute.apply()?;
    let expected = count_packets(input);
    let mut container = open_stream(input)?;
    let model = model_of(
        container.header(),
        arguments.model.as_deref(),
        &arguments.compute,
    )
    .map_err(|failure| failure.about(input))?;
    let mut decoder = Decoder::new(&model, container.header()).map_err(Failure::at(input))?;
    if let Some(refinement) = arguments.refinement.find(arguments.compute.backend)? {
        decoder = decoder
            .with_refinement(refinement)
            .map_err(Failure::at(input))?;
    }
    let properties = *decoder.properties();
    let header = container.header().clone();
    let mut sink = Sink::create(arguments, &properties)?;

    let bar = (!arguments.md5 || arguments.output.is_some())
        .then(|| console.bar("decoding", "frames", expected));
    let damage = if arguments.strict {
        DamageResponse::Stop
    } else {
        DamageResponse::Repeat
    };
    let result = decode_video_by(
        &mut container,
        decoder,
        damage,
        &mut |frame| sink.take(frame),
        &mut |progress| {
            if let Some(bar) = &bar {
                bar.set_position(progress.frames);
                bar.set_message(describe_progress(progress));
            }
            interrupt::check()
        },
    );
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let summary = result.map_err(Failure::at(input))?;
    interrupt::fail_if_requested()?;
    if arguments.strict
        && let Some(what) = describe_index(summary.index)
    {
        return Err(Failure::error(format!(
            "{}: {what}; decode it without --strict",
            input.display()
        )));
    }
    sink.finish()?;
    if let Some(hint) = half_size_hint(&header, &properties) {
        console.note(hint);
    }
    Ok(report(arguments, &summary, &properties, console))
}

/// Opens a stream and reads its header.
pub fn open_stream(path: &Path) -> Result<ContainerReader<Box<dyn Read>>, Failure> {
    let source: Box<dyn Read> = if is_dash(path) {
        Box::new(io::stdin())
    } else {
        Box::new(BufReader::with_capacity(
            1 << 16,
            File::open(path).map_err(Failure::at(path))?,
        ))
    };
    ContainerReader::new(source).map_err(Failure::at(path))
}

/// Packets that the index of a file lists, if it has one.
pub fn count_packets(path: &Path) -> Option<u64> {
    let mut container = ContainerReader::new(BufReader::new(File::open(path).ok()?)).ok()?;
    Some(container.read_index().ok()?.entries().len() as u64)
}

/// How to see the frames of a stream that was coded at half of its size at that size.
fn half_size_hint(header: &StreamHeader, shown: &VideoProperties) -> Option<String> {
    let (width, height) = (header.display_width, header.display_height);
    let smaller = shown.format.width() < width as usize || shown.format.height() < height as usize;
    smaller.then(|| format!("coded at half of {width}x{height}; --upscale 2 shows it at that size"))
}

/// The model of `--model`, or else the built-in one that the stream names.
pub fn model_of(
    header: &StreamHeader,
    name: Option<&str>,
    compute: &ComputeArguments,
) -> Result<Model, Failure> {
    match name {
        Some(name) => find_model(name, compute),
        None => Ok(Model::for_stream(header, compute.backend)?),
    }
}

/// What became of the index, if that is worth a word.
pub fn describe_index(status: IndexStatus) -> Option<&'static str> {
    match status {
        IndexStatus::Missing => {
            Some("the stream ends without an index, so it was cut off or is still being written")
        }
        IndexStatus::Damaged => {
            Some("the stream's index is damaged, or bytes before it were lost or added")
        }
        IndexStatus::NotReached | IndexStatus::Complete => None,
    }
}

/// Where frames go.
struct Sink {
    writer: Box<dyn VideoWriter>,
    hashes: Option<BufWriter<io::StdoutLock<'static>>>,
    frames: u64,
}

impl Sink {
    fn create(arguments: &Arguments, properties: &VideoProperties) -> Result<Self, Failure> {
        let writer = match &arguments.output {
            Some(path) => create_writer(path, properties, &WriterOptions::default())
                .map_err(Failure::at(path))?,
            None => Box::new(NullWriter),
        };
        let hashes = arguments.md5.then(|| BufWriter::new(io::stdout().lock()));
        Ok(Self {
            writer,
            hashes,
            frames: 0,
        })
    }

    fn take(&mut self, frame: &Frame) -> Result<(), SessionError> {
        if let Some(hashes) = &mut self.hashes {
            writeln!(hashes, "{} {}", self.frames, frame.md5_hex()).map_err(stdout_error)?;
        }
        self.frames += 1;
        Ok(self.writer.write_frame(frame)?)
    }

    fn finish(self) -> Result<(), VideoError> {
        if let Some(mut hashes) = self.hashes {
            hashes.flush().map_err(|source| VideoError::Io {
                path: "standard output".into(),
                source,
            })?;
        }
        self.writer.finish()
    }
}

fn report(
    arguments: &Arguments,
    summary: &DecodeSummary,
    properties: &VideoProperties,
    console: &Console,
) -> Outcome {
    let input = arguments.input.display();
    for lost in &summary.lost {
        console.warning(format!("{input}: {}", lost.error));
    }
    let unnamed = summary.damaged - summary.lost.len() as u64;
    if unnamed > 0 {
        console.warning(format!("{input}: {unnamed} more damaged packets"));
    }
    let index = describe_index(summary.index);
    if let Some(what) = index {
        console.warning(format!("{input}: {what}"));
    }
    let target = match &arguments.output {
        Some(path) if is_dash(path) => "standard output".into(),
        Some(path) => path.display().to_string(),
        None => input.to_string(),
    };
    let rate = summary.frames as f64 / summary.codec_seconds.max(1e-9);
    let mut line = format!(
        "{target}: {} frames of {}; the decoder did {rate:.2} frames/s",
        summary.frames, properties.format
    );
    if summary.damaged > 0 {
        line.push_str(&format!(
            "; {} damaged, {} frames repeated in place of lost ones",
            plural(summary.damaged, "packet"),
            summary.repeated
        ));
    }
    console.note(line);
    if summary.damaged == 0 && index.is_none() {
        Outcome::Done
    } else {
        Outcome::Damaged
    }
}

fn plural(count: u64, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}
