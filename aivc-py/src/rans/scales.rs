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
        let nearest = NearestScale::new();
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
            indices.push(nearest.index(scale));
        }
        Ok::<Vec<u16>, Failure>(indices)
    })?;
    let shape = Dim([indices.len()]);
    Ok(into_array(py, indices, shape))
}

/// Finds the nearest scale from the first bits of a number: in 9 ns instead of the 14 of a binary
/// search, the copies around it included.
struct NearestScale {
    /// Geometric means of neighbours; an index is the number of those below.
    middles: Vec<f64>,
    /// By key, the index of the smallest number with that key.
    first: Vec<u16>,
    lowest_key: u64,
}

impl NearestScale {
    fn new() -> Self {
        let grid = gaussian::scale_grid();
        let middles: Vec<f64> = grid
            .windows(2)
            .map(|pair| (pair[0] * pair[1]).sqrt())
            .collect();
        let lowest_key = key(grid[0]);
        let first = (lowest_key..=key(grid[grid.len() - 1]))
            .map(|key| {
                let smallest = f64::from_bits(key << KEY_SHIFT);
                middles.partition_point(|&middle| middle < smallest) as u16
            })
            .collect();
        Self {
            middles,
            first,
            lowest_key,
        }
    }

    fn index(&self, scale: f64) -> u16 {
        let position = key(scale).saturating_sub(self.lowest_key) as usize;
        let mut index = self.first[position.min(self.first.len() - 1)];
        // A step at most for numbers on the grid: keys are 1.6 % apart, scales 13 %.
        while self
            .middles
            .get(usize::from(index))
            .is_some_and(|&middle| middle < scale)
        {
            index += 1;
        }
        index
    }
}

/// Drops all but 6 bits of the mantissa.
const KEY_SHIFT: u32 = 52 - 6;

/// Exponent and first bits of the mantissa; rises with the number's distance from 0.
fn key(scale: f64) -> u64 {
    // A zero may have a sign.
    scale.abs().to_bits() >> KEY_SHIFT
}
