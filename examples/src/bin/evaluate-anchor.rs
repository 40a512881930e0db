//! Measures rate and quality on a video or picture, and compares with other codecs by BD-rate.
//!
//! ```sh
//! cargo run --release -p aivc-examples --bin evaluate-anchor -- [REFERENCE [ANCHORS.tsv]]
//! ```
//!
//! Without arguments: a photograph that ships with this repository, against JPEG and WebP. What it
//! prints has the form of `anchors/picosdeeuropa.tsv`, so it can be the anchor of a later model.

#![allow(clippy::print_stdout, reason = "its result")]

use std::error::Error;
use std::ops::ControlFlow::Continue;

use aivc_core::evaluation::{EvaluationOptions, PsnrReport, evaluate_stream};
use aivc_core::metrics::{RatePoint, bd_rate};
use aivc_core::model::Model;
use aivc_core::session::{ContainerReader, EncoderConfig, Quality, encode_video};
use aivc_core::video::{ReaderOptions, open_reader};
use aivc_examples::{PHOTO, read_curves};

const ANCHORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/anchors/picosdeeuropa.tsv");

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let reference = arguments.next().unwrap_or(PHOTO.to_owned());
    let anchors = read_curves(arguments.next().unwrap_or(ANCHORS.to_owned()))?;
    let model = Model::default_model()?;
    println!("codec\tsetting\tbits_per_pixel\tpsnr");
    let mut curve = Vec::new();
    for level in [4, 16, 28, 40, 52, 63] {
        let point = measure(&reference, &model, Quality::new(level)?)?;
        let RatePoint { rate, quality } = point;
        println!("{}\t{level}\t{rate:.5}\t{quality:.4}", model.name());
        curve.push(point);
    }
    for (codec, anchor) in anchors {
        match bd_rate(&anchor, &curve) {
            Ok(percent) => println!("# BD-rate against {codec}: {percent:+.2} %"),
            Err(error) => println!("# BD-rate against {codec}: {error}"),
        }
    }
    Ok(())
}

/// Rate of a real stream, and quality of what it decodes to.
fn measure(reference: &str, model: &Model, quality: Quality) -> Result<RatePoint, Box<dyn Error>> {
    let config = EncoderConfig {
        quality,
        ..EncoderConfig::for_files()
    };
    let mut video = open_reader(reference, &ReaderOptions::default())?;
    let mut stream = Vec::new();
    let go_on = &mut |_: &_| Continue(());
    encode_video(&mut *video, &mut stream, model, config, None, go_on)?;

    let mut video = open_reader(reference, &ReaderOptions::default())?;
    let mut container = ContainerReader::new(&stream[..])?;
    let bytes = stream.len() as u64;
    let options = EvaluationOptions::default();
    let go_on = &mut |_| Continue(());
    let report = evaluate_stream(&mut *video, &mut container, bytes, model, &options, go_on)?;
    let quality = match report.quality.psnr {
        PsnrReport::Yuv { psnr_avg611, .. } => psnr_avg611,
        PsnrReport::Rgb { psnr_rgb, .. } => psnr_rgb,
        _ => return Err("neither YUV nor RGB".into()),
    };
    let rate = report.rate.ok_or("not the whole stream")?.bits_per_pixel;
    Ok(RatePoint { rate, quality })
}
