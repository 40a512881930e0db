//! What each effort of the encoder gains and costs, on photos, with real streams.
//!
//! ```sh
//! cargo run --release -p aivc-benches --bin effort-results -- ../shared/data/dev/photos 5
//! cargo run --release -p aivc-benches --bin effort-results -- ../shared/data/dev/photos 1,2,3 256
//! ```
//!
//! The second one takes the middle 256×256 pixels of each photo. Prints a table in Markdown: BD-rate by RGB PSNR against effort 0, and how much longer encoding takes.
//! Bytes are those of payloads.
#![allow(clippy::print_stdout, reason = "a report for people")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use aivc_core::frame::{BitDepth, Frame, FrameFormat, PixelFormat, Samples};
use aivc_core::metrics::{RatePoint, bd_rate, psnr};
use aivc_core::model::{Backend, Model};
use aivc_core::session::{
    Decoder, DecoderOutput, Effort, Encoder, EncoderConfig, EncoderOutput, Quality,
};
use aivc_core::video::{Rational, ReaderOptions, VideoProperties, open_reader};

const MODEL: &str = "hyperprior-small";
const QUALITIES: [u8; 5] = [4, 18, 32, 46, 60];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: effort-results FOLDER EFFORTS [SIDE]";
    let folder = arguments.next().ok_or(usage)?;
    let efforts = arguments.next().ok_or(usage)?;
    let efforts = efforts
        .split(',')
        .map(|effort| Ok(Effort::new(effort.parse()?)?))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    let side = arguments.next().map(|side| side.parse()).transpose()?;
    let photos = photos(Path::new(&folder), side)?;
    let model = Model::find(MODEL, Backend::default())?;
    println!(
        "Model {}, hash {}, qualities {QUALITIES:?}.\n",
        model.name(),
        model.hash()
    );

    let plain = curves(&model, &photos, Effort::MIN)?;
    let headings: Vec<_> = photos.iter().map(|(name, _)| name.as_str()).collect();
    println!(
        "| effort | steps | {} | mean | rate at a level | PSNR at a level | encode, s/megapixel |",
        headings.join(" | ")
    );
    println!("|---|---|{}", "---|".repeat(photos.len() + 4));
    println!(
        "| 0 | 0 | {} 0 % | | | {:.2} |",
        "0 % | ".repeat(photos.len()),
        mean_seconds(&plain)
    );
    for effort in efforts {
        let searched = curves(&model, &photos, effort)?;
        let rates = plain
            .iter()
            .zip(&searched)
            .map(|(plain, searched)| Ok(bd_rate(&points(plain), &points(searched))?))
            .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
        let cells: Vec<_> = rates.iter().map(|rate| format!("{rate:+.1} %")).collect();
        let mean = rates.iter().sum::<f64>() / rates.len() as f64;
        let pairs = || plain.iter().flatten().zip(searched.iter().flatten());
        let count = pairs().count() as f64;
        let ratio = pairs()
            .map(|(a, b)| (b.bits_per_pixel / a.bits_per_pixel).ln())
            .sum::<f64>()
            / count;
        let decibels = pairs().map(|(a, b)| b.psnr - a.psnr).sum::<f64>() / count;
        println!(
            "| {} | {} | {} | **{mean:+.1} %** | {:+.1} % | {decibels:+.2} dB | {:.1} |",
            effort.level(),
            effort.steps(),
            cells.join(" | "),
            100.0 * ratio.exp_m1(),
            mean_seconds(&searched)
        );
    }
    Ok(())
}

/// A photo and its name.
type Photo = (String, Frame);

/// All photos of a folder, or the middle of each.
fn photos(folder: &Path, side: Option<usize>) -> Result<Vec<Photo>, Box<dyn Error>> {
    let mut photos = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let mut reader = open_reader(&path, &ReaderOptions::default())?;
        let photo = reader.next_frame()?.ok_or("no picture")?;
        let photo = match side {
            Some(side) => middle(&photo, side)?,
            None => photo,
        };
        let stem = path.file_stem().unwrap_or_default();
        photos.push((stem.to_string_lossy().into_owned(), photo));
    }
    photos.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(photos)
}

fn middle(photo: &Frame, side: usize) -> Result<Frame, Box<dyn Error>> {
    let (width, height) = (side.min(photo.width()), side.min(photo.height()));
    let (left, top) = ((photo.width() - width) / 2, (photo.height() - height) / 2);
    let plane = |index: usize| {
        let samples = photo.plane(index).samples();
        let row = |y: usize| (0..width).map(move |x| (top + y) * photo.width() + left + x);
        let places = (0..height).flat_map(row);
        Samples::U8(places.map(|place| samples.at(place) as u8).collect())
    };
    let format = FrameFormat::new(width, height, PixelFormat::Rgb, BitDepth::Eight)?;
    Ok(Frame::new(format, [plane(0), plane(1), plane(2)])?)
}

/// A photo at a quality.
struct Point {
    bits_per_pixel: f64,
    psnr: f64,
    encode_seconds_per_megapixel: f64,
}

fn curves(
    model: &Model,
    photos: &[Photo],
    effort: Effort,
) -> Result<Vec<Vec<Point>>, Box<dyn Error>> {
    let curve = |(_, photo): &Photo| {
        let points = QUALITIES
            .iter()
            .map(|&level| measure(photo, model, level, effort));
        points.collect()
    };
    photos.iter().map(curve).collect()
}

fn measure(
    frame: &Frame,
    model: &Model,
    level: u8,
    effort: Effort,
) -> Result<Point, Box<dyn Error>> {
    let properties = VideoProperties {
        color: frame.color(),
        ..VideoProperties::new(frame.format(), Rational::whole(25))
    };
    let config = EncoderConfig {
        quality: Quality::new(level)?,
        effort,
        ..EncoderConfig::default()
    };
    let mut encoder = Encoder::new(model, &properties, config)?;
    let mut decoder = Decoder::new(model, encoder.header())?;
    let begun = Instant::now();
    encoder.send_frame(frame)?;
    let seconds = begun.elapsed().as_secs_f64();
    let EncoderOutput::Packet(packet) = encoder.receive_packet() else {
        return Err("a picture gives a packet".into());
    };
    decoder.send_packet(&packet)?;
    let DecoderOutput::Frame(decoded) = decoder.receive_frame() else {
        return Err("a packet gives a picture".into());
    };
    let pixels = properties.format.pixels() as f64;
    let bits_per_pixel = 8.0 * packet.payload.len() as f64 / pixels;
    Ok(Point {
        bits_per_pixel,
        psnr: psnr(frame, &decoded)?.pooled,
        encode_seconds_per_megapixel: seconds / pixels * 1e6,
    })
}

fn points(curve: &[Point]) -> Vec<RatePoint> {
    let point = |point: &Point| RatePoint {
        rate: point.bits_per_pixel,
        quality: point.psnr,
    };
    curve.iter().map(point).collect()
}

fn mean_seconds(curves: &[Vec<Point>]) -> f64 {
    let seconds = || {
        curves
            .iter()
            .flatten()
            .map(|p| p.encode_seconds_per_megapixel)
    };
    seconds().sum::<f64>() / seconds().count() as f64
}
