use std::fmt::Write as _;

use super::chart::{Chart, Scale, Series};
use super::escape;
use crate::evaluation::StageTimes;
use crate::evaluation::bench::{BenchResults, CellResult, Measurement};

/// What codecs cost: BD-rate over time, time by stage, memory, and how close streams are to what their
/// symbols are worth.
pub(super) fn complexity(results: &BenchResults) -> String {
    let charts = [
        ("decoding", decode_milliseconds as fn(&Measurement) -> _),
        ("encoding", encode_milliseconds),
    ]
    .into_iter()
    .filter_map(|(title, time)| chart(results, title, time))
    .collect::<String>();
    let mut html = String::from("<h2>Cost</h2>");
    if let (false, Some(reference)) = (charts.is_empty(), results.references.first()) {
        let _ = write!(
            html,
            "<p>Mean BD-rate against {} by {} over the time of a megapixel (the geometric mean of all \
             cells): down and left is better.</p><div class=\"charts\">{charts}</div>",
            escape(reference),
            results.main_metric().title()
        );
    }
    html.push_str(&table(results));
    html
}

/// A point a codec.
fn chart(
    results: &BenchResults,
    title: &str,
    time: fn(&Measurement) -> Option<f64>,
) -> Option<String> {
    let reference = results.references.first()?;
    let metric = results.main_metric();
    let rate = |codec: &String| match codec == reference {
        true => Some(0.0),
        false => {
            let mut of_codec = results.bd.iter();
            let bd = of_codec.find(|bd| {
                bd.metric == metric && bd.reference == *reference && bd.codec == *codec
            })?;
            Some(bd.bd_rate?.mean)
        }
    };
    let series: Vec<_> = results
        .codecs
        .iter()
        .enumerate()
        .filter_map(|(index, codec)| {
            let milliseconds = geometric_mean(cells(results, codec).filter_map(time))?;
            Some(Series::new(
                codec,
                index,
                vec![(milliseconds, rate(codec)?)],
            ))
        })
        .collect();
    let chart = Chart {
        title,
        x_title: "milliseconds a megapixel, one thread",
        y_title: "BD-rate (%)",
        x_scale: Scale::Logarithmic,
        markers: true,
        series,
    };
    // One point says nothing.
    (chart.series.len() > 1).then(|| chart.svg())
}

fn cells<'a>(
    results: &'a BenchResults,
    codec: &'a str,
) -> impl Iterator<Item = &'a Measurement> + 'a {
    let of_codec = results.cells.iter();
    let of_codec = of_codec.filter(move |cell: &&CellResult| cell.codec == codec);
    of_codec.map(|cell| &cell.measurement)
}

fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<_> = values.map(f64::ln).collect();
    let count = logarithms.len() as f64;
    (count > 0.0).then(|| (logarithms.iter().sum::<f64>() / count).exp())
}

fn decode_milliseconds(m: &Measurement) -> Option<f64> {
    Some(1000.0 / m.decode_frames_per_second? / megapixels(m))
}

fn encode_milliseconds(m: &Measurement) -> Option<f64> {
    Some(1000.0 / m.encode_frames_per_second? / megapixels(m))
}

fn megapixels(m: &Measurement) -> f64 {
    (m.width * m.height) as f64 / 1e6
}

/// A row a codec.
fn table(results: &BenchResults) -> String {
    let mut html = String::from(
        "<table><thead><tr><th></th><th colspan=\"4\">encoding, milliseconds a megapixel</th>\
         <th colspan=\"4\">decoding</th><th colspan=\"2\">memory</th><th>real bits</th></tr>\
         <tr><th>codec</th><th>all</th><th>transform</th><th>entropy</th><th>files</th><th>all</th>\
         <th>transform</th><th>entropy</th><th>files</th><th>encoder</th><th>decoder</th>\
         <th>over estimated</th></tr></thead><tbody>",
    );
    for codec in &results.codecs {
        let _ = write!(html, "<tr><th>{}</th>", escape(codec));
        for (total, stages) in [
            (
                encode_milliseconds as fn(&Measurement) -> _,
                (|m| m.encode_stages) as fn(&Measurement) -> Option<StageTimes>,
            ),
            (decode_milliseconds, |m| m.decode_stages),
        ] {
            let total = geometric_mean(cells(results, codec).filter_map(total));
            html.push_str(&number(total, 1, ""));
            for stage in [
                (|stages| Some(stages.transform_ms)) as fn(StageTimes) -> Option<f64>,
                |stages| Some(stages.entropy_ms),
                |stages| stages.files_ms,
            ] {
                let time = |m: &Measurement| Some(stages(m).and_then(stage)? / megapixels(m));
                html.push_str(&number(mean(cells(results, codec).filter_map(time)), 2, ""));
            }
        }
        for peak in [
            (|m| m.encode_peak_bytes) as fn(&Measurement) -> Option<u64>,
            |m| m.decode_peak_bytes,
        ] {
            let most = cells(results, codec).filter_map(peak).max();
            let mebibytes = most.map(|bytes| bytes as f64 / (1 << 20) as f64);
            html.push_str(&number(mebibytes, 0, " MiB"));
        }
        let excess = |m: &Measurement| Some(100.0 * (m.bytes as f64 / m.estimated_bytes? - 1.0));
        let excess = mean(cells(results, codec).filter_map(excess));
        html.push_str(&number(excess, 3, " %"));
        html.push_str("</tr>");
    }
    html.push_str(
        "</tbody></table><p>Times of the whole are geometric means over cells, without files for this \
         library's codecs. Stages are means over cells, of this library's codecs: the codec without its \
         entropy coder, the entropy coder, and reading and writing of video and streams. Memory is the most \
         that any cell had in use, of ffmpeg over the whole clip and of <code>aivc</code> over three \
         frames, on one thread.</p>",
    );
    html
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<_> = values.collect();
    let count = values.len() as f64;
    (count > 0.0).then(|| values.iter().sum::<f64>() / count)
}

fn number(value: Option<f64>, digits: usize, unit: &str) -> String {
    value.map_or("<td>–</td>".to_owned(), |value| {
        format!("<td>{value:.digits$}{unit}</td>")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_times_is_of_their_logarithms() {
        let mean = geometric_mean([1.0, 100.0].into_iter()).unwrap();
        assert!((mean - 10.0).abs() < 1e-12);
        assert_eq!(geometric_mean(std::iter::empty()), None);
    }
}
