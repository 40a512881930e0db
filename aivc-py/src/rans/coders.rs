use aivc_entropy::{SymbolDecoder, SymbolEncoder, TableSet};
use numpy::ndarray::Dim;
use numpy::{PyArray1, PyUntypedArray};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use self_cell::self_cell;

use super::Tables;
use crate::arrays::{elements_of, into_array};
use crate::failure::Failure;
use crate::session::Locked;

/// Codes values, each with the table that the index at its position names.
#[pyfunction]
pub fn rans_encode<'py>(
    py: Python<'py>,
    values: &Bound<'py, PyUntypedArray>,
    indices: &Bound<'py, PyUntypedArray>,
    tables: &Bound<'py, Tables>,
) -> Result<Bound<'py, PyBytes>, Failure> {
    let values: Vec<i32> = elements_of(values, "values")?;
    let indices: Vec<u16> = elements_of(indices, "indices")?;
    let set = &tables.get().set;
    let bytes = py.detach(|| {
        let mut encoder = SymbolEncoder::new();
        encoder.encode(set, &indices, &values)?;
        Ok::<_, Failure>(encoder.finish())
    })?;
    Ok(PyBytes::new(py, &bytes))
}

/// Decodes a whole stream.
#[pyfunction]
pub fn rans_decode<'py>(
    py: Python<'py>,
    data: PyBackedBytes,
    indices: &Bound<'py, PyUntypedArray>,
    tables: &Bound<'py, Tables>,
) -> Result<Bound<'py, PyArray1<i32>>, Failure> {
    let indices: Vec<u16> = elements_of(indices, "indices")?;
    let set = &tables.get().set;
    let values = py.detach(|| {
        let mut decoder = SymbolDecoder::new(&data)?;
        let values = decode(&mut decoder, set, &indices)?;
        decoder.finish()?;
        Ok::<_, Failure>(values)
    })?;
    let shape = Dim([values.len()]);
    Ok(into_array(py, values, shape))
}

fn decode(
    decoder: &mut SymbolDecoder<'_>,
    set: &TableSet,
    indices: &[u16],
) -> Result<Vec<i32>, Failure> {
    let mut values = Vec::new();
    values
        .try_reserve_exact(indices.len())
        .map_err(|_| Failure::memory(4 * indices.len()))?;
    values.resize(indices.len(), 0);
    decoder.decode(set, indices, &mut values)?;
    Ok(values)
}

/// Codes one stream in several calls.
#[pyclass(frozen, module = "aivc._native")]
pub struct RansEncoder {
    state: Locked<Option<SymbolEncoder>>,
}

#[pymethods]
impl RansEncoder {
    #[new]
    fn new() -> Self {
        Self {
            state: Locked::new(Some(SymbolEncoder::new()), None),
        }
    }

    fn encode(
        &self,
        py: Python<'_>,
        values: &Bound<'_, PyUntypedArray>,
        indices: &Bound<'_, PyUntypedArray>,
        tables: &Bound<'_, Tables>,
    ) -> Result<(), Failure> {
        let values: Vec<i32> = elements_of(values, "values")?;
        let indices: Vec<u16> = elements_of(indices, "indices")?;
        let set = &tables.get().set;
        py.detach(|| {
            self.state.with(|state| {
                let encoder = state.as_mut().ok_or_else(finished)?;
                Ok(encoder.encode(set, &indices, &values)?)
            })
        })
    }

    fn encode_bits(&self, py: Python<'_>, value: u32, bits: u8) -> Result<(), Failure> {
        py.detach(|| {
            self.state.with(|state| {
                let encoder = state.as_mut().ok_or_else(finished)?;
                Ok(encoder.encode_bits(value, bits)?)
            })
        })
    }

    fn finish<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>, Failure> {
        let bytes = py.detach(|| {
            self.state
                .with(|state| Ok(state.take().ok_or_else(finished)?.finish()))
        })?;
        Ok(PyBytes::new(py, &bytes))
    }
}

fn finished() -> Failure {
    Failure::argument("the coder is finished; make another one")
}

self_cell!(
    /// A decoder with the bytes that it reads.
    struct OwningDecoder {
        owner: PyBackedBytes,
        #[covariant]
        dependent: SymbolDecoder,
    }
);

/// Decodes one stream in several calls.
#[pyclass(frozen, module = "aivc._native")]
pub struct RansDecoder {
    state: Locked<Option<OwningDecoder>>,
}

#[pymethods]
impl RansDecoder {
    #[new]
    fn new(data: PyBackedBytes) -> Result<Self, Failure> {
        let decoder = OwningDecoder::try_new(data, |data| SymbolDecoder::new(data))?;
        Ok(Self {
            state: Locked::new(Some(decoder), None),
        })
    }

    fn decode<'py>(
        &self,
        py: Python<'py>,
        indices: &Bound<'py, PyUntypedArray>,
        tables: &Bound<'py, Tables>,
    ) -> Result<Bound<'py, PyArray1<i32>>, Failure> {
        let indices: Vec<u16> = elements_of(indices, "indices")?;
        let set = &tables.get().set;
        let values = py.detach(|| {
            self.state.with(|state| {
                let decoder = state.as_mut().ok_or_else(finished)?;
                decoder.with_dependent_mut(|_, decoder| decode(decoder, set, &indices))
            })
        })?;
        let shape = Dim([values.len()]);
        Ok(into_array(py, values, shape))
    }

    fn decode_bits(&self, py: Python<'_>, bits: u8) -> Result<u32, Failure> {
        py.detach(|| {
            self.state.with(|state| {
                let decoder = state.as_mut().ok_or_else(finished)?;
                Ok(decoder.with_dependent_mut(|_, decoder| decoder.decode_bits(bits))?)
            })
        })
    }

    /// Checks that the stream was decoded to its end.
    fn finish(&self, py: Python<'_>) -> Result<(), Failure> {
        py.detach(|| {
            self.state.with(|state| {
                let decoder = state.take().ok_or_else(finished)?;
                Ok(decoder.borrow_dependent().clone().finish()?)
            })
        })
    }
}
