//! Arguments that several commands have.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use aivc_core::frame::{BitDepth, FrameFormat, PixelFormat};
use aivc_core::model::{Backend, FrameRefinement, Refiner, ShownSize};
use aivc_core::video::{Rational, ReaderOptions, VideoProperties, VideoReader, open_reader};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::failure::Failure;

/// Where the networks are computed.
#[derive(Debug, Args)]
pub struct ComputeArguments {
    /// What computes the networks. Streams can be decoded on any of them
    #[arg(long, value_parser = backend_parser(), default_value_t)]
    pub backend: Backend,
    /// CPU threads; all cores by default. Streams and frames do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// Parses the names of backends.
pub fn backend_parser() -> impl TypedValueParser<Value = Backend> {
    PossibleValuesParser::new(Backend::ALL.map(Backend::name))
        .try_map(|name| Backend::from_str(&name))
}

impl ComputeArguments {
    /// Sets the number of threads for the whole program.
    pub fn apply(&self) -> Result<(), Failure> {
        let Some(threads) = self.threads else {
            return Ok(());
        };
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.into())
            .build_global()
            .map_err(|error| Failure::error(format!("cannot start {threads} threads: {error}")))
    }
}

/// What is done to decoded frames before they are shown.
#[derive(Debug, Args)]
pub struct RefinementArguments {
    /// Improve the frames by a network: the built-in one, another one of `aivc models`, or a weights
    /// file. They look better, and are further from what was coded
    #[arg(long, value_name = "NAME|FILE", num_args = 0..=1, require_equals = true)]
    refine: Option<Option<String>>,
    /// Show the frames at twice their size, by a network: the built-in one, that of --refine, or
    /// `plain` there for bicubic interpolation. A stream of `aivc encode --scale 1/2` gets its full
    /// size back
    #[arg(long, value_name = "2", value_parser = clap::value_parser!(u8).range(2..=2))]
    upscale: Option<u8>,
}

impl RefinementArguments {
    /// Whether frames are shown as they are decoded.
    pub fn is_none(&self) -> bool {
        self.refine.is_none() && self.upscale.is_none()
    }

    /// The refinement that is asked for.
    pub fn find(&self, backend: Backend) -> Result<Option<Arc<dyn FrameRefinement>>, Failure> {
        if self.is_none() {
            return Ok(None);
        }
        let size = match self.upscale {
            Some(_) => ShownSize::Twice,
            None => ShownSize::AsDecoded,
        };
        let refiner = match self.refine.iter().flatten().next() {
            Some(name) => {
                Refiner::for_size(size, name, backend).map_err(Failure::at(Path::new(name)))?
            }
            None => Refiner::builtin(size, backend)?,
        };
        Ok(Some(Arc::new(refiner)))
    }
}

/// What a file does not say of itself.
#[derive(Debug, Args)]
pub struct InputArguments {
    /// Size of raw .yuv video, which needs it
    #[arg(long, value_name = "WIDTHxHEIGHT")]
    size: Option<Size>,
    /// Pixel format of raw .yuv video [default: yuv420p]
    #[arg(long)]
    pixel_format: Option<RawPixelFormat>,
    /// Frames a second of raw .yuv video and of pictures, as 25 or 30000/1001 [default: 25]
    #[arg(long, value_name = "N[/D]")]
    fps: Option<Rational>,
}

#[derive(Debug, Clone, Copy)]
struct Size {
    width: usize,
    height: usize,
}

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected WIDTHxHEIGHT, such as 1280x720";
        let (width, height) = text.split_once('x').ok_or(EXPECTED)?;
        match (width.parse(), height.parse()) {
            (Ok(width), Ok(height)) => Ok(Self { width, height }),
            _ => Err(EXPECTED),
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "lower")]
enum RawPixelFormat {
    /// 8 bit, a byte a sample
    Yuv420p,
    /// 10 bit, two bytes a sample, little endian
    Yuv420p10,
}

impl InputArguments {
    /// Opens a video.
    pub fn open(&self, path: &Path) -> Result<Box<dyn VideoReader>, Failure> {
        let raw = is_raw(path);
        let name = path.display();
        if !raw && (self.size.is_some() || self.pixel_format.is_some()) {
            return Err(Failure::usage(format!(
                "--size and --pixel-format describe raw .yuv video; {name} is none, leave them out"
            )));
        }
        let mut options = ReaderOptions::default();
        if let Some(rate) = self.fps {
            options.image_frame_rate = rate;
        }
        if raw {
            options.raw = Some(self.raw_properties(path)?);
        }
        let reader = open_reader(path, &options).map_err(Failure::at(path))?;
        let actual = reader.properties().frame_rate;
        if self.fps.is_some_and(|rate| rate != actual) {
            return Err(Failure::usage(format!(
                "--fps is for raw .yuv video and pictures; {name} says itself that it has {actual}, leave it out"
            )));
        }
        Ok(reader)
    }

    fn raw_properties(&self, path: &Path) -> Result<VideoProperties, Failure> {
        let Some(Size { width, height }) = self.size else {
            return Err(Failure::usage(format!(
                "{}: raw video does not say what it holds; give --size WIDTHxHEIGHT, and --pixel-format and \
                 --fps unless they are yuv420p and 25",
                path.display()
            )));
        };
        let depth = match self.pixel_format {
            None | Some(RawPixelFormat::Yuv420p) => BitDepth::Eight,
            Some(RawPixelFormat::Yuv420p10) => BitDepth::Ten,
        };
        let format = FrameFormat::new(width, height, PixelFormat::Yuv420, depth)
            .map_err(|error| Failure::usage(format!("--size: {error}")))?;
        Ok(VideoProperties::new(
            format,
            self.fps.unwrap_or(Rational::whole(25)),
        ))
    }
}

fn is_raw(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("yuv"))
}

/// Whether a path stands for standard input or output.
pub fn is_dash(path: &Path) -> bool {
    path.as_os_str() == OsStr::new("-")
}

/// Refuses an output that is the input, which would be gone when it is written.
pub fn refuse_overwriting(input: &Path, output: &Path) -> Result<(), Failure> {
    let real = |path: &Path| -> Option<PathBuf> { fs::canonicalize(path).ok() };
    match (real(input), real(output)) {
        (Some(input), Some(real_output)) if input == real_output && input.is_file() => {
            Err(Failure::usage(format!(
                "{} is the input; choose another name with -o",
                output.display()
            )))
        }
        _ => Ok(()),
    }
}
