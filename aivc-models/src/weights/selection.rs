//! Parts of tensors: what is left of a model when channels go.

use aivc_entropy::TableSet;
use safetensors::tensor::Dtype;
use serde::Serialize;

use super::{WeightsError, WeightsFile};

impl WeightsFile {
    /// The file with another configuration, to which its tensors have to be cut.
    ///
    /// # Panics
    /// If the configuration does not turn into JSON, which burn's configurations do.
    #[must_use]
    pub(crate) fn with_config(mut self, config: &impl Serialize) -> Self {
        self.set_config(config);
        self
    }

    /// Leaves only these indices of a tensor's axis, whatever its elements are: integers of exact layers
    /// stay the integers that they were.
    ///
    /// # Errors
    /// [`WeightsError::Missing`].
    ///
    /// # Panics
    /// If the tensor has no such axis, or the axis no such index.
    pub(crate) fn select(
        &mut self,
        name: &str,
        axis: usize,
        kept: &[usize],
    ) -> Result<(), WeightsError> {
        let missing = || WeightsError::Missing {
            name: name.to_owned(),
        };
        let tensor = self.tensors.get_mut(name).ok_or_else(missing)?;
        let inner = tensor.shape[axis + 1..].iter().product::<usize>();
        let element = match tensor.dtype {
            Dtype::I8 | Dtype::U8 => 1,
            Dtype::F16 => 2,
            _ => 4,
        };
        let row = inner * element;
        let slabs = tensor.bytes.chunks_exact(tensor.shape[axis] * row);
        tensor.bytes = slabs
            .flat_map(|slab| {
                kept.iter()
                    .flat_map(move |&index| &slab[index * row..][..row])
            })
            .copied()
            .collect();
        tensor.shape[axis] = kept.len();
        Ok(())
    }

    /// Leaves only these tables of a set.
    ///
    /// # Errors
    /// [`WeightsError`] if there is no such set, or it does not parse.
    ///
    /// # Panics
    /// If there is no such table.
    pub(crate) fn select_tables(&mut self, name: &str, kept: &[usize]) -> Result<(), WeightsError> {
        let refused = |source| WeightsError::Tables {
            name: name.to_owned(),
            source,
        };
        let bytes = self
            .tensors
            .get(name)
            .ok_or_else(|| WeightsError::Missing {
                name: name.to_owned(),
            })?;
        let tables = TableSet::from_bytes(&bytes.bytes).map_err(refused)?;
        let kept = kept.iter().map(|&index| tables.tables()[index].clone());
        let tables = TableSet::new(kept.collect()).map_err(refused)?;
        self.store_tables(name, &tables);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_of_any_axis_keeps_whole_elements() {
        let mut file = WeightsFile::new("test", "test", &());
        let bytes: Vec<u8> = (0..2 * 3 * 2).flat_map(|i| [i, 100 + i]).collect();
        file.insert("a".into(), Dtype::F16, vec![2, 3, 2], bytes);
        file.select("a", 1, &[0, 2]).unwrap();
        let tensor = &file.tensors["a"];
        assert_eq!(tensor.shape, [2, 2, 2]);
        let low: Vec<u8> = tensor.bytes.iter().step_by(2).copied().collect();
        assert_eq!(low, [0, 1, 4, 5, 6, 7, 10, 11]);
        file.select("a", 0, &[1]).unwrap();
        file.select("a", 2, &[1]).unwrap();
        assert_eq!(file.tensors["a"].bytes, [7, 107, 11, 111]);
    }
}
