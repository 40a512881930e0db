//! NumPy arrays to slices that are safe to use, and back.

use numpy::ndarray::{Array, Dimension};
use numpy::{
    Element, IntoPyArray, PyArray, PyArrayDyn, PyArrayMethods, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;

use crate::failure::Failure;

/// A copy of an array's elements, row by row; `None` if they are of another type.
///
/// # Errors
/// When the array is not contiguous and aligned, as the Python side makes them, or the copy does not
/// fit into memory.
pub fn elements<T: Element + Copy>(
    array: &Bound<'_, PyUntypedArray>,
) -> Result<Option<Vec<T>>, Failure> {
    let Ok(array) = array.cast::<PyArrayDyn<T>>() else {
        return Ok(None);
    };
    let view = array
        .try_readonly()
        .map_err(|error| Failure::argument(format!("the array cannot be read: {error}")))?;
    if !array.is_c_contiguous() {
        return Err(Failure::argument("the array is not contiguous"));
    }
    let slice = view
        .as_slice()
        .map_err(|error| Failure::argument(format!("the array cannot be read: {error}")))?;
    let mut copy = Vec::new();
    copy.try_reserve_exact(slice.len())
        .map_err(|_| Failure::memory(size_of_val(slice)))?;
    copy.extend_from_slice(slice);
    Ok(Some(copy))
}

/// As [`elements`], of a type that is asked for.
///
/// # Errors
/// As [`elements`], and when the elements are of another type.
pub fn elements_of<T: Element + Copy>(
    array: &Bound<'_, PyUntypedArray>,
    name: &str,
) -> Result<Vec<T>, Failure> {
    elements(array)?.ok_or_else(|| {
        let dtype = array.dtype();
        Failure::argument(format!("{name} has the dtype {dtype}, which is not read"))
    })
}

/// A new array of this shape, without a copy.
///
/// # Panics
/// If the shape does not fit the values.
pub fn into_array<'py, T: Element, D: Dimension>(
    py: Python<'py>,
    values: Vec<T>,
    shape: D,
) -> Bound<'py, PyArray<T, D>> {
    Array::from_shape_vec(shape, values)
        .expect("the caller made as many values as the shape has")
        .into_pyarray(py)
}
