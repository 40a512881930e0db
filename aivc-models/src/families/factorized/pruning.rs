//! Which channels of the family belong together, and what they carry.

use burn::tensor::Tensor;

use super::FactorizedCodec;
use super::codec::TABLES;
use crate::backend::ModelBackend;
use crate::families::symbols::{channel_indices, to_integers};
use crate::layers::{GdnTransformConfig, pad_to_multiple};
use crate::pruning::{ChannelGroup, ChannelUse, Width, prior_uses};

impl<B: ModelBackend> FactorizedCodec<B> {
    /// All groups of channels, with what each channel carries on a picture.
    pub(crate) fn channel_groups(&self, picture: Tensor<B, 4>) -> Vec<ChannelGroup> {
        let network = self.network();
        let padded = pad_to_multiple(picture.clone(), GdnTransformConfig::MULTIPLE);
        let y_hat = network.quantized_latent(picture);
        let [_, channels, height, width] = y_hat.dims();
        let tables = channel_indices(y_hat.dims());
        let symbols = to_integers(y_hat.clone());
        let bits: Vec<f64> = tables
            .iter()
            .zip(&symbols)
            .map(|(&table, &symbol)| self.tables.cost_bits(table, symbol))
            .collect();
        let carried = bits
            .chunks_exact(height * width)
            .map(|bits| bits.iter().sum());
        let mut uses = vec![
            ChannelUse::axis("analysis.latent.convolution.weight", 0),
            ChannelUse::axis("analysis.latent.convolution.bias", 0),
            ChannelUse::axis("synthesis.latent.convolution.weight", 1),
        ];
        uses.extend(prior_uses("prior", TABLES));
        let latent = ChannelGroup {
            width: Width::Latent,
            carried: carried.collect(),
            uses,
        };
        debug_assert_eq!(latent.carried.len(), channels, "a sum a channel");
        let mut groups = network.analysis.channel_groups("analysis", padded);
        groups.extend(network.synthesis.channel_groups("synthesis", y_hat));
        groups.push(latent);
        groups
    }
}
