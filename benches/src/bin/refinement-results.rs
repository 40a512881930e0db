//! What refinements change on the development set: PSNR lost or gained, SSIMULACRA 2 and, with an
//! ffmpeg program that has libvmaf, VMAF.
//!
//! ```sh
//! cargo run --release -p aivc-benches --bin refinement-results -- \
//!     ../shared/data/dev [FFMPEG|-] [REFINE UPSCALE]
//! ```
//!
//! Prints the tables of `docs/results.md` in Markdown: photos by `hyperprior-small`, and the first
//! frames of each clip by `hybrid-small`, at the size coded and, coded at half of it, at twice the
//! size by bicubic interpolation and by the network. REFINE and UPSCALE are weights files in place
//! of the built-in ones.
#![allow(clippy::print_stdout, reason = "a report for people")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use aivc_core::frame::{Frame, PixelFormat};
use aivc_core::metrics::{psnr, ssimulacra2};
use aivc_core::model::{Backend, FrameRefinement, Model, PLAIN_REFINEMENT, Refiner, ShownSize};
use aivc_core::session::{
    CodedSize, Decoder, DecoderOutput, Encoder, EncoderConfig, EncoderOutput, Packet, Quality,
    StreamHeader,
};
use aivc_core::video::{ReaderOptions, VideoProperties, VideoWriter, Y4mWriter, open_reader};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const QUALITIES: [u8; 4] = [4, 16, 32, 52];
/// Frames of a clip, and how many of them are between two that SSIMULACRA 2 is measured of.
const FRAMES: usize = 16;
const SSIMULACRA2_STEP: usize = 5;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("usage: refinement-results FOLDER [FFMPEG|-] [REFINE UPSCALE]")?;
    let folder = Path::new(&folder);
    let ffmpeg = arguments.next().filter(|program| program != "-");
    let refine = arguments.next().unwrap_or("refine-small".to_owned());
    let upscale = arguments.next().unwrap_or("upscale-small".to_owned());
    for (title, files, model) in [
        ("Photos", files(&folder.join("photos"))?, "hyperprior-small"),
        ("Clips", files(&folder.join("video"))?, "hybrid-small"),
    ] {
        let model = Model::find(model, Backend::default())?;
        let sources = files.iter().map(|path| Source::read(path));
        let sources = sources.collect::<Result<Vec<_>>>()?;
        let clips = sources[0].frames.len() > 1;
        let vmaf = ffmpeg.as_deref().filter(|_| clips);
        for (what, size, coded, names) in [
            (
                "as decoded and refined",
                ShownSize::AsDecoded,
                CodedSize::Full,
                [PLAIN_REFINEMENT, &refine],
            ),
            (
                "coded at half size, enlarged by bicubic interpolation and by the network",
                ShownSize::Twice,
                CodedSize::Half,
                [PLAIN_REFINEMENT, &upscale],
            ),
        ] {
            println!("\n{title}, `{}`, {what}\n", model.name());
            println!(
                "| quality | bit/pixel | PSNR | change | SSIMULACRA 2 | change | VMAF | change | ms/frame |"
            );
            println!("|---|---|---|---|---|---|---|---|---|");
            for level in QUALITIES {
                let mut rate = 0.0;
                let mut means = [Scores::default(); 2];
                for source in &sources {
                    let stream = source.code(&model, level, coded)?;
                    rate += stream.bits_per_pixel / sources.len() as f64;
                    for (mean, name) in means.iter_mut().zip(names) {
                        let refiner = Refiner::for_size(size, name, Backend::default())?;
                        let scores = source.score(&model, &stream, Arc::new(refiner), vmaf)?;
                        mean.add(scores, 1.0 / sources.len() as f64);
                    }
                }
                print_row(level, rate, means, vmaf.is_some());
            }
        }
    }
    Ok(())
}

fn print_row(level: u8, rate: f64, [plain, refined]: [Scores; 2], with_vmaf: bool) {
    let vmaf = if with_vmaf {
        let (before, after) = (plain.vmaf, refined.vmaf);
        format!("{before:.2} | {:+.2}", after - before)
    } else {
        "– | –".to_owned()
    };
    println!(
        "| {level} | {rate:.4} | {:.2} | {:+.3} | {:.2} | {:+.2} | {vmaf} | {:.0} → {:.0} |",
        plain.psnr,
        refined.psnr - plain.psnr,
        plain.ssimulacra2,
        refined.ssimulacra2 - plain.ssimulacra2,
        plain.milliseconds,
        refined.milliseconds,
    );
}

/// Means over frames.
#[derive(Debug, Clone, Copy, Default)]
struct Scores {
    psnr: f64,
    ssimulacra2: f64,
    vmaf: f64,
    milliseconds: f64,
}

impl Scores {
    fn add(&mut self, other: Self, share: f64) {
        self.psnr += share * other.psnr;
        self.ssimulacra2 += share * other.ssimulacra2;
        self.vmaf += share * other.vmaf;
        self.milliseconds += share * other.milliseconds;
    }
}

struct Source {
    properties: VideoProperties,
    frames: Vec<Frame>,
}

struct Stream {
    header: StreamHeader,
    packets: Vec<Packet>,
    bits_per_pixel: f64,
}

impl Source {
    fn read(path: &Path) -> Result<Self> {
        let mut reader = open_reader(path, &ReaderOptions::default())?;
        let mut frames = Vec::new();
        while frames.len() < FRAMES
            && let Some(frame) = reader.next_frame()?
        {
            frames.push(frame);
        }
        Ok(Self {
            properties: *reader.properties(),
            frames,
        })
    }

    fn code(&self, model: &Model, level: u8, coded_size: CodedSize) -> Result<Stream> {
        let config = EncoderConfig {
            quality: Quality::new(level)?,
            coded_size,
            ..EncoderConfig::default()
        };
        let mut encoder = Encoder::new(model, &self.properties, config)?;
        let mut packets = Vec::new();
        for frame in &self.frames {
            encoder.send_frame(frame)?;
            while let EncoderOutput::Packet(packet) = encoder.receive_packet() {
                packets.push(packet);
            }
        }
        let bytes: usize = packets.iter().map(|packet| packet.payload.len()).sum();
        let pixels = self.properties.format.pixels() * self.frames.len();
        Ok(Stream {
            header: encoder.header().clone(),
            packets,
            bits_per_pixel: 8.0 * bytes as f64 / pixels as f64,
        })
    }

    fn score(
        &self,
        model: &Model,
        stream: &Stream,
        refinement: Arc<dyn FrameRefinement>,
        ffmpeg: Option<&str>,
    ) -> Result<Scores> {
        let mut decoder = Decoder::new(model, &stream.header)?.with_refinement(refinement)?;
        let mut shown = Vec::new();
        let begun = Instant::now();
        for packet in &stream.packets {
            decoder.send_packet(packet)?;
            let DecoderOutput::Frame(frame) = decoder.receive_frame() else {
                return Err("decoders give a frame a packet".into());
            };
            shown.push(frame);
        }
        let seconds = begun.elapsed().as_secs_f64();
        let share = 1.0 / self.frames.len() as f64;
        let mut scores = Scores {
            milliseconds: 1000.0 * seconds * share,
            ..Scores::default()
        };
        let rgb = self.properties.format.pixel_format() == PixelFormat::Rgb;
        for (original, shown) in self.frames.iter().zip(&shown) {
            let psnr = psnr(original, shown)?;
            scores.psnr += share * if rgb { psnr.pooled } else { psnr.average };
        }
        let pairs = self.frames.iter().zip(&shown).step_by(SSIMULACRA2_STEP);
        let measured = pairs
            .map(|(original, shown)| Ok(ssimulacra2(original, shown)?.ok_or("too small")?))
            .collect::<Result<Vec<f64>>>()?;
        scores.ssimulacra2 = measured.iter().sum::<f64>() / measured.len() as f64;
        if let Some(ffmpeg) = ffmpeg {
            scores.vmaf = vmaf(ffmpeg, &self.properties, [&shown, &self.frames])?;
        }
        Ok(scores)
    }
}

/// VMAF of frames and their originals, by files in the folder for temporary ones.
fn vmaf(ffmpeg: &str, properties: &VideoProperties, videos: [&[Frame]; 2]) -> Result<f64> {
    let folder = std::env::temp_dir().join(format!("aivc-vmaf-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let paths = ["shown.y4m", "original.y4m"].map(|name| folder.join(name));
    for (path, frames) in paths.iter().zip(videos) {
        let mut writer = Box::new(Y4mWriter::create(path, properties)?);
        for frame in frames {
            writer.write_frame(frame)?;
        }
        writer.finish()?;
    }
    let output = Command::new(ffmpeg)
        .args(["-hide_banner", "-nostdin", "-i"])
        .arg(&paths[0])
        .arg("-i")
        .arg(&paths[1])
        .args(["-lavfi", "libvmaf=n_threads=1", "-f", "null", "-"])
        .output()?;
    fs::remove_dir_all(&folder)?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let score = text
        .lines()
        .filter_map(|line| line.split("VMAF score: ").nth(1))
        .next_back();
    Ok(score.ok_or("no VMAF in what ffmpeg says")?.trim().parse()?)
}

/// Files of a folder by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut files = entries.collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}
