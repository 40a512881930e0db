use std::cmp::Ordering;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::{LogRecord, TrainingError, read_log};

const SIZE: (u32, u32) = (960, 1080);
const BLUE_LINE: RGBColor = RGBColor(31, 119, 180);
const VALIDATION_COLORS: [RGBColor; 5] = [
    RGBColor(214, 39, 40),
    RGBColor(255, 127, 14),
    RGBColor(44, 160, 44),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
];

/// Draws a run's log as SVG: loss, rate and PSNR over steps, validation points among them.
///
/// # Errors
/// [`TrainingError`] if the log cannot be read or the plot not be written.
pub fn plot_log(log: impl AsRef<Path>, plot: impl AsRef<Path>) -> Result<(), TrainingError> {
    let records = without_repeated_steps(read_log(log)?);
    let plot = plot.as_ref();
    draw(&records, plot).map_err(|error| TrainingError::Plot {
        path: plot.to_owned(),
        message: error.to_string(),
    })
}

/// Records as of a run without interruption: what was logged after the weights that a run
/// was resumed from, or went back to, has been done again.
fn without_repeated_steps(records: Vec<LogRecord>) -> Vec<LogRecord> {
    let mut kept: Vec<LogRecord> = Vec::new();
    for record in records {
        if let LogRecord::Start { step: start, .. } | LogRecord::RolledBack { to: start, .. } =
            record
        {
            kept.retain(|record| match record {
                LogRecord::Steps { step, .. } | LogRecord::Validation { step, .. } => {
                    *step <= start
                }
                LogRecord::Start { .. }
                | LogRecord::Skipped { .. }
                | LogRecord::RolledBack { .. } => true,
            });
        }
        kept.push(record);
    }
    kept
}

type DrawError = Box<dyn std::error::Error>;

fn draw(records: &[LogRecord], path: &Path) -> Result<(), DrawError> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let panels = root.split_evenly((3, 1));
    let training = |value: fn(&LogRecord) -> Option<f64>| -> Vec<(f64, f64)> {
        records
            .iter()
            .filter_map(|record| match record {
                LogRecord::Steps { step, .. } => Some((*step as f64, value(record)?)),
                _ => None,
            })
            .filter(|(_, value)| value.is_finite())
            .collect()
    };
    let loss = training(|record| match record {
        LogRecord::Steps { loss, .. } => Some(*loss),
        _ => None,
    });
    let rate = training(|record| match record {
        LogRecord::Steps { bits_per_pixel, .. } => Some(*bits_per_pixel),
        _ => None,
    });
    let psnr = training(|record| match record {
        LogRecord::Steps { psnr, .. } => Some(*psnr),
        _ => None,
    });
    panel(&panels[0], "loss", &loss, &[])?;
    panel(
        &panels[1],
        "bits per pixel",
        &rate,
        &validation(records, |point| point.bits_per_pixel),
    )?;
    panel(
        &panels[2],
        "PSNR in dB",
        &psnr,
        &validation(records, |point| point.psnr),
    )?;
    root.present()?;
    Ok(())
}

struct Series {
    label: String,
    points: Vec<(f64, f64)>,
}

fn validation(records: &[LogRecord], value: fn(&super::ValidationPoint) -> f64) -> Vec<Series> {
    let mut series: Vec<(u8, Vec<(f64, f64)>)> = Vec::new();
    for record in records {
        let LogRecord::Validation { step, points } = record else {
            continue;
        };
        for point in points {
            let entry = (*step as f64, value(point));
            match series
                .iter_mut()
                .find(|(quality, _)| *quality == point.quality)
            {
                Some((_, points)) => points.push(entry),
                None => series.push((point.quality, vec![entry])),
            }
        }
    }
    series
        .into_iter()
        .map(|(quality, points)| Series {
            label: format!("validation, quality {quality}"),
            points,
        })
        .collect()
}

fn panel(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    title: &str,
    training: &[(f64, f64)],
    validation: &[Series],
) -> Result<(), DrawError> {
    let all = || {
        training
            .iter()
            .chain(validation.iter().flat_map(|series| &series.points))
    };
    let last_step = all().map(|point| point.0).fold(1.0, f64::max);
    let low = all().map(|point| point.1).fold(f64::INFINITY, f64::min);
    // The first steps would flatten everything after them.
    let settled = all()
        .filter(|point| point.0 >= last_step * 0.02)
        .map(|point| point.1);
    let high = settled.fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = match low.partial_cmp(&high) {
        Some(Ordering::Less) => (low, high),
        Some(Ordering::Equal) => (low - 0.5, high + 0.5),
        _ => (0.0, 1.0),
    };
    let margin = (high - low) * 0.05;
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(28)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..last_step, low - margin..high + margin)?;
    chart.configure_mesh().x_desc("step").draw()?;
    let clipped = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
        points
            .iter()
            .map(|&(x, y)| (x, y.min(high + margin)))
            .collect()
    };
    chart
        .draw_series(LineSeries::new(clipped(training), BLUE_LINE))?
        .label("training, all qualities")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], BLUE_LINE));
    for (series, color) in validation.iter().zip(VALIDATION_COLORS.into_iter().cycle()) {
        chart
            .draw_series(LineSeries::new(
                clipped(&series.points),
                color.stroke_width(2),
            ))?
            .label(&series.label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()?;
    Ok(())
}
