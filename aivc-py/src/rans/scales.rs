use aivc_entropy::gaussian;
use numpy::ndarray::Dim;
use numpy::{PyArray1, PyUntypedArray};
use pyo3::prelude::*;

use crate::arrays::{elements_of, into_array};
use crate::failure::Failure;

/// The standard deviations of the Gaussian tables.
#[pyfunction]
pub fn scale_grid(py: Python<'_>) -> Bound<'_, PyArray1<f64>> {
    let grid = gaussian::scale_grid();
    into_array(py, grid.to_vec(), Dim([grid.len()]))
}

/// The table whose scale is nearest to each of these, by ratio.
///
/// Comparisons, a multiplication and a square root decide, which IEEE 754 rounds in one way: the same
/// scales name the same tables on every machine.
#[pyfunction]
pub fn scale_indices<'py>(
    py: Python<'py>,
    scales: &Bound<'py, PyUntypedArray>,
) -> Result<Bound<'py, PyArray1<u16>>, Failure> {
    let scales: Vec<f64> = elements_of(scales, "scales")?;
    let indices = py.detach(|| {
        let grid = gaussian::scale_grid();
        let middles: Vec<f64> = grid
            .windows(2)
            .map(|pair| (pair[0] * pair[1]).sqrt())
            .collect();
        let mut indices = Vec::new();
        indices
            .try_reserve_exact(scales.len())
            .map_err(|_| Failure::memory(2 * scales.len()))?;
        for &scale in &scales {
            if !(scale >= 0.0 && scale.is_finite()) {
                return Err(Failure::argument(format!(
                    "scale {scale} is not a finite number of at least 0"
                )));
            }
            indices.push(middles.partition_point(|&middle| middle < scale) as u16);
        }
        Ok::<Vec<u16>, Failure>(indices)
    })?;
    let shape = Dim([indices.len()]);
    Ok(into_array(py, indices, shape))
}
