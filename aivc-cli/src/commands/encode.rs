use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use aivc_core::metrics::{bits_per_pixel, bits_per_second};
use aivc_core::model::{BUILTIN_MODELS, Model};
use aivc_core::session::{
    CodedSize, EFFORT_LEVELS, Effort, EncodeSummary, EncoderConfig, Progress, Quality, RateTarget,
    SessionError, encode_video,
};
use aivc_core::video::{OutputFile, VideoProperties, VideoReader};
use clap::{Args, ValueEnum};

use crate::arguments::{ComputeArguments, InputArguments, is_dash, refuse_overwriting};
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::interrupt;

/// Encode a video or pictures into an .aivc stream
#[derive(Debug, Args)]
pub struct Arguments {
    /// A video, a picture, a folder of pictures, a pattern such as frame_%04d.png, or - for y4m on
    /// standard input
    input: PathBuf,
    /// The stream, NAME.aivc, or - for standard output
    #[arg(short, long, value_name = "OUT.aivc")]
    output: PathBuf,
    /// A built-in model (see `aivc models`) or a weights file
    #[arg(long, value_name = "NAME|FILE", default_value = BUILTIN_MODELS[0].name)]
    model: String,
    /// From 0 (smallest) to 63 (best); keyframes that others are predicted from are up to 16 levels better
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u8).range(0..=63))]
    quality: u8,
    /// From 0 (fastest) to 9: how long to search for latents that take fewer bits; decoders do not notice.
    /// Models of the family hyperprior search; others code as with 0
    #[arg(long, value_name = "0..9", default_value_t = 0,
        value_parser = clap::value_parser!(u8).range(0..i64::from(EFFORT_LEVELS)))]
    effort: u8,
    /// Reach so many bits a second instead, in one pass: 800k, 2.5M
    #[arg(long, value_name = "RATE", value_parser = parse_bitrate, conflicts_with = "psnr")]
    bitrate: Option<f64>,
    /// Reach this mean PSNR instead, in dB, planes weighted 6:1:1
    #[arg(long, value_name = "DB")]
    psnr: Option<f64>,
    /// Most frames from one keyframe to the next
    #[arg(long, value_name = "N", default_value_t = EncoderConfig::default().keyframe_interval,
        value_parser = clap::value_parser!(u32).range(1..))]
    keyframe_interval: u32,
    /// Spend bits where so many frames to come profit, with models that predict; 0 needs the least memory
    #[arg(long, value_name = "N", default_value_t = EncoderConfig::for_files().lookahead)]
    lookahead: u32,
    /// Code the frames at this part of their width and height, for `aivc decode --upscale 2`
    #[arg(long, value_name = "1|1/2", default_value = "1")]
    scale: Scale,
    /// Make no keyframes where scenes change
    #[arg(long)]
    no_scene_cuts: bool,
    /// Encode only so many frames from the start
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,
    #[command(flatten)]
    input_arguments: InputArguments,
    #[command(flatten)]
    compute: ComputeArguments,
}

/// The size that frames are coded at.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scale {
    /// Their own
    #[value(name = "1")]
    Full,
    /// Half of it
    #[value(name = "1/2")]
    Half,
}

impl From<Scale> for CodedSize {
    fn from(scale: Scale) -> Self {
        match scale {
            Scale::Full => Self::Full,
            Scale::Half => Self::Half,
        }
    }
}

impl Arguments {
    fn target(&self) -> Option<RateTarget> {
        let bitrate = self.bitrate.map(RateTarget::BitsPerSecond);
        bitrate.or(self.psnr.map(RateTarget::Psnr))
    }
}

/// Bits a second, with `k` or `M` behind the number for thousands or millions.
fn parse_bitrate(text: &str) -> Result<f64, String> {
    let (number, factor) = match text.trim().char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1e3),
        Some((at, 'M')) => (&text[..at], 1e6),
        _ => (text, 1.0),
    };
    match number.trim().parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate * factor),
        _ => Err("a number above 0, such as 800k or 2.5M".to_owned()),
    }
}

pub fn run(arguments: &Arguments, console: &Console) -> Result<Outcome, Failure> {
    let Arguments { input, output, .. } = arguments;
    check_name(output)?;
    refuse_overwriting(input, output)?;
    arguments.compute.apply()?;
    let quality = Quality::new(arguments.quality)?;
    let effort = Effort::new(arguments.effort).map_err(SessionError::from)?;
    let mut reader = arguments.input_arguments.open(input)?;
    let properties = *reader.properties();
    let model = find_model(&arguments.model, &arguments.compute)?;

    let mut job = Job {
        reader: &mut *reader,
        model: &model,
        config: EncoderConfig {
            quality,
            target: arguments.target(),
            effort,
            keyframe_interval: arguments.keyframe_interval,
            scene_cuts: !arguments.no_scene_cuts,
            lookahead: arguments.lookahead,
            coded_size: arguments.scale.into(),
        },
        frames: arguments.frames,
        console,
    };
    let summary = if is_dash(output) {
        let mut sink = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let summary = job.encode(&mut sink, input, output)?;
        sink.flush()?;
        summary
    } else {
        let mut file = OutputFile::create(output)?;
        let summary = job.encode(&mut file, input, output)?;
        interrupt::fail_if_requested()?;
        file.finish()?;
        summary
    };
    if summary.frames == 0 {
        console.warning(format!(
            "{} has no frames; the stream is empty",
            input.display()
        ));
    } else {
        console.note(describe(output, &summary, &properties));
    }
    Ok(Outcome::Done)
}

/// The model of `--model`.
pub fn find_model(name: &str, compute: &ComputeArguments) -> Result<Model, Failure> {
    Model::find(name, compute.backend).map_err(Failure::at(Path::new(name)))
}

struct Job<'a> {
    reader: &'a mut dyn VideoReader,
    model: &'a Model,
    config: EncoderConfig,
    frames: Option<u64>,
    console: &'a Console,
}

impl Job<'_> {
    fn encode(
        &mut self,
        sink: &mut dyn Write,
        input: &Path,
        output: &Path,
    ) -> Result<EncodeSummary, Failure> {
        let count = self.reader.properties().frame_count;
        let expected = count
            .map(|count| count.min(self.frames.unwrap_or(u64::MAX)))
            .or(self.frames);
        let bar = self.console.bar("encoding", "frames", expected);
        let result = encode_video(
            self.reader,
            sink,
            self.model,
            self.config,
            self.frames,
            &mut |progress| {
                bar.set_position(progress.frames);
                bar.set_message(describe_progress(progress));
                interrupt::check()
            },
        );
        bar.finish_and_clear();
        // The reader's errors are of the input, the container's of the output.
        result.map_err(|error| match error {
            SessionError::Container(_) => Failure::from(error).about(output),
            _ => Failure::from(error).about(input),
        })
    }
}

fn check_name(output: &Path) -> Result<(), Failure> {
    let special =
        fs::metadata(output).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
    let named = output
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("aivc"));
    if is_dash(output) || special || named {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{}: an encoded stream is named .aivc; choose such a name with -o, and turn it into video with \
         `aivc decode`",
        output.display()
    )))
}

pub fn describe_progress(progress: &Progress) -> String {
    let rate = progress.frames as f64 / progress.codec_seconds.max(1e-9);
    format!(
        "{rate:.1} frames/s, {:.1} kB",
        progress.bytes as f64 / 1000.0
    )
}

fn describe(output: &Path, summary: &EncodeSummary, properties: &VideoProperties) -> String {
    let EncodeSummary {
        frames,
        bytes,
        codec_seconds,
        ..
    } = *summary;
    let name = if is_dash(output) {
        "standard output".into()
    } else {
        output.display().to_string()
    };
    format!(
        "{name}: {frames} frames of {}, {bytes} bytes, {:.4} bits/pixel, {:.1} kbit/s; the encoder did {:.2} frames/s",
        properties.format,
        bits_per_pixel(bytes, properties.format.pixels(), frames),
        bits_per_second(bytes, frames, properties.frame_rate) / 1000.0,
        frames as f64 / codec_seconds.max(1e-9),
    )
}
