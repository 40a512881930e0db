//! Kernels of float layers as 8-bit integers: a smaller file, computed with in floats as before.

use burn::tensor::f16;
use safetensors::tensor::Dtype;

use super::file::{HostTensor, INT8_FORMAT_VERSION};
use super::{WeightsError, WeightsFile};

/// Greatest `|q|` of a weight `q·scale`.
const LIMIT: f32 = 127.0;
/// Tensors of fewer dimensions are biases, normalizations, gains and priors: small, and sensitive.
const KERNEL_DIMENSIONS: usize = 4;

/// Where the scales of a kernel lie, one an output channel.
pub(super) fn scales_of(name: &str) -> String {
    format!("{name}.scales")
}

impl WeightsFile {
    /// The model with the kernels of its float layers as 8-bit integers: `q·scale` with one scale an
    /// output channel, the nearest integers. All that is exact, and the tables, stay as they are. It is
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
            let (integers, scales) = quantize(&halves(&tensor.bytes), tensor.shape[0])
                .ok_or_else(|| WeightsError::NotFinite { name: name.clone() })?;
            let integers = integers.into_iter().map(|q| q as u8).collect();
            file.insert(name.clone(), Dtype::I8, tensor.shape.clone(), integers);
            let bytes = scales.iter().flat_map(|scale| scale.to_le_bytes());
            file.insert(
                scales_of(name),
                Dtype::F32,
                vec![scales.len()],
                bytes.collect(),
            );
        }
        if !found {
            return Err(WeightsError::NoFloatKernels);
        }
        file.format_version = INT8_FORMAT_VERSION;
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
        let integers = self.typed(name, Dtype::I8, "I8", shape)?;
        let scales = self.typed(&scales_of(name), Dtype::F32, "F32", &shape[..1])?;
        let scales = scales.as_chunks::<4>().0.iter();
        let row = shape[1..].iter().product::<usize>();
        let mut values = Vec::with_capacity(integers.len());
        for (row, scale) in integers.chunks_exact(row.max(1)).zip(scales) {
            let scale = f32::from_le_bytes(*scale);
            let value = |&q: &u8| half(f32::from(q as i8) * scale);
            values.extend(row.iter().map(value));
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

/// The nearest integers, and the scale of each output channel; none if a value is not finite.
fn quantize(values: &[f32], channels: usize) -> Option<(Vec<i8>, Vec<f32>)> {
    let mut integers = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(channels);
    for row in values.chunks_exact((values.len() / channels.max(1)).max(1)) {
        let largest = row
            .iter()
            .fold(0f32, |largest, value| largest.max(value.abs()));
        if !row.iter().all(|value| value.is_finite()) {
            return None;
        }
        // A channel of zeros has no scale of its own.
        let scale = if largest > 0.0 { largest / LIMIT } else { 1.0 };
        integers.extend(row.iter().map(|value| (value / scale).round() as i8));
        scales.push(scale);
    }
    Some((integers, scales))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_within_half_a_step_of_their_own_channel() {
        let values: Vec<f32> = (0..64)
            .map(|i| ((i * 29 % 64) as f32 - 31.0) * 0.01)
            .collect();
        let values: Vec<f32> =
            [values.clone(), values.iter().map(|v| v * 100.0).collect()].concat();
        let (integers, scales) = quantize(&values, 2).unwrap();
        for (i, (value, q)) in values.iter().zip(integers).enumerate() {
            let scale = scales[i / 64];
            // Half a step, and the rounding of a division and a product in single precision.
            assert!(
                (value - f32::from(q) * scale).abs() <= 0.5001 * scale,
                "{value}"
            );
        }
        assert!((scales[1] / scales[0] - 100.0).abs() < 1e-3, "{scales:?}");
    }

    #[test]
    fn a_channel_of_zeros_stays_zero() {
        let (integers, scales) = quantize(&[0.0, 0.0, 1.0, -0.5], 2).unwrap();
        assert_eq!(integers, [0, 0, 127, -64]);
        assert!(scales.iter().all(|scale| scale.is_finite()));
    }
}
