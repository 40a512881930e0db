use std::fmt::Write as _;

use super::escape;
use crate::evaluation::bench::{
    BdComparison, BenchMetric, BenchResults, ClipDifference, MeanDifference, WEAK_OVERLAP,
};

/// One of the two differences between curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Difference {
    /// Of rate at equal quality.
    Rate,
    /// Of quality at equal rate.
    Quality,
}

impl Difference {
    fn title(self) -> &'static str {
        match self {
            Self::Rate => "rate at equal quality",
            Self::Quality => "quality at equal rate",
        }
    }

    fn value(self, value: f64, metric: BenchMetric) -> String {
        match self {
            Self::Rate => format!("{value:+.1} %"),
            Self::Quality => format!("{value:+.0$}{1}", metric.digits(), metric.unit()),
        }
    }

    fn mean(self, row: &BdComparison) -> (Option<MeanDifference>, usize) {
        match self {
            Self::Rate => (row.bd_rate, row.weak_clips),
            Self::Quality => (row.bd_quality, row.weak_quality_clips),
        }
    }

    /// Value, overlap and problem.
    fn of(self, clip: &ClipDifference) -> (Option<f64>, f64, Option<&str>) {
        match self {
            Self::Rate => (clip.bd_rate, clip.overlap, clip.problem.as_deref()),
            Self::Quality => (
                clip.bd_quality,
                clip.rate_overlap,
                clip.quality_problem.as_deref(),
            ),
        }
    }
}

/// BD-rates and BD-qualities, two tables a metric and reference.
pub(super) fn differences(results: &BenchResults) -> String {
    if results.bd.is_empty() {
        return String::new();
    }
    let mut html = format!(
        "<h2>BD-rate and BD-quality</h2><p>Rate in percent that a codec needs more than the reference at \
         equal quality (negative is better), and quality that it has more at equal rate (positive is \
         better), by piecewise cubic interpolation over the range of quality, or of log rate, that both \
         curves have. ± is the 95 % confidence interval of the mean by the spread over clips (Student's \
         t). <span class=\"weak\">Marked*</span>: the range that both curves have is less than {:.0} % of \
         what either has.</p>",
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
            let rows = || of_metric.iter().filter(|bd| bd.reference == *reference);
            if rows().next().is_none() {
                continue;
            }
            for difference in [Difference::Rate, Difference::Quality] {
                let _ = write!(
                    html,
                    "<table><thead><tr><th>{}, against {}</th><th>mean</th>",
                    difference.title(),
                    escape(reference)
                );
                for clip in &results.clips {
                    let _ = write!(html, "<th>{}</th>", escape(clip));
                }
                html.push_str("</tr></thead><tbody>");
                for row in rows() {
                    difference_row(row, difference, &results.clips, &mut html);
                }
                html.push_str("</tbody></table>");
            }
        }
        html.push_str("</details>");
    }
    html
}

fn difference_row(row: &BdComparison, kind: Difference, clips: &[String], html: &mut String) {
    let (mean, weak_clips) = kind.mean(row);
    let mean = mean.map_or("–".to_owned(), |mean| {
        let mut text = kind.value(mean.mean, row.metric);
        if let Some(confidence) = mean.confidence {
            // Without the sign that the mean has.
            let confidence = kind.value(confidence, row.metric);
            let _ = write!(text, " ± {}", confidence.trim_start_matches('+'));
        }
        if mean.clips < row.clips.len() {
            let _ = write!(text, " ({} of {} clips)", mean.clips, row.clips.len());
        }
        text
    });
    let (class, star) = match weak_clips {
        0 => ("", ""),
        _ => (" class=\"weak\"", "*"),
    };
    let _ = write!(
        html,
        "<tr><th>{}</th><td{class}>{mean}{star}</td>",
        escape(&row.codec),
    );
    for name in clips {
        let cell = match row.clips.iter().find(|clip| clip.clip == *name) {
            None => "<td>–</td>".to_owned(),
            Some(clip) => {
                let (value, overlap, problem) = kind.of(clip);
                let title = format!("overlap {:.0} %", 100.0 * overlap);
                match value.map(|value| kind.value(value, row.metric)) {
                    Some(value) if overlap < WEAK_OVERLAP => {
                        format!("<td class=\"weak\" title=\"{title}\">{value}*</td>")
                    }
                    Some(value) => format!("<td title=\"{title}\">{value}</td>"),
                    None => format!(
                        "<td class=\"weak\" title=\"{}\">none*</td>",
                        escape(problem.unwrap_or_default())
                    ),
                }
            }
        };
        html.push_str(&cell);
    }
    html.push_str("</tr>");
}
