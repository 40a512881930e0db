//! Rate and distortion on the development set, with real streams, beside its anchors.
//!
//! ```sh
//! cargo run --release -p aivc-benches --bin dev-results -- ../shared/data/dev [MODEL] [FRAMES]
//! cargo run --release -p aivc-benches --bin dev-results -- ../shared/data/dev MODEL levels
//! cargo run --release -p aivc-benches --bin dev-results -- ../shared/data/dev MODEL effort-5
//! ```
//!
//! Prints the tables of `docs/results.md` in Markdown: photos, which models of 4:2:0 get converted, and clips;
//! FRAMES limits the clips, and makes their comparison with anchors a rough one. Bytes are those of
//! packets' payloads, as the anchors' are those of elementary streams.
//!
//! With `levels`, codes the first frames of each clip at every level and tells where rate or quality
//! does not rise. With `effort-N`, codes the photos alone, without and with an encoder's effort.
#![allow(clippy::print_stdout, reason = "a report for people")]

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aivc_core::color::to_rgb;
use aivc_core::frame::PixelFormat;
use aivc_core::metrics::{RatePoint, bd_rate, psnr};
use aivc_core::model::{Backend, Model};
use aivc_core::session::{Decoder, DecoderOutput, Effort, Encoder, EncoderConfig, EncoderOutput};
use aivc_core::video::{ReaderOptions, open_reader};
use aivc_models::layers::{QUALITY_LEVELS, Quality};

const PHOTO_QUALITIES: [u8; 10] = [0, 7, 14, 21, 28, 35, 42, 49, 56, 63];
const CLIP_QUALITIES: [u8; 5] = [8, 20, 32, 44, 56];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("usage: dev-results FOLDER [MODEL]")?;
    let folder = Path::new(&folder);
    let model = match arguments.next() {
        Some(model) => Model::find(&model, Backend::default())?,
        None => Model::default_model()?,
    };
    println!("Model {}, hash {}.\n", model.name(), model.hash());
    let codec = model.frame_codec();
    let limit = match arguments.next().as_deref() {
        Some("levels") => return levels(folder, &model),
        Some(argument) => match argument.strip_prefix("effort-") {
            Some(effort) => {
                let effort = Effort::new(effort.parse()?)?;
                let plain = photos(folder, &model, Effort::MIN, None)?;
                photos(
                    folder,
                    &model,
                    effort,
                    Some(("this model, effort 0", &plain)),
                )?;
                return Ok(());
            }
            None => Some(argument.parse()?),
        },
        None => None,
    };
    let interval = EncoderConfig::default().keyframe_interval;
    if let Some(groups) = codec.groups() {
        let pictures = Model::find(PICTURE_MODEL, Backend::default())?;
        let all_intra = clips(folder, &pictures, "all intra", 1, limit, None)?;
        let title = format!("groups of {} frames", groups.length());
        let against = (&*format!("{PICTURE_MODEL}, all intra"), &all_intra);
        clips(folder, &model, &title, interval, limit, Some(against))?;
        return Ok(());
    }
    photos(folder, &model, Effort::MIN, None)?;
    let all_intra = clips(folder, &model, "all intra", 1, limit, None)?;
    if codec.predicts() {
        let title = format!("a keyframe every {interval} frames");
        let against = ("this model, all intra", &all_intra);
        clips(folder, &model, &title, interval, limit, Some(against))?;
    }
    Ok(())
}

/// What models of groups of frames are compared with.
const PICTURE_MODEL: &str = "hyperprior-small";

/// Frames of each clip that are coded at every level.
const LEVEL_FRAMES: u64 = 4;

fn levels(folder: &Path, model: &Model) -> Result<(), Box<dyn Error>> {
    for path in clip_paths(folder)? {
        let interval = EncoderConfig::default().keyframe_interval;
        let points = (0..QUALITY_LEVELS)
            .map(|level| measure(&path, model, level, every(interval), Some(LEVEL_FRAMES)))
            .collect::<Result<Vec<_>, _>>()?;
        let falls = |value: fn(&Point) -> f64| -> Vec<usize> {
            let pairs = points.windows(2).enumerate();
            let falls = pairs.filter(|(_, pair)| value(&pair[1]) <= value(&pair[0]));
            falls.map(|(level, _)| level + 1).collect()
        };
        let last = &points[points.len() - 1];
        println!(
            "{}: {:.2} dB at {:.4} to {:.2} dB at {:.4}; rate does not rise at {:?}, PSNR at {:?}",
            name_of(&path),
            points[0].psnr,
            points[0].bits_per_pixel,
            last.psnr,
            last.bits_per_pixel,
            falls(|point| point.bits_per_pixel),
            falls(|point| point.psnr)
        );
    }
    Ok(())
}

/// Rate, quality and speed of a video at one quality level.
struct Point {
    bits_per_pixel: f64,
    /// Of RGB, or 6:1:1.
    psnr: f64,
    planes: [f64; 3],
    encode_seconds: f64,
    decode_seconds: f64,
    frames: u64,
}

/// What a BD-rate goes by: a [`Point`]'s quality, and the mean of what anchors have in these columns.
struct Measure {
    name: &'static str,
    columns: &'static [&'static str],
    of: fn(&Point) -> f64,
}

const PHOTO_MEASURE: Measure = Measure {
    name: "RGB PSNR",
    columns: &["psnr_rgb"],
    of: |point| point.psnr,
};

const CLIP_MEASURES: [Measure; 3] = [
    Measure {
        name: "PSNR 6:1:1",
        columns: &["psnr_avg611"],
        of: |point| point.psnr,
    },
    Measure {
        name: "PSNR of luma",
        columns: &["psnr_y"],
        of: |point| point.planes[0],
    },
    Measure {
        name: "mean of chroma's PSNRs",
        columns: &["psnr_u", "psnr_v"],
        of: |point| f64::midpoint(point.planes[1], point.planes[2]),
    },
];

impl Measure {
    fn curve(&self, points: &[Point]) -> Vec<RatePoint> {
        let point = |point: &Point| RatePoint {
            rate: point.bits_per_pixel,
            quality: (self.of)(point),
        };
        points.iter().map(point).collect()
    }
}

/// An encoder's settings for files, with a keyframe as often.
fn every(keyframe_interval: u32) -> EncoderConfig {
    EncoderConfig {
        keyframe_interval,
        ..EncoderConfig::for_files()
    }
}

fn measure(
    path: &Path,
    model: &Model,
    level: u8,
    config: EncoderConfig,
    limit: Option<u64>,
) -> Result<Point, Box<dyn Error>> {
    let mut reader = open_reader(path, &ReaderOptions::default())?;
    let properties = *reader.properties();
    let config = EncoderConfig {
        quality: Quality::new(level)?,
        ..config
    };
    let mut encoder = Encoder::new(model, &properties, config)?;
    let mut decoder = Decoder::new(model, encoder.header())?;
    let mut bytes = 0;
    let mut point = Point {
        bits_per_pixel: 0.0,
        psnr: 0.0,
        planes: [0.0; 3],
        encode_seconds: 0.0,
        decode_seconds: 0.0,
        frames: 0,
    };
    let mut originals = VecDeque::new();
    let mut sent = 0;
    loop {
        let begun = Instant::now();
        let output = encoder.receive_packet();
        point.encode_seconds += begun.elapsed().as_secs_f64();
        let packet = match output {
            EncoderOutput::Packet(packet) => packet,
            EncoderOutput::NeedFrame => {
                let more = limit.is_none_or(|limit| sent < limit);
                let frame = if more { reader.next_frame()? } else { None };
                let begun = Instant::now();
                match frame {
                    Some(frame) => {
                        encoder.send_frame(&frame)?;
                        originals.push_back(frame);
                        sent += 1;
                    }
                    None => encoder.finish()?,
                }
                point.encode_seconds += begun.elapsed().as_secs_f64();
                continue;
            }
            EncoderOutput::Finished => break,
        };
        bytes += packet.payload.len();
        let begun = Instant::now();
        decoder.send_packet(&packet)?;
        point.decode_seconds += begun.elapsed().as_secs_f64();
        let DecoderOutput::Frame(decoded) = decoder.receive_frame() else {
            return Err("decoders give a frame a packet".into());
        };
        let frame = originals.pop_front().ok_or("more frames than were sent")?;
        let same_format = frame.format().pixel_format() == decoded.format().pixel_format();
        let rgb = frame.format().pixel_format() == PixelFormat::Rgb;
        let quality = if rgb && !same_format {
            psnr(&frame, &to_rgb(&decoded)?)?
        } else {
            psnr(&frame, &decoded)?
        };
        point.psnr += if rgb { quality.pooled } else { quality.average };
        for (sum, plane) in point.planes.iter_mut().zip(quality.planes) {
            *sum += plane;
        }
        point.frames += 1;
    }
    point.bits_per_pixel =
        8.0 * bytes as f64 / (properties.format.pixels() as f64 * point.frames as f64);
    point.psnr /= point.frames as f64;
    point.planes = point.planes.map(|sum| sum / point.frames as f64);
    Ok(point)
}

/// Curves by codec, then by picture or clip.
type Anchors = BTreeMap<String, BTreeMap<String, Vec<RatePoint>>>;

fn anchors(
    path: &Path,
    item: &str,
    codec: &[&str],
    measure: &Measure,
) -> Result<Anchors, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let mut lines = text
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines.next().ok_or("empty anchor table")?;
    let column = |name: &str| {
        header
            .iter()
            .position(|field| *field == name)
            .ok_or("missing column")
    };
    let columns = |names: &[&str]| {
        let columns = names.iter().map(|name| column(name));
        columns.collect::<Result<Vec<_>, _>>()
    };
    let (item, rate) = (column(item)?, column("bpp")?);
    let (codec, qualities) = (columns(codec)?, columns(measure.columns)?);
    let mut anchors = Anchors::new();
    for line in lines {
        let name = codec
            .iter()
            .map(|&column| line[column])
            .collect::<Vec<_>>()
            .join(" ");
        let mut quality = 0.0;
        for &column in &qualities {
            quality += line[column].parse::<f64>()? / qualities.len() as f64;
        }
        let point = RatePoint {
            rate: line[rate].parse()?,
            quality,
        };
        anchors
            .entry(name)
            .or_default()
            .entry(line[item].to_owned())
            .or_default()
            .push(point);
    }
    Ok(anchors)
}

fn photos(
    folder: &Path,
    model: &Model,
    effort: Effort,
    against: Option<(&str, &Curves)>,
) -> Result<Curves, Box<dyn Error>> {
    let config = EncoderConfig { effort, ..every(1) };
    let table = folder.join("anchors_photos.tsv");
    let mut anchors = anchors(&table, "image", &["codec"], &PHOTO_MEASURE)?;
    let mut names: Vec<_> = anchors.values().flat_map(BTreeMap::keys).collect();
    names.sort();
    names.dedup();
    let mut curves = BTreeMap::new();
    for name in names {
        let points = PHOTO_QUALITIES
            .iter()
            .map(|&level| {
                measure(
                    &folder.join("photos").join(name),
                    model,
                    level,
                    config,
                    None,
                )
            })
            .collect::<Result<Vec<_>, _>>()?;
        curves.insert(name.clone(), points);
    }
    println!("## Photos: RGB PSNR in dB at bits per pixel\n");
    println!(
        "| photo | {} |",
        PHOTO_QUALITIES.map(|level| format!("q{level}")).join(" | ")
    );
    println!("|---|{}", "---|".repeat(PHOTO_QUALITIES.len()));
    for (name, points) in &curves {
        let cells: Vec<_> = points
            .iter()
            .map(|point| format!("{:.2} at {:.3}", point.psnr, point.bits_per_pixel))
            .collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
    let mean = |index: usize, value: fn(&Point) -> f64| {
        curves
            .values()
            .map(|points| value(&points[index]))
            .sum::<f64>()
            / curves.len() as f64
    };
    let cells: Vec<_> = (0..PHOTO_QUALITIES.len())
        .map(|index| {
            format!(
                "{:.2} at {:.3}",
                mean(index, |p| p.psnr),
                mean(index, |p| p.bits_per_pixel)
            )
        })
        .collect();
    println!("| **mean** | {} |\n", cells.join(" | "));
    println!(
        "BD-rate (PCHIP, {}) against each anchor:\n",
        PHOTO_MEASURE.name
    );
    if let Some((title, curves)) = against {
        anchors.insert(title.to_owned(), by_name(curves, &PHOTO_MEASURE));
    }
    bd_table(&anchors, &curves, &PHOTO_MEASURE);
    Ok(curves)
}

fn clip_paths(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(folder.join("video"))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, std::io::Error>>()?;
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// Points of each clip.
type Curves = BTreeMap<String, Vec<Point>>;

fn clips(
    folder: &Path,
    model: &Model,
    title: &str,
    keyframe_interval: u32,
    limit: Option<u64>,
    against: Option<(&str, &Curves)>,
) -> Result<Curves, Box<dyn Error>> {
    let table = folder.join("anchors_video.tsv");
    let mut curves = BTreeMap::new();
    println!("\n## Clips, {title}: PSNR 6:1:1 in dB at bits per pixel\n");
    println!(
        "| clip | {} | encode, frames/s | decode, frames/s |",
        CLIP_QUALITIES.map(|l| format!("q{l}")).join(" | ")
    );
    println!("|---|{}", "---|".repeat(CLIP_QUALITIES.len() + 2));
    for path in clip_paths(folder)? {
        let name = name_of(&path);
        let points = CLIP_QUALITIES
            .iter()
            .map(|&level| measure(&path, model, level, every(keyframe_interval), limit))
            .collect::<Result<Vec<_>, _>>()?;
        let cells: Vec<_> = points
            .iter()
            .map(|point| format!("{:.2} at {:.3}", point.psnr, point.bits_per_pixel))
            .collect();
        let rate = |seconds: fn(&Point) -> f64| {
            points.iter().map(|p| p.frames as f64).sum::<f64>()
                / points.iter().map(seconds).sum::<f64>()
        };
        let (encode, decode) = (rate(|p| p.encode_seconds), rate(|p| p.decode_seconds));
        println!(
            "| {name} | {} | {encode:.1} | {decode:.1} |",
            cells.join(" | ")
        );
        curves.insert(name, points);
    }
    for measure in CLIP_MEASURES {
        let mut anchors = anchors(&table, "clip", &["codec", "setting"], &measure)?;
        if let Some((title, curves)) = against {
            anchors.insert(title.to_owned(), by_name(curves, &measure));
        }
        let name = measure.name;
        println!("\nBD-rate (PCHIP, {name}) against each anchor, which predict between frames:\n");
        bd_table(&anchors, &curves, &measure);
    }
    Ok(curves)
}

fn by_name(curves: &Curves, measure: &Measure) -> BTreeMap<String, Vec<RatePoint>> {
    let curves = curves.iter();
    curves
        .map(|(name, points)| (name.clone(), measure.curve(points)))
        .collect()
}

fn bd_table(anchors: &Anchors, curves: &Curves, measure: &Measure) {
    let names: Vec<_> = curves.keys().cloned().collect();
    println!("| anchor | {} | mean |", names.join(" | "));
    println!("|---|{}", "---|".repeat(names.len() + 1));
    for (anchor, by_name) in anchors {
        let mut cells = Vec::new();
        let mut rates = Vec::new();
        for (name, points) in curves {
            let mut test = measure.curve(points);
            // Levels that are the same of a model with few of them.
            test.dedup();
            match by_name.get(name).map(|anchor| bd_rate(anchor, &test)) {
                Some(Ok(rate)) => {
                    rates.push(rate);
                    cells.push(format!("{rate:+.1} %"));
                }
                Some(Err(error)) => cells.push(format!("({error})")),
                None => cells.push("(no anchor)".to_owned()),
            }
        }
        let mean = if rates.is_empty() {
            "—".to_owned()
        } else {
            let of = if rates.len() < names.len() {
                format!(" of {}", rates.len())
            } else {
                String::new()
            };
            format!(
                "{:+.1} %{of}",
                rates.iter().sum::<f64>() / rates.len() as f64
            )
        };
        println!("| {anchor} | {} | {mean} |", cells.join(" | "));
    }
}
