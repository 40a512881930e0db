use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape;
use crate::evaluation::bench::{BenchResults, CellResult};

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

/// Every cell.
pub(super) fn cells(results: &BenchResults) -> String {
    let mut html = String::from(
        "<h2>Measurements</h2><details><summary>All of them</summary><table><thead><tr>\
         <th>clip</th><th>codec</th><th>quality</th><th>bytes</th><th>estimated</th><th>bits/pixel</th><th>kbit/s</th>\
         <th>PSNR Y</th><th>U</th><th>V</th><th>6:1:1</th><th>RGB</th><th>SSIM</th><th>MS-SSIM</th>\
         <th>VMAF</th><th>SSIMULACRA 2</th><th>LPIPS</th><th>encoder frames/s</th><th>decoder frames/s</th></tr></thead><tbody>",
    );
    for cell in &results.cells {
        cell_row(cell, &mut html);
    }
    html.push_str(
        "</tbody></table></details><p>Bytes are those of the elementary stream, without a container. \
         Speeds are of one thread: of the codec alone for models, of the whole program for the others, \
         its start and files included. Estimated bytes are the ideal length of the coded symbols under their \
         tables: the sum of −log₂ of their probabilities.</p>",
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
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.4}</td><td>{:.1}</td>",
        escape(&cell.clip),
        escape(&cell.codec),
        cell.quality,
        m.bytes,
        score(m.estimated_bytes, 0),
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
        (s.ssimulacra2, 2),
        (s.lpips, 4),
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
