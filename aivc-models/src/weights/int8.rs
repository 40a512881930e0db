//! Kernels of float layers as 8-bit integers: a smaller file, computed with in floats as before.

use burn::tensor::f16;
use safetensors::tensor::Dtype;

use super::file::{FIRST_FORMAT_VERSION, HostTensor, INT8_FORMAT_VERSION};
use super::{WeightsError, WeightsFile};

/// Greatest `|q|` of a weight `q·scale`.
const LIMIT: f32 = 127.0;
/// Tensors of fewer dimensions are biases, normalizations, gains and priors: small, and sensitive.
const KERNEL_DIMENSIONS: usize = 4;
/// Weights of an output channel that share a scale. With one scale for all of them, small weights of large
/// inputs were rounded as coarsely as the channel's largest one: +2.2 % of rate for `hyperprior-small`.
const GROUP: usize = 64;

/// Where the scales of a kernel lie, `[channels_out, groups]`.
fn scales_of(name: &str) -> String {
    format!("{name}.scales")
}

/// Weights of an output channel, and groups of them.
fn sizes(shape: &[usize]) -> (usize, usize) {
    let row = shape[1..].iter().product::<usize>();
    (row, row.div_ceil(GROUP))
}

impl WeightsFile {
    /// The model with the kernels of its float layers as 8-bit integers: `q·scale` with a scale for 64
    /// weights of an output channel, the nearest integers. All that is exact, and the tables, stay as they are. It is
    /// another model, with a hash of its own.
    ///
    /// # Errors
    /// [`WeightsError::NoFloatKernels`] if there is nothing to do, and [`WeightsError::NotFinite`].
    pub fn with_int8_kernels(&self) -> Result<Self, WeightsError> {
        let mut file = self.clone();
        let is_kernel = |tensor: &HostTensor| {
            tensor.dtype == Dtype::F16 && tensor.shape.len() >= KERNEL_DIMENSIONS
        };
        let kernels = self.tensors.iter().filter(|(_, tensor)| is_kernel(tensor));
        let mut found = false;
        for (name, tensor) in kernels {
            found = true;
            let shape = tensor.shape.clone();
            let (row, groups) = sizes(&shape);
            let (integers, scales) = quantize(&halves(&tensor.bytes), row)
                .ok_or_else(|| WeightsError::NotFinite { name: name.clone() })?;
            let scales = scales
                .iter()
                .flat_map(|scale| scale.to_le_bytes())
                .collect();
            file.insert(scales_of(name), Dtype::F32, vec![shape[0], groups], scales);
            let integers = integers.into_iter().map(|q| q as u8).collect();
            file.insert(name.clone(), Dtype::I8, shape, integers);
        }
        if !found {
            return Err(WeightsError::NoFloatKernels);
        }
        file.format_version = INT8_FORMAT_VERSION;
        Ok(file)
    }

    /// The same numbers without 8-bit integers, in a file of the first version.
    ///
    /// # Errors
    /// [`WeightsError`] if a kernel is not what the format says.
    pub(crate) fn with_half_kernels(&self) -> Result<Self, WeightsError> {
        let mut file = self.clone();
        file.format_version = FIRST_FORMAT_VERSION;
        for name in self.tensors.keys() {
            if file.tensors.remove(&scales_of(name)).is_some() {
                let shape = self.tensors[name].shape.clone();
                let values = self.int8_values(name, &shape)?.into_iter();
                let bytes = values.flat_map(|value| f16::from_f32(value).to_le_bytes());
                file.insert(name.clone(), Dtype::F16, shape, bytes.collect());
            }
        }
        Ok(file)
    }

    /// Whether the kernels of float layers are 8-bit integers.
    pub fn has_int8_kernels(&self) -> bool {
        self.format_version == INT8_FORMAT_VERSION
    }

    /// The values of a float parameter, 16-bit floats all of them, and the names of the tensors that hold
    /// them.
    ///
    /// # Errors
    /// [`WeightsError`] if it is missing, of the wrong shape or type, or not finite.
    pub(super) fn float_values(
        &self,
        name: &str,
        shape: &[usize],
    ) -> Result<(Vec<f32>, Vec<String>), WeightsError> {
        let is_int8 = self.has_int8_kernels() && shape.len() >= KERNEL_DIMENSIONS;
        let mut names = vec![name.to_owned()];
        let values = if is_int8 {
            names.push(scales_of(name));
            self.int8_values(name, shape)?
        } else {
            halves(self.typed(name, Dtype::F16, "F16", shape)?)
        };
        if !values.iter().all(|value| value.is_finite()) {
            return Err(WeightsError::NotFinite {
                name: name.to_owned(),
            });
        }
        Ok((values, names))
    }

    fn int8_values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let (row, groups) = sizes(shape);
        let integers = self.typed(name, Dtype::I8, "I8", shape)?;
        let scales = self.typed(&scales_of(name), Dtype::F32, "F32", &[shape[0], groups])?;
        let scales = scales.as_chunks::<4>().0.iter();
        let rows = integers.chunks(row.max(1));
        let pairs = rows.flat_map(|row| row.chunks(GROUP)).zip(scales);
        let mut values = Vec::with_capacity(integers.len());
        for (group, scale) in pairs {
            let scale = f32::from_le_bytes(*scale);
            values.extend(group.iter().map(|&q| half(f32::from(q as i8) * scale)));
        }
        Ok(values)
    }
}

/// Rounded to 16 bits: stored again without integers, the model is the same.
fn half(value: f32) -> f32 {
    f16::from_f32(value).to_f32()
}

fn halves(bytes: &[u8]) -> Vec<f32> {
    let pairs = bytes.as_chunks::<2>().0.iter();
    pairs
        .map(|pair| f16::from_le_bytes(*pair).to_f32())
        .collect()
}

/// The nearest integers, and the scale of each group; none if a value is not finite.
fn quantize(values: &[f32], row: usize) -> Option<(Vec<i8>, Vec<f32>)> {
    let mut integers = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(values.len().div_ceil(GROUP));
    for group in values.chunks(row.max(1)).flat_map(|row| row.chunks(GROUP)) {
        if !group.iter().all(|value| value.is_finite()) {
            return None;
        }
        let sizes = group.iter().map(|value| value.abs());
        let largest = sizes.fold(0f32, f32::max);
        // A group of zeros has no scale of its own.
        let scale = if largest > 0.0 { largest / LIMIT } else { 1.0 };
        integers.extend(group.iter().map(|value| (value / scale).round() as i8));
        scales.push(scale);
    }
    Some((integers, scales))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two output channels of 100 weights, the second one larger, with a large weight in its second group.
    #[test]
    fn values_are_within_half_a_step_of_their_own_group() {
        let value = |i: usize| ((i * 29 % 64) as f32 - 31.0) * if i < 100 { 0.01 } else { 1.0 };
        let mut values: Vec<f32> = (0..200).map(value).collect();
        values[199] = 1000.0;
        let (integers, scales) = quantize(&values, 100).unwrap();
        assert_eq!((integers.len(), scales.len()), (200, 4));
        for (i, (value, q)) in values.iter().zip(integers).enumerate() {
            let scale = scales[2 * (i / 100) + i % 100 / GROUP];
            // Half a step, and the rounding of a division and a product in single precision.
            assert!(
                (value - f32::from(q) * scale).abs() <= 0.5001 * scale,
                "{value}"
            );
        }
        assert!(
            scales[0] < 0.003 && scales[2] < 0.3 && scales[3] > 7.0,
            "{scales:?}"
        );
    }

    #[test]
    fn a_channel_of_zeros_stays_zero() {
        let (integers, scales) = quantize(&[0.0, 0.0, 1.0, -0.5], 2).unwrap();
        assert_eq!(integers, [0, 0, 127, -64]);
        assert!(scales.iter().all(|scale| scale.is_finite()));
    }
}
