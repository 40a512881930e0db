/// A piecewise cubic Hermite interpolant that keeps the monotonicity of its points.
///
/// F. N. Fritsch and J. Butland, "A method for constructing local monotone piecewise cubic
/// interpolants", 1984: slopes are weighted harmonic means of the neighbouring secants, and zero at
/// local extrema; at the ends a three-point formula, limited as in C. Moler, "Numerical Computing
/// with MATLAB", 2004, `pchiptx`. The same as `scipy.interpolate.PchipInterpolator`.
#[derive(Debug)]
pub(super) struct Pchip {
    x: Vec<f64>,
    y: Vec<f64>,
    slopes: Vec<f64>,
}

impl Pchip {
    /// Interpolates at least two points; `x` increases strictly.
    pub(super) fn new(x: Vec<f64>, y: Vec<f64>) -> Self {
        assert!(
            x.len() >= 2 && x.len() == y.len(),
            "an interpolant needs two points or more"
        );
        let widths: Vec<f64> = x.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let secants: Vec<f64> = y
            .windows(2)
            .zip(&widths)
            .map(|(pair, width)| (pair[1] - pair[0]) / width)
            .collect();
        let slopes = slopes(&widths, &secants);
        Self { x, y, slopes }
    }

    /// The integral from `low` to `high`, which lie inside the points' range.
    pub(super) fn integral(&self, low: f64, high: f64) -> f64 {
        let mut sum = 0.0;
        for piece in 0..self.x.len() - 1 {
            let (left, right) = (self.x[piece], self.x[piece + 1]);
            let (from, to) = (low.max(left), high.min(right));
            if from < to {
                sum += self.antiderivative(piece, to) - self.antiderivative(piece, from);
            }
        }
        sum
    }

    /// The integral of a piece from its left end to `x`.
    fn antiderivative(&self, piece: usize, x: f64) -> f64 {
        let width = self.x[piece + 1] - self.x[piece];
        let t = (x - self.x[piece]) / width;
        let (left, right) = (self.y[piece], self.y[piece + 1]);
        let (left_slope, right_slope) =
            (width * self.slopes[piece], width * self.slopes[piece + 1]);
        // The cubic in t is left + left_slope·t + square·t² + cube·t³.
        let square = 3.0 * (right - left) - 2.0 * left_slope - right_slope;
        let cube = 2.0 * (left - right) + left_slope + right_slope;
        width * t * (left + t * (left_slope / 2.0 + t * (square / 3.0 + t * cube / 4.0)))
    }
}

fn slopes(widths: &[f64], secants: &[f64]) -> Vec<f64> {
    let last = secants.len() - 1;
    if last == 0 {
        return vec![secants[0]; 2];
    }
    let mut slopes = vec![end_slope(widths[0], widths[1], secants[0], secants[1])];
    for (width, secant) in widths.windows(2).zip(secants.windows(2)) {
        slopes.push(inner_slope(width[0], width[1], secant[0], secant[1]));
    }
    slopes.push(end_slope(
        widths[last],
        widths[last - 1],
        secants[last],
        secants[last - 1],
    ));
    slopes
}

fn inner_slope(left_width: f64, right_width: f64, left: f64, right: f64) -> f64 {
    if left * right <= 0.0 {
        return 0.0;
    }
    let left_weight = 2.0 * right_width + left_width;
    let right_weight = right_width + 2.0 * left_width;
    (left_weight + right_weight) / (left_weight / left + right_weight / right)
}

/// The slope at an end point, from the secants of the nearest and the next piece.
fn end_slope(near_width: f64, next_width: f64, near: f64, next: f64) -> f64 {
    let slope =
        ((2.0 * near_width + next_width) * near - near_width * next) / (near_width + next_width);
    if slope * near <= 0.0 {
        0.0
    } else if near * next <= 0.0 && slope.abs() > 3.0 * near.abs() {
        3.0 * near
    } else {
        slope
    }
}
