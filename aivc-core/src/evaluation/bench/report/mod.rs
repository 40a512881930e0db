//! The web page: one file, without anything from elsewhere.

mod base64;
mod chart;
mod complexity;
mod crops;
mod differences;
mod tables;

use std::fmt::Write as _;

use super::statistics::curve;
use super::{BenchMetric, BenchResults, CellResult};
use chart::{Chart, Scale, Series};

/// The report as HTML.
pub(super) fn html_report(results: &BenchResults) -> String {
    let mut page = String::new();
    let title = escape(&results.suite);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"icon\" href=\"data:,\"><title>{title}</title><style>{}</style></head><body>\
         <h1>{title}</h1><p class=\"about\">{}, {} cells, measured by {}",
        include_str!("style.css"),
        count(results.clips.len(), "clip"),
        results.cells.len(),
        escape(&results.program),
    );
    if let Some(ffmpeg) = &results.ffmpeg {
        let _ = write!(page, " and {}", escape(ffmpeg));
    }
    let _ = write!(
        page,
        ". Each cell had one thread; the last run measured {} at the same time.</p>",
        results.jobs
    );
    page.push_str(&tables::notices(results));
    page.push_str(&differences::differences(results));
    rate_charts(results, &mut page);
    page.push_str(&complexity::complexity(results));
    page.push_str(&crops::crops(results));
    frame_charts(results, &mut page);
    page.push_str(&tables::cells(results));
    page.push_str(&tables::commands(results));
    let _ = writeln!(
        page,
        "<script>{}</script></body></html>",
        include_str!("script.js")
    );
    page
}

/// Metrics that some cell has.
fn metrics(results: &BenchResults) -> Vec<BenchMetric> {
    let has = |metric: &BenchMetric| {
        results
            .cells
            .iter()
            .any(|cell| metric.of(&cell.measurement.scores).is_some())
    };
    BenchMetric::ALL.into_iter().filter(has).collect()
}

/// The place of a codec among the colours.
fn color(results: &BenchResults, codec: &str) -> usize {
    results
        .codecs
        .iter()
        .position(|name| name == codec)
        .unwrap_or(0)
}

fn rate_charts(results: &BenchResults, page: &mut String) {
    page.push_str(
        "<h2>Rate and quality</h2><p>Bits per pixel on a logarithmic scale. The mean is of points of \
         the same place in the suite's lists: of logarithms of rates, and of qualities.</p>",
    );
    for metric in metrics(results) {
        let open = if metric == results.main_metric() {
            " open"
        } else {
            ""
        };
        let _ = write!(
            page,
            "<details{open}><summary>{}</summary><div class=\"charts\">",
            metric.title()
        );
        let mut all: Vec<Vec<Vec<(f64, f64)>>> = vec![Vec::new(); results.codecs.len()];
        for clip in &results.clips {
            let mut series = Vec::new();
            for (index, codec) in results.codecs.iter().enumerate() {
                let points: Vec<_> = curve(&results.cells, clip, codec, metric)
                    .iter()
                    .map(|point| (point.rate, point.quality))
                    .collect();
                if !points.is_empty() {
                    all[index].push(points.clone());
                    series.push(Series::new(codec, index, points));
                }
            }
            page.push_str(&rate_chart(clip, metric, series));
        }
        if results.clips.len() > 1 {
            let series = results
                .codecs
                .iter()
                .zip(&all)
                .enumerate()
                .filter_map(|(index, (codec, clips))| {
                    Some(Series::new(codec, index, mean_curve(clips)?))
                })
                .collect();
            page.push_str(&rate_chart("mean of all clips", metric, series));
        }
        page.push_str("</div></details>");
    }
}

fn rate_chart(title: &str, metric: BenchMetric, series: Vec<Series>) -> String {
    Chart {
        title,
        x_title: "bits per pixel",
        y_title: metric.title(),
        x_scale: Scale::Logarithmic,
        markers: true,
        series,
    }
    .svg()
}

/// The mean of curves with as many points each; none if they differ.
fn mean_curve(clips: &[Vec<(f64, f64)>]) -> Option<Vec<(f64, f64)>> {
    let points = clips.first()?.len();
    if clips.iter().any(|clip| clip.len() != points) {
        return None;
    }
    let count = clips.len() as f64;
    let mean = |place: usize| {
        let (rates, qualities): (Vec<_>, Vec<_>) = clips.iter().map(|clip| clip[place]).unzip();
        let rate = rates.iter().map(|rate| rate.ln()).sum::<f64>() / count;
        (rate.exp(), qualities.iter().sum::<f64>() / count)
    };
    Some((0..points).map(mean).collect())
}

/// The cells of a clip that come nearest to the same rate, one a codec: near the median.
fn comparable<'a>(results: &'a BenchResults, clip: &str) -> Vec<&'a CellResult> {
    let cells: Vec<_> = results
        .cells
        .iter()
        .filter(|cell| cell.clip == clip)
        .collect();
    let log_rate = |cell: &CellResult| cell.measurement.bits_per_pixel.max(1e-9).ln();
    let mut rates: Vec<_> = cells.iter().map(|cell| log_rate(cell)).collect();
    rates.sort_by(f64::total_cmp);
    let Some(&median) = rates.get(rates.len() / 2) else {
        return Vec::new();
    };
    let nearest = |codec: &String| {
        let of_codec = cells.iter().filter(|cell| cell.codec == *codec).copied();
        of_codec.min_by(|a, b| {
            let distance = |cell| (log_rate(cell) - median).abs();
            distance(a).total_cmp(&distance(b))
        })
    };
    results.codecs.iter().filter_map(nearest).collect()
}

fn frame_charts(results: &BenchResults, page: &mut String) {
    let metric = results.main_metric();
    let mut charts = String::new();
    for clip in &results.clips {
        let series: Vec<_> = comparable(results, clip)
            .into_iter()
            .filter(|cell| cell.measurement.per_frame.len() > 1)
            .map(|cell| {
                let points = cell.measurement.per_frame.iter().enumerate();
                let points = points
                    .filter_map(|(frame, scores)| Some((frame as f64, metric.of(&scores.scores)?)));
                let name = cell_title(cell);
                Series::new(&name, color(results, &cell.codec), points.collect())
            })
            .collect();
        if series.is_empty() {
            continue;
        }
        let chart = Chart {
            title: clip,
            x_title: "frame",
            y_title: metric.title(),
            x_scale: Scale::Linear,
            markers: false,
            series,
        };
        charts.push_str(&chart.svg());
    }
    if !charts.is_empty() {
        let _ = write!(
            page,
            "<h2>Quality from frame to frame</h2><p>Of every codec the point whose rate is nearest to \
             the median of the clip.</p><div class=\"charts\">{charts}</div>"
        );
    }
}

/// What a cell is called beside a picture or curve.
fn cell_title(cell: &CellResult) -> String {
    format!(
        "{} {} ({:.3} bpp)",
        cell.codec, cell.quality, cell.measurement.bits_per_pixel
    )
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

/// Text as HTML has it, in attributes too.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_curve_is_of_points_of_the_same_place() {
        let mean = mean_curve(&[
            vec![(1.0, 30.0), (2.0, 34.0)],
            vec![(4.0, 40.0), (8.0, 44.0)],
        ])
        .unwrap();
        assert!((mean[0].0 - 2.0).abs() < 1e-12 && (mean[1].0 - 4.0).abs() < 1e-12);
        assert_eq!((mean[0].1, mean[1].1), (35.0, 39.0));
        assert_eq!(mean_curve(&[vec![(1.0, 1.0)], vec![]]), None);
    }

    #[test]
    fn names_cannot_become_markup() {
        assert_eq!(escape("<a b=\"c\">&"), "&lt;a b=&quot;c&quot;&gt;&amp;");
    }
}
