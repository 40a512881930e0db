use std::fmt::Write as _;

use super::escape;

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 44.0;

/// Colours that differ for most colour-blind people too: P. Tol, "Colour Schemes", 2021, "bright"
/// and "muted".
pub(super) const COLORS: [&str; 10] = [
    "#ee6677", "#4477aa", "#228833", "#aa3377", "#66ccee", "#ccbb44", "#332288", "#882255",
    "#44aa99", "#999933",
];

/// How positions follow from values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    Linear,
    Logarithmic,
}

/// Curves over two axes, drawn as SVG.
pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    pub(super) x_title: &'a str,
    pub(super) y_title: &'a str,
    pub(super) x_scale: Scale,
    pub(super) markers: bool,
    pub(super) series: Vec<Series>,
}

/// A named curve.
pub(super) struct Series {
    name: String,
    color: usize,
    points: Vec<(f64, f64)>,
}

impl Series {
    pub(super) fn new(name: &str, color: usize, mut points: Vec<(f64, f64)>) -> Self {
        points.retain(|(x, y)| x.is_finite() && y.is_finite());
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self {
            name: name.to_owned(),
            color,
            points,
        }
    }
}

impl Chart<'_> {
    pub(super) fn svg(&self) -> String {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let along = |x: f64| match self.x_scale {
            Scale::Linear => x,
            Scale::Logarithmic => x.max(1e-9).log10(),
        };
        let x_axis = Axis::around(points().map(|point| along(point.0)), 0.02);
        let y_axis = Axis::around(points().map(|point| point.1), 0.05);
        let x = |value: f64| LEFT + x_axis.part(along(value)) * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| HEIGHT - BOTTOM - y_axis.part(value) * (HEIGHT - TOP - BOTTOM);

        let legend_rows = self.series.len().div_ceil(2) as f64;
        let height = HEIGHT + 16.0 * legend_rows + 6.0;
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">\
             <text x=\"{LEFT}\" y=\"18\" class=\"title\">{title}</text>",
            title = escape(self.title)
        );
        let (low, high) = (HEIGHT - BOTTOM, TOP);
        for tick in y_axis.ticks() {
            let at = y(tick);
            let _ = write!(
                svg,
                "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\" class=\"grid\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" class=\"end\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                at + 4.0,
                number(tick)
            );
        }
        let x_ticks = match self.x_scale {
            Scale::Linear => x_axis.ticks(),
            Scale::Logarithmic => {
                logarithmic_ticks(10f64.powf(x_axis.low), 10f64.powf(x_axis.high))
            }
        };
        for tick in x_ticks {
            let at = x(tick);
            let _ = write!(
                svg,
                "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{low}\" y2=\"{high}\" class=\"grid\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" class=\"middle\">{}</text>",
                low + 16.0,
                number(tick)
            );
        }
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" class=\"middle\">{}</text>\
             <text x=\"12\" y=\"{middle:.1}\" transform=\"rotate(-90 12 {middle:.1})\" class=\"middle\">{}</text>",
            (LEFT + WIDTH - RIGHT) / 2.0,
            low + 34.0,
            escape(self.x_title),
            escape(self.y_title),
            middle = (low + high) / 2.0,
        );
        for (place, series) in self.series.iter().enumerate() {
            let color = COLORS[series.color % COLORS.len()];
            let dash = if series.color >= COLORS.len() {
                " stroke-dasharray=\"5 3\""
            } else {
                ""
            };
            let line: Vec<_> = series
                .points
                .iter()
                .map(|&(px, py)| format!("{:.1},{:.1}", x(px), y(py)))
                .collect();
            let _ = write!(
                svg,
                "<polyline points=\"{}\" stroke=\"{color}\"{dash}/>",
                line.join(" ")
            );
            if self.markers {
                // A curve of one point is all marker.
                let radius = if series.points.len() == 1 { 5 } else { 3 };
                for &(px, py) in &series.points {
                    let _ = write!(
                        svg,
                        "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius}\" fill=\"{color}\"><title>{}: {}, {}</title></circle>",
                        x(px),
                        y(py),
                        escape(&series.name),
                        number(px),
                        number(py)
                    );
                }
            }
            let column = LEFT + (place % 2) as f64 * (WIDTH - LEFT) / 2.0;
            let row = HEIGHT + 8.0 + (place / 2) as f64 * 16.0;
            let _ = write!(
                svg,
                "<line x1=\"{column}\" x2=\"{:.1}\" y1=\"{row}\" y2=\"{row}\" stroke=\"{color}\" stroke-width=\"3\"{dash}/>\
                 <text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                column + 18.0,
                column + 24.0,
                row + 4.0,
                escape(&series.name)
            );
        }
        svg.push_str("</svg>");
        svg
    }
}

/// The range of an axis, in what is proportional to positions.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    fn around(values: impl Iterator<Item = f64>, margin: f64) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        match high - low {
            range if range.is_finite() && range > 0.0 => Self {
                low: low - margin * range,
                high: high + margin * range,
            },
            _ if low.is_finite() => Self {
                low: low - 0.5,
                high: low + 0.5,
            },
            _ => Self {
                low: 0.0,
                high: 1.0,
            },
        }
    }

    fn part(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// About six round numbers.
    fn ticks(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / 6.0;
        let magnitude = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|factor| factor * magnitude)
            .into_iter()
            .find(|step| *step >= rough)
            .unwrap_or(10.0 * magnitude);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        (first..=last).map(|tick| tick as f64 * step).collect()
    }
}

/// 1, 2 and 5 times powers of ten.
fn logarithmic_ticks(low: f64, high: f64) -> Vec<f64> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    (first..=last)
        .flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * 10f64.powi(power)))
        .filter(|tick| (low..=high).contains(tick))
        .collect()
}

fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        size if size >= 0.1 => 3,
        _ => 5,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let axis = Axis {
            low: 29.7,
            high: 41.2,
        };
        assert_eq!(axis.ticks(), [30.0, 32.0, 34.0, 36.0, 38.0, 40.0]);
        assert_eq!(logarithmic_ticks(0.03, 0.6).len(), 4);
        assert_eq!(
            [number(0.05), number(40.0), number(100.0)],
            ["0.05", "40", "100"]
        );
    }

    #[test]
    fn a_chart_without_spread_has_no_number_that_is_none() {
        for points in [vec![], vec![(0.0, 5.0)], vec![(1.0, f64::NAN)]] {
            let chart = Chart {
                title: "t",
                x_title: "x",
                y_title: "y",
                x_scale: Scale::Logarithmic,
                markers: true,
                series: vec![Series::new("s", 0, points)],
            };
            let svg = chart.svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
