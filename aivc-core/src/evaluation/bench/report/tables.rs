use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape;
use crate::evaluation::bench::{
    BdComparison, BenchMetric, BenchResults, CellResult, MeanDifference, WEAK_OVERLAP,
};

/// Codecs that are missing and cells that failed.
pub(super) fn notices(results: &BenchResults) -> String {
    let mut html = String::new();
    for left_out in &results.left_out {
        let _ = write!(
            html,
            "<li><b>{}</b> is left out: {}</li>",
            escape(&left_out.codec),
            escape(&left_out.reason)
        );
    }
    for failure in &results.failures {
        let _ = write!(
            html,
            "<li><b>{} {} on {}</b> failed: {}</li>",
            escape(&failure.codec),
            failure.quality,
            escape(&failure.clip),
            escape(&failure.message)
        );
    }
    match html.is_empty() {
        true => html,
        false => format!("<ul class=\"notices\">{html}</ul>"),
    }
}

/// BD-rates, a table a metric.
pub(super) fn differences(results: &BenchResults) -> String {
    if results.bd.is_empty() {
        return String::new();
    }
    let mut html = format!(
        "<h2>BD-rate</h2><p>Rate in percent that a codec needs more than the reference at equal quality, \
         by piecewise cubic interpolation over the range of quality that both have; negative is better. \
         ± is the 95 % confidence interval of the mean by the spread over clips (Student's t). \
         <span class=\"weak\">Marked*</span>: the range that both curves have is less than {:.0} % of what \
         either has.</p>",
        100.0 * WEAK_OVERLAP
    );
    for metric in BenchMetric::ALL {
        let of_metric: Vec<_> = results.bd.iter().filter(|bd| bd.metric == metric).collect();
        if of_metric.is_empty() {
            continue;
        }
        let open = if metric == results.main_metric() {
            " open"
        } else {
            ""
        };
        let _ = write!(html, "<details{open}><summary>{}</summary>", metric.title());
        for reference in &results.references {
            let rows: Vec<_> = of_metric
                .iter()
                .filter(|bd| bd.reference == *reference)
                .collect();
            if rows.is_empty() {
                continue;
            }
            let _ = write!(
                html,
                "<table><thead><tr><th>against {}</th><th>mean</th><th>quality at equal rate</th>",
                escape(reference)
            );
            for clip in &results.clips {
                let _ = write!(html, "<th>{}</th>", escape(clip));
            }
            html.push_str("</tr></thead><tbody>");
            for row in rows {
                difference_row(row, &results.clips, &mut html);
            }
            html.push_str("</tbody></table>");
        }
        html.push_str("</details>");
    }
    html
}

fn difference_row(row: &BdComparison, clips: &[String], html: &mut String) {
    let mean = |mean: Option<MeanDifference>, unit: &str, digits: usize| {
        mean.map_or("–".to_owned(), |mean| {
            let value = mean.mean;
            let mut text = format!("{value:+.digits$}{unit}");
            if let Some(confidence) = mean.confidence {
                let _ = write!(text, " ± {confidence:.digits$}");
            }
            if mean.clips < row.clips.len() {
                let _ = write!(text, " ({} of {} clips)", mean.clips, row.clips.len());
            }
            text
        })
    };
    let (class, star) = match row.weak_clips {
        0 => ("", ""),
        _ => (" class=\"weak\"", "*"),
    };
    let _ = write!(
        html,
        "<tr><th>{}</th><td{class}>{}{star}</td><td>{}</td>",
        escape(&row.codec),
        mean(row.bd_rate, " %", 1),
        mean(row.bd_quality, "", 2),
    );
    for name in clips {
        let cell = match row.clips.iter().find(|clip| clip.clip == *name) {
            None => "<td>–</td>".to_owned(),
            Some(clip) => {
                let overlap = format!("overlap {:.0} %", 100.0 * clip.overlap);
                match (clip.bd_rate, &clip.problem) {
                    (Some(rate), _) if clip.overlap < WEAK_OVERLAP => {
                        format!("<td class=\"weak\" title=\"{overlap}\">{rate:+.1} %*</td>")
                    }
                    (Some(rate), _) => format!("<td title=\"{overlap}\">{rate:+.1} %</td>"),
                    (None, problem) => format!(
                        "<td class=\"weak\" title=\"{}\">none*</td>",
                        escape(problem.as_deref().unwrap_or_default())
                    ),
                }
            }
        };
        html.push_str(&cell);
    }
    html.push_str("</tr>");
}

/// Every cell.
pub(super) fn cells(results: &BenchResults) -> String {
    let mut html = String::from(
        "<h2>Measurements</h2><details><summary>All of them</summary><table><thead><tr>\
         <th>clip</th><th>codec</th><th>quality</th><th>bytes</th><th>bits/pixel</th><th>kbit/s</th>\
         <th>PSNR Y</th><th>U</th><th>V</th><th>6:1:1</th><th>RGB</th><th>SSIM</th><th>MS-SSIM</th>\
         <th>VMAF</th><th>encoder frames/s</th><th>decoder frames/s</th></tr></thead><tbody>",
    );
    for cell in &results.cells {
        cell_row(cell, &mut html);
    }
    html.push_str(
        "</tbody></table></details><p>Bytes are those of the elementary stream, without a container. \
         Speeds are of one thread: of the codec alone for models, of the whole program for the others, \
         its start and files included.</p>",
    );
    html
}

fn cell_row(cell: &CellResult, html: &mut String) {
    let m = &cell.measurement;
    let score = |value: Option<f64>, digits: usize| {
        value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
    };
    let _ = write!(
        html,
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.4}</td><td>{:.1}</td>",
        escape(&cell.clip),
        escape(&cell.codec),
        cell.quality,
        m.bytes,
        m.bits_per_pixel,
        m.bits_per_second / 1000.0
    );
    let s = &m.scores;
    for (value, digits) in [
        (s.psnr_y, 3),
        (s.psnr_u, 3),
        (s.psnr_v, 3),
        (s.psnr_avg611, 3),
        (s.psnr_rgb, 3),
        (s.ssim, 5),
        (s.ms_ssim, 5),
        (s.vmaf, 2),
        (m.encode_frames_per_second, 1),
        (m.decode_frames_per_second, 1),
    ] {
        let _ = write!(html, "<td>{}</td>", score(value, digits));
    }
    html.push_str("</tr>");
}

/// The exact commands of conventional codecs.
pub(super) fn commands(results: &BenchResults) -> String {
    let mut by_codec: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for cell in &results.cells {
        let commands = by_codec.entry(&cell.codec).or_default();
        commands.extend(cell.measurement.commands.iter().map(String::as_str));
    }
    let mut html = String::new();
    for (codec, commands) in by_codec
        .into_iter()
        .filter(|(_, commands)| !commands.is_empty())
    {
        let _ = write!(
            html,
            "<details><summary>{}</summary><pre>{}</pre></details>",
            escape(codec),
            escape(&commands.join("\n"))
        );
    }
    match html.is_empty() {
        true => html,
        false => format!(
            "<h2>Commands</h2><p>As they were run, where <code>CLIP.y4m</code> holds the clip's frames \
             (<code>ffmpeg -i CLIP -pix_fmt yuv420p CLIP.y4m</code>); encoding and decoding.</p>{html}"
        ),
    }
}
