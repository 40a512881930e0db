use std::fmt::Write as _;

use super::base64::base64;
use super::{cell_title, comparable, escape};
use crate::evaluation::bench::BenchResults;
use crate::evaluation::bench::compare::CROP_FRAME;

/// For every clip two pictures over each other, of which a slider shows more or less, and a choice
/// of codecs for each.
pub(super) fn crops(results: &BenchResults) -> String {
    let metric = results.main_metric();
    let mut html = String::new();
    for (clip, original) in results.clips.iter().zip(&results.originals) {
        let mut pictures = Vec::new();
        if let Some(original) = original {
            pictures.push(("original".to_owned(), original));
        }
        for cell in comparable(results, clip) {
            let Some(crop) = &cell.crop else { continue };
            let mut title = cell_title(cell);
            if let Some(value) = metric.of(&cell.measurement.scores) {
                let _ = write!(title, ", {value:.2} {}", metric.title());
            }
            pictures.push((title, crop));
        }
        if pictures.len() < 2 {
            continue;
        }
        let mut options = String::new();
        for (title, png) in &pictures {
            let _ = write!(
                options,
                "<option value=\"data:image/png;base64,{}\">{}</option>",
                base64(png),
                escape(title)
            );
        }
        // The right-hand choice is filled from the left-hand one by the script: pictures are in the
        // page once.
        let _ = write!(
            html,
            "<figure class=\"compare\"><figcaption>{}</figcaption>\
             <div class=\"pictures\"><img class=\"right\" alt=\"right-hand picture\">\
             <img class=\"left\" alt=\"left-hand picture\"></div>\
             <input type=\"range\" min=\"0\" max=\"100\" value=\"50\" aria-label=\"where the pictures meet\">\
             <div class=\"choices\"><select class=\"left\" aria-label=\"left-hand picture\">{options}</select>\
             <select class=\"right\" aria-label=\"right-hand picture\"></select></div></figure>",
            escape(clip)
        );
    }
    if html.is_empty() {
        return html;
    }
    format!(
        "<h2>Side by side</h2><p>The middle of frame {CROP_FRAME}, counted from 0, or of the last one. \
         Of every codec the point whose rate is nearest to the median of the clip.</p>\
         <div class=\"charts\">{html}</div>"
    )
}
