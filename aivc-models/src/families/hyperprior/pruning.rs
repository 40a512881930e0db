//! Which channels of the family belong together, and what they carry.

use burn::tensor::Tensor;

use super::codec::HYPER_TABLES;
use super::{HyperpriorCodec, HyperpriorConfig};
use crate::backend::ModelBackend;
use crate::families::Rounding;
use crate::layers::{Quality, pad_to_multiple};
use crate::pruning::{ChannelGroup, ChannelUse, Places, Width, carried, prior_uses};

/// The tensors of an exact layer that have a row an output channel.
const EXACT_ROWS: [&str; 3] = ["weight", "exponents", "bias"];
/// Those of a float one.
const FLOAT_ROWS: [&str; 2] = ["convolution.weight", "convolution.bias"];

fn rows(layer: &str, parts: &[&str], places: Places) -> Vec<ChannelUse> {
    let parts = parts.iter();
    parts
        .map(|part| ChannelUse::at(format!("{layer}.{part}"), 0, places))
        .collect()
}

impl<B: ModelBackend> HyperpriorCodec<B> {
    /// All groups of channels, with what each channel carries on a picture.
    pub(crate) fn channel_groups(
        &self,
        picture: Tensor<B, 4>,
        quality: Quality,
    ) -> Vec<ChannelGroup> {
        let network = self.network();
        let padded = pad_to_multiple(picture.clone(), HyperpriorConfig::MULTIPLE);
        let y = network.scaled_latent(picture, &[quality]);
        let latents = self.quantize(&y, quality, Rounding::RateAware);
        let [_, _, height, width] = y.dims();
        let bits: Vec<f64> = self.symbol_bits(&latents).collect();
        let bits = bits.chunks_exact(height * width);
        let bits: Vec<f64> = bits.map(|bits| bits.iter().sum()).collect();

        let inner = network.hyper_analysis.hidden(y);
        let z_hat = latents.z_hat.clone();
        let outer = network.hyper_synthesis.hidden(z_hat.clone(), &[quality]);
        let y_hat = latents.y_hat() * network.gain.inverse(&[quality]);

        let mut groups = network.analysis.channel_groups("analysis", padded);
        groups.extend(network.synthesis.channel_groups("synthesis", y_hat));
        groups.push(latent_group(bits));
        groups.extend(self.hyper_analysis_groups(inner));
        groups.extend(self.hyper_synthesis_groups(z_hat, outer));
        groups
    }

    /// Behind the first layer of the hyper-analysis, and behind the second one.
    fn hyper_analysis_groups(&self, [full, half]: [Tensor<B, 4>; 2]) -> [ChannelGroup; 2] {
        let layers = &self.network().hyper_analysis;
        let group = |values, reader: &str, weight, writer: &str| {
            let mut uses = rows(writer, &FLOAT_ROWS, Places::One);
            uses.push(ChannelUse::axis(format!("{reader}.convolution.weight"), 1));
            hyper_group(carried(values, weight), uses)
        };
        [
            group(
                full,
                "hyper_analysis.half",
                layers.half.weight(),
                "hyper_analysis.full",
            ),
            group(
                half,
                "hyper_analysis.quarter",
                layers.quarter.weight(),
                "hyper_analysis.half",
            ),
        ]
    }

    /// The hyper-latent, and what lies behind the first and second layer of the hyper-synthesis.
    fn hyper_synthesis_groups(
        &self,
        z_hat: Tensor<B, 4>,
        [half, full]: [Tensor<B, 4>; 2],
    ) -> [ChannelGroup; 3] {
        let layers = &self.network().hyper_synthesis;
        let hyper = self.config().hyper;
        // The quality plane is read by the last input channel.
        let read_by_half = layers.half.weight().narrow(1, 0, hyper);
        let mut of_z = rows("hyper_analysis.quarter", &FLOAT_ROWS, Places::One);
        of_z.extend(prior_uses("hyper_prior", HYPER_TABLES));
        of_z.push(ChannelUse::at(
            "hyper_synthesis.half.weight",
            1,
            Places::AndOneMore,
        ));
        let mut of_half = rows("hyper_synthesis.half", &EXACT_ROWS, Places::Four);
        of_half.push(ChannelUse::axis("hyper_synthesis.full.weight", 1));
        let mut of_full = rows("hyper_synthesis.full", &EXACT_ROWS, Places::Four);
        of_full.push(ChannelUse::axis("hyper_synthesis.mean.weight", 1));
        of_full.push(ChannelUse::axis("hyper_synthesis.log_scale.weight", 1));
        let heads = Tensor::cat(vec![layers.mean.weight(), layers.log_scale.weight()], 0);
        [
            hyper_group(carried(z_hat, read_by_half), of_z),
            hyper_group(carried(half, layers.full.weight()), of_half),
            hyper_group(carried(full, heads), of_full),
        ]
    }
}

fn hyper_group(carried: Vec<f64>, uses: Vec<ChannelUse>) -> ChannelGroup {
    ChannelGroup {
        width: Width::Hyper,
        carried,
        uses,
    }
}

fn latent_group(bits: Vec<f64>) -> ChannelGroup {
    let mut uses = rows("analysis.latent", &FLOAT_ROWS, Places::One);
    uses.extend([
        ChannelUse::axis("synthesis.latent.convolution.weight", 1),
        ChannelUse::axis("gain.log_gain", 1),
        ChannelUse::axis("gain.log_inverse", 1),
        // Logarithms of sizes, then those with a sign.
        ChannelUse::at("hyper_analysis.full.convolution.weight", 1, Places::Twice),
    ]);
    uses.extend(rows("hyper_synthesis.mean", &EXACT_ROWS, Places::One));
    uses.extend(rows("hyper_synthesis.log_scale", &EXACT_ROWS, Places::One));
    ChannelGroup {
        width: Width::Latent,
        carried: bits,
        uses,
    }
}
