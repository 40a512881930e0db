use burn::tensor::Tensor;

use super::group::ChannelGroup;
use super::{PruningError, Widths};
use crate::backend::ModelBackend;
use crate::families::PictureCodec;
use crate::families::symbols::host;
use crate::layers::Quality;
use crate::weights::WeightsFile;

/// What each channel of a model carries on the pictures that it has seen.
///
/// Of the latent's channels: the bits that real streams have for them. Of all others: the mean square of
/// their values times the squared norm of the weights that read them, which is what the next layer would
/// miss.
#[derive(Debug, Clone, Default)]
pub struct ChannelImportance {
    groups: Vec<ChannelGroup>,
}

impl ChannelImportance {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what the channels of a codec carry on a picture at a quality.
    ///
    /// # Shapes
    /// `[1, 3, height, width]`, values from 0 to 1.
    ///
    /// # Errors
    /// [`PruningError::Family`] for a family that is not pruned.
    ///
    /// # Panics
    /// If the batch is not 1 or there are not 3 channels, or pictures before were shown to another codec.
    pub fn add<B: ModelBackend>(
        &mut self,
        codec: &PictureCodec<B>,
        picture: Tensor<B, 4>,
        quality: Quality,
    ) -> Result<(), PruningError> {
        let groups = match codec {
            PictureCodec::Hyperprior(codec) => codec.channel_groups(picture, quality),
            PictureCodec::Factorized(codec) => codec.channel_groups(picture),
            PictureCodec::Vqvae(_) => {
                return Err(PruningError::Family {
                    family: "vqvae".to_owned(),
                });
            }
        };
        if self.groups.is_empty() {
            self.groups = groups;
            return Ok(());
        }
        assert_eq!(self.groups.len(), groups.len(), "one codec");
        for (sum, group) in self.groups.iter_mut().zip(groups) {
            let pairs = sum.carried.iter_mut().zip(group.carried);
            pairs.for_each(|(sum, more)| *sum += more);
        }
        Ok(())
    }

    /// The model of `file` with only those channels that carry most. Its kernels are 16-bit floats, also where the
    /// file has 8-bit integers.
    ///
    /// # Errors
    /// [`PruningError::Width`] for more channels than there are or none, [`PruningError::NothingToCut`], and
    /// [`PruningError::NothingSeen`] before the first picture.
    ///
    /// # Panics
    /// If pictures were shown to a codec of other widths than the file's.
    pub fn prune(&self, file: &WeightsFile, widths: &Widths) -> Result<WeightsFile, PruningError> {
        let all = Widths::of(file)?;
        widths.check(&all)?;
        if self.groups.is_empty() {
            return Err(PruningError::NothingSeen);
        }
        let mut pruned = widths.configure(file.with_half_kernels()?)?;
        for group in &self.groups {
            group.cut(&mut pruned, widths.at(group.width))?;
        }
        Ok(pruned)
    }
}

/// What each channel carries into the layer that reads it with these weights.
///
/// # Shapes
/// Values `[batch, channels, height, width]`, weight `[channels_out, channels, kernel, kernel]`.
pub(crate) fn carried<B: ModelBackend>(values: Tensor<B, 4>, weight: Tensor<B, 4>) -> Vec<f64> {
    let [_, channels, ..] = values.dims();
    let squares = |tensor: Tensor<B, 4>| host(tensor.clone() * tensor);
    let by_channel = |tensor: Tensor<B, 4>| {
        let [outer, count, rows, columns] = tensor.dims();
        let area = rows * columns;
        let mut sums = vec![0f64; count];
        let squares = squares(tensor);
        for (place, slab) in squares.chunks_exact(area).enumerate() {
            sums[place % count] += slab.iter().map(|&square| f64::from(square)).sum::<f64>();
        }
        (sums, (outer * area) as f64)
    };
    let (energies, values_a_channel) = by_channel(values);
    let (norms, _) = by_channel(weight);
    assert_eq!(norms.len(), channels, "weights that read these channels");
    let pairs = energies.into_iter().zip(norms);
    pairs
        .map(|(energy, norm)| energy / values_a_channel * norm)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    #[test]
    fn what_is_carried_is_energy_times_the_weights_that_read_it() {
        let device = Default::default();
        let values = Tensor::<Flex, 4>::from_data([[[[1.0, 3.0]], [[2.0, 2.0]]]], &device);
        let weight = Tensor::from_data([[[[1.0]], [[0.5]]], [[[2.0]], [[0.0]]]], &device);
        // (1 + 9)/2 · (1 + 4), and 4 · 0.25.
        assert_eq!(carried(values, weight), [25.0, 1.0]);
    }
}
