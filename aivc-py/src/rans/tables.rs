use std::sync::Arc;

use aivc_entropy::{CdfTable, TableError, TableSet, gaussian};
use numpy::ndarray::Dim;
use numpy::{PyArray1, PyUntypedArray};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::arrays::{elements_of, into_array};
use crate::failure::Failure;

/// Probability tables that symbols name by index.
#[pyclass(frozen, module = "aivc._native")]
pub struct Tables {
    pub set: Arc<TableSet>,
}

impl Tables {
    fn new(set: TableSet) -> Self {
        Self { set: Arc::new(set) }
    }
}

#[pymethods]
impl Tables {
    /// Tables whose frequencies lie one after another in `frequencies`; `lengths` says how many are
    /// of each, and `minima` the value of its first.
    #[staticmethod]
    fn from_frequencies(
        py: Python<'_>,
        frequencies: &Bound<'_, PyUntypedArray>,
        lengths: &Bound<'_, PyUntypedArray>,
        minima: &Bound<'_, PyUntypedArray>,
    ) -> Result<Self, Failure> {
        let frequencies: Vec<u32> = elements_of(frequencies, "frequencies")?;
        let shapes = shapes(lengths, minima, frequencies.len())?;
        py.detach(|| {
            let tables = parts(&shapes, &frequencies)
                .map(|(_, min, part)| CdfTable::from_frequencies(min, part));
            Ok(Self::new(TableSet::new(
                tables.collect::<Result<_, TableError>>()?,
            )?))
        })
    }

    /// As [`from_frequencies`](Self::from_frequencies), from weights and those of the escapes.
    #[staticmethod]
    fn from_weights(
        py: Python<'_>,
        weights: &Bound<'_, PyUntypedArray>,
        lengths: &Bound<'_, PyUntypedArray>,
        minima: &Bound<'_, PyUntypedArray>,
        escape_weights: &Bound<'_, PyUntypedArray>,
    ) -> Result<Self, Failure> {
        let weights: Vec<f64> = elements_of(weights, "weights")?;
        let escapes: Vec<f64> = elements_of(escape_weights, "escape weights")?;
        let shapes = shapes(lengths, minima, weights.len())?;
        if escapes.len() != shapes.len() {
            return Err(Failure::argument(format!(
                "{} tables come with {} escape weights",
                shapes.len(),
                escapes.len()
            )));
        }
        py.detach(|| {
            let tables = parts(&shapes, &weights)
                .map(|(index, min, part)| CdfTable::from_weights(min, part, escapes[index]));
            Ok(Self::new(TableSet::new(
                tables.collect::<Result<_, TableError>>()?,
            )?))
        })
    }

    #[staticmethod]
    fn gaussian(py: Python<'_>) -> Self {
        py.detach(|| Self::new(gaussian::gaussian_tables()))
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> Result<Self, Failure> {
        py.detach(|| Ok(Self::new(TableSet::from_bytes(data)?)))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = py.detach(|| self.set.to_bytes());
        PyBytes::new(py, &bytes)
    }

    fn __len__(&self) -> usize {
        self.set.len()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other
            .cast::<Self>()
            .is_ok_and(|other| other.get().set == self.set)
    }

    fn __hash__(&self, py: Python<'_>) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        py.detach(|| {
            let mut hasher = DefaultHasher::new();
            self.set.tables().hash(&mut hasher);
            hasher.finish()
        })
    }

    /// The first value of a table and its frequencies, the escape's last.
    fn table<'py>(
        &self,
        py: Python<'py>,
        index: usize,
    ) -> PyResult<(i32, Bound<'py, PyArray1<u32>>)> {
        let table = self.set.tables().get(index).ok_or_else(|| {
            PyIndexError::new_err(format!(
                "there is no table {index}; the set has {}",
                self.set.len()
            ))
        })?;
        let frequencies: Vec<u32> = table.frequencies().iter().map(|&f| f.into()).collect();
        let shape = Dim([frequencies.len()]);
        Ok((table.min(), into_array(py, frequencies, shape)))
    }

    /// What coding the values would ideally cost, in bits.
    fn cost_bits(
        &self,
        py: Python<'_>,
        values: &Bound<'_, PyUntypedArray>,
        indices: &Bound<'_, PyUntypedArray>,
    ) -> Result<f64, Failure> {
        let values: Vec<i32> = elements_of(values, "values")?;
        let indices: Vec<u16> = elements_of(indices, "indices")?;
        check_indices(&self.set, &indices, values.len())?;
        Ok(py.detach(|| {
            let pairs = indices.iter().zip(&values);
            pairs
                .map(|(&index, &value)| self.set.cost_bits(index, value))
                .sum()
        }))
    }
}

/// A table's number of bins and first value.
type Shape = (usize, i32);

fn shapes(
    lengths: &Bound<'_, PyUntypedArray>,
    minima: &Bound<'_, PyUntypedArray>,
    available: usize,
) -> Result<Vec<Shape>, Failure> {
    let lengths: Vec<u32> = elements_of(lengths, "lengths")?;
    let minima: Vec<i32> = elements_of(minima, "minima")?;
    if lengths.len() != minima.len() {
        return Err(Failure::argument(format!(
            "{} tables come with {} minima",
            lengths.len(),
            minima.len()
        )));
    }
    let needed: u64 = lengths.iter().map(|&length| u64::from(length)).sum();
    if needed != available as u64 {
        return Err(Failure::argument(format!(
            "the tables have {needed} bins together, not {available}"
        )));
    }
    let lengths = lengths.into_iter().map(|length| length as usize);
    Ok(lengths.zip(minima).collect())
}

/// Number, first value and bins of each table.
fn parts<'a, T>(
    shapes: &'a [Shape],
    mut rest: &'a [T],
) -> impl Iterator<Item = (usize, i32, &'a [T])> {
    shapes
        .iter()
        .enumerate()
        .map(move |(index, &(length, min))| {
            // `shapes` held the sum of the lengths to that of the bins.
            let (part, tail) = rest.split_at(length);
            rest = tail;
            (index, min, part)
        })
}

/// Refuses indices that name no table, and another number of them than of values.
fn check_indices(set: &TableSet, indices: &[u16], values: usize) -> Result<(), Failure> {
    if indices.len() != values {
        return Err(Failure::argument(format!(
            "{values} values come with {} table indices",
            indices.len()
        )));
    }
    match indices
        .iter()
        .find(|&&index| usize::from(index) >= set.len())
    {
        Some(index) => Err(Failure::argument(format!(
            "there is no table {index}; the set has {}",
            set.len()
        ))),
        None => Ok(()),
    }
}
