//! What a change of a model's weights gains and costs, on pictures.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use super::EvaluationError;
use super::adapt::to_format_of;
use crate::frame::Frame;
use crate::metrics::{BdRateError, RatePoint, bd_rate, bits_per_pixel, psnr};
use crate::model::{Backend, Model, ModelDescription, WeightsFile};
use crate::session::{Decoder, DecoderOutput, Encoder, EncoderConfig, EncoderOutput, Quality};
use crate::video::{Rational, ReaderOptions, VideoProperties, open_reader, picture_paths};

/// Quality levels of a comparison's curves.
const LEVELS: [u8; 6] = [0, 12, 25, 38, 50, 63];
/// Middle of the range, for models of one rate.
const MIDDLE: [u8; 1] = [32];

/// A model before or after a change.
#[derive(Debug, Clone, Copy)]
pub struct ComparedModel<'a> {
    /// Its weights.
    pub weights: &'a WeightsFile,
    /// Size of its file.
    pub bytes: usize,
}

/// A row of a table of models.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelRow {
    /// What the weights file says of itself.
    pub model: ModelDescription,
    /// Size of the weights file.
    pub bytes: usize,
    /// Bjøntegaard rate difference to the first model by RGB PSNR, in percent, mean over the pictures; none
    /// of the first model, of models of one rate, and where curves cannot be compared.
    pub bd_rate_percent: Option<f64>,
    /// Why curves cannot be compared.
    pub bd_rate_error: Option<String>,
    /// Bits per pixel of payloads, mean over pictures and qualities.
    pub bits_per_pixel: f64,
    /// RGB PSNR in dB, mean over pictures and qualities.
    pub psnr: f64,
    /// Pictures a second, coded.
    pub encoded_per_second: f64,
    /// Pictures a second, decoded.
    pub decoded_per_second: f64,
}

/// Codes and decodes every picture of a folder with every model, at six qualities over the whole range. The
/// models take turns at each, so that what else runs on the machine slows all of them alike: ratios of their
/// speeds mean more than the speeds.
///
/// The observer is called after each picture and quality, with how many are done and how many there are.
///
/// # Errors
/// [`EvaluationError`] if a picture cannot be read or coded; [`EvaluationError::Cancelled`] when the
/// observer breaks.
pub fn compare_models(
    models: &[ComparedModel<'_>],
    folder: &Path,
    backend: Backend,
    observer: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Vec<ModelRow>, EvaluationError> {
    let descriptions = models
        .iter()
        .map(|model| ModelDescription::of(model.weights));
    let descriptions = descriptions.collect::<Result<Vec<_>, _>>()?;
    let loaded = models
        .iter()
        .map(|model| Model::from_weights(model.weights, backend));
    let loaded = loaded.collect::<Result<Vec<_>, _>>()?;
    let fixed_rate = descriptions.iter().any(|model| model.quality_levels == 1);
    let levels = if fixed_rate { &MIDDLE[..] } else { &LEVELS };

    let paths = picture_paths(folder)?;
    if paths.is_empty() {
        return Err(EvaluationError::NoPictures {
            folder: folder.to_owned(),
        });
    }
    let mut runs = vec![Vec::new(); models.len()];
    let total = (paths.len() * levels.len()) as u64;
    let mut done = 0;
    for path in &paths {
        let mut reader = open_reader(path, &ReaderOptions::default())?;
        let picture = reader.next_frame()?.ok_or(EvaluationError::Empty)?;
        let mut curves = vec![Vec::new(); models.len()];
        for &level in levels {
            for (model, curve) in loaded.iter().zip(&mut curves) {
                curve.push(measure(&picture, model, level)?);
            }
            done += 1;
            if observer(done, total).is_break() {
                return Err(EvaluationError::Cancelled { frames: done });
            }
        }
        for (run, curve) in runs.iter_mut().zip(curves) {
            run.push(curve);
        }
    }
    let rows = models.iter().zip(descriptions).zip(&runs).enumerate();
    let rows = rows.map(|(index, ((model, description), run))| {
        let anchor = (index > 0 && !fixed_rate).then_some(&runs[0]);
        row(description, model.bytes, run, anchor)
    });
    Ok(rows.collect())
}

/// The row of a model by its pictures' points.
fn row(
    model: ModelDescription,
    bytes: usize,
    run: &[Vec<Point>],
    anchor: Option<&Vec<Vec<Point>>>,
) -> ModelRow {
    let bd_rate = anchor.map(|anchor| mean_bd_rate(anchor, run)).transpose();
    let points = || run.iter().flatten();
    let mean =
        |value: fn(&Point) -> f64| points().map(value).sum::<f64>() / points().count() as f64;
    ModelRow {
        model,
        bytes,
        bd_rate_percent: bd_rate.as_ref().ok().copied().flatten(),
        bd_rate_error: bd_rate.err().map(|error| error.to_string()),
        bits_per_pixel: mean(|point| point.bits_per_pixel),
        psnr: mean(|point| point.psnr),
        encoded_per_second: 1.0 / mean(|point| point.encode_seconds),
        decoded_per_second: 1.0 / mean(|point| point.decode_seconds),
    }
}

/// A picture at a quality.
#[derive(Debug, Clone, Copy)]
struct Point {
    bits_per_pixel: f64,
    psnr: f64,
    encode_seconds: f64,
    decode_seconds: f64,
}

fn measure(picture: &Frame, model: &Model, level: u8) -> Result<Point, EvaluationError> {
    let properties = VideoProperties {
        color: picture.color(),
        ..VideoProperties::new(picture.format(), Rational::whole(25))
    };
    let config = EncoderConfig {
        quality: Quality::new(level).expect("levels of the format"),
        ..EncoderConfig::default()
    };
    let mut encoder = Encoder::new(model, &properties, config)?;
    let mut decoder = Decoder::new(model, encoder.header())?;
    let begun = Instant::now();
    encoder.send_frame(picture)?;
    encoder.finish()?;
    let EncoderOutput::Packet(packet) = encoder.receive_packet() else {
        return Err(EvaluationError::Empty);
    };
    let encode_seconds = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    decoder.send_packet(&packet)?;
    let DecoderOutput::Frame(decoded) = decoder.receive_frame() else {
        return Err(EvaluationError::Empty);
    };
    let decode_seconds = begun.elapsed().as_secs_f64();
    let decoded = to_format_of(picture, decoded)?;
    Ok(Point {
        bits_per_pixel: bits_per_pixel(packet.payload.len() as u64, picture.format().pixels(), 1),
        psnr: psnr(picture, &decoded)?.pooled,
        encode_seconds,
        decode_seconds,
    })
}

fn mean_bd_rate(anchor: &[Vec<Point>], test: &[Vec<Point>]) -> Result<f64, BdRateError> {
    let points = |curve: &[Point]| -> Vec<RatePoint> {
        let mut points: Vec<_> = curve
            .iter()
            .map(|point| RatePoint {
                rate: point.bits_per_pixel,
                quality: point.psnr,
            })
            .collect();
        // Levels that are the same of a model with few of them.
        points.dedup();
        points
    };
    let pairs = anchor.iter().zip(test);
    let rates = pairs.map(|(anchor, test)| bd_rate(&points(anchor), &points(test)));
    let rates = rates.collect::<Result<Vec<_>, _>>()?;
    Ok(rates.iter().sum::<f64>() / rates.len() as f64)
}
