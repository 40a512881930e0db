use aivc_core::frame::Frame;
use aivc_core::metrics::{self, Psnr, RatePoint};
use pyo3::prelude::*;

use crate::failure::Failure;
use crate::frames::frame_from;

/// Calls a metric with both frames, without the interpreter.
fn compare<T: Send, E: Into<Failure>>(
    py: Python<'_>,
    reference: &Bound<'_, PyAny>,
    distorted: &Bound<'_, PyAny>,
    metric: impl FnOnce(&Frame, &Frame) -> Result<T, E> + Send,
) -> Result<T, Failure> {
    let (reference, distorted) = (frame_from(reference)?, frame_from(distorted)?);
    py.detach(|| metric(&reference, &distorted).map_err(Into::into))
}

/// Decibels of the planes, their weighted mean, and those of the pooled error.
#[pyfunction]
pub fn psnr(
    py: Python<'_>,
    reference: &Bound<'_, PyAny>,
    distorted: &Bound<'_, PyAny>,
) -> Result<([f64; 3], f64, f64), Failure> {
    let Psnr {
        planes,
        average,
        pooled,
    } = compare(py, reference, distorted, metrics::psnr)?;
    Ok((planes, average, pooled))
}

#[pyfunction]
pub fn ssim(
    py: Python<'_>,
    reference: &Bound<'_, PyAny>,
    distorted: &Bound<'_, PyAny>,
) -> Result<Option<f64>, Failure> {
    compare(py, reference, distorted, metrics::ssim)
}

#[pyfunction]
pub fn ms_ssim(
    py: Python<'_>,
    reference: &Bound<'_, PyAny>,
    distorted: &Bound<'_, PyAny>,
) -> Result<Option<f64>, Failure> {
    compare(py, reference, distorted, metrics::ms_ssim)
}

#[pyfunction]
pub fn ssimulacra2(
    py: Python<'_>,
    reference: &Bound<'_, PyAny>,
    distorted: &Bound<'_, PyAny>,
) -> Result<Option<f64>, Failure> {
    compare(py, reference, distorted, metrics::ssimulacra2)
}

#[pyfunction]
pub fn bd_rate(anchor: Vec<(f64, f64)>, test: Vec<(f64, f64)>) -> Result<f64, Failure> {
    Ok(metrics::bd_rate(&points(anchor), &points(test))?)
}

#[pyfunction]
pub fn bd_psnr(anchor: Vec<(f64, f64)>, test: Vec<(f64, f64)>) -> Result<f64, Failure> {
    Ok(metrics::bd_psnr(&points(anchor), &points(test))?)
}

fn points(curve: Vec<(f64, f64)>) -> Vec<RatePoint> {
    curve
        .into_iter()
        .map(|(rate, quality)| RatePoint { rate, quality })
        .collect()
}
