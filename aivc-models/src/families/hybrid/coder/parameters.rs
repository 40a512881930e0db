use std::ops::Range;

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::FrameCoderConfig;
use crate::backend::{ModelBackend, lower_bound};
use crate::families::hybrid::formats::{
    FEATURE, HIDDEN, HIDDEN_AND_QUALITY, LOG_SCALE, LOG_SCALE_PART, MEAN,
};
use crate::families::hybrid::transform::{GROUPS, LATENT_CHANNELS, group};
use crate::layers::{BoundGradient, EnergyStart, ExactConv2d, ExactConv2dConfig, LOG_SCALE_OFFSET};

/// Learned vectors over the range of qualities; levels between two of them are interpolated.
pub(super) const KNOTS: usize = 8;
/// What the last layers start with: close to nothing.
const START_SHARE: f32 = 0.1;

/// The distributions of a group of latent channels.
#[derive(Debug, Clone)]
pub(crate) struct GroupParameters<B: Backend> {
    /// Means in steps, multiples of 1/16.
    pub mean: Tensor<B, 4>,
    /// Index of the table over 8.
    pub log_scale: Tensor<B, 4>,
}

impl<B: ModelBackend> GroupParameters<B> {
    /// These at the places of the first pass, where `first` has ones, and those of the second at the others.
    pub fn with_second_pass(self, second: Self, first: Tensor<B, 4>) -> Self {
        let others = -first.clone() + 1.0;
        Self {
            mean: self.mean * first.clone() + second.mean * others.clone(),
            log_scale: self.log_scale * first + second.log_scale * others,
        }
    }
}

/// From what is known of a macroblock to the distributions of its latents, group by group, each
/// seeing the groups before: the channel-wise conditioning of Minnen, Singh, "Channel-wise
/// Autoregressive Entropy Models for Learned Image Compression", 2020. The coarsest group, which has
/// none before, is coded in two passes: every second macroblock first, the others from these, their
/// neighbours (He et al., "Checkerboard Context Model for Efficient Learned Image Compression", 2021).
/// Exact.
#[derive(Module, Debug)]
pub struct LatentParameters<B: Backend> {
    base_scale: ExactConv2d<B>,
    groups: Vec<GroupNetwork<B>>,
    /// Of the coarsest group's second pass.
    second_pass: GroupNetwork<B>,
}

#[derive(Module, Debug)]
struct GroupNetwork<B: Backend> {
    decoded: Option<ExactConv2d<B>>,
    space: ExactConv2d<B>,
    /// Of keyframes; what prediction leaves has no mean.
    mean: Option<ExactConv2d<B>>,
    log_scale: ExactConv2d<B>,
}

impl FrameCoderConfig {
    pub(super) fn init_parameters<B: Backend>(&self, device: &B::Device) -> LatentParameters<B> {
        let start = EnergyStart {
            latent: LATENT_CHANNELS,
            hyper: self.hyper,
        };
        let known = self.known();
        let base_scale =
            ExactConv2dConfig::new(known, LATENT_CHANNELS, HIDDEN_AND_QUALITY, LOG_SCALE_PART)
                .with_kernel(1)
                .with_bias_init(LOG_SCALE_OFFSET.into())
                .with_bound_gradient(BoundGradient::PushBack)
                .init(device);
        LatentParameters {
            base_scale: if self.hyper > 0 {
                let spread = start.spread_channels(known, 1);
                base_scale.starting_at(&spread, &[LOG_SCALE_OFFSET; LATENT_CHANNELS])
            } else {
                base_scale.scaled(START_SHARE)
            },
            groups: (0..GROUPS)
                .map(|index| self.init_group(group(index), group(index).start, device))
                .collect(),
            second_pass: self.init_group(group(0), group(0).len(), device),
        }
    }

    /// The network of a group that sees so many decoded latents.
    fn init_group<B: Backend>(
        &self,
        channels: Range<usize>,
        before: usize,
        device: &B::Device,
    ) -> GroupNetwork<B> {
        let decoded = (before > 0).then(|| {
            ExactConv2dConfig::new(2 * before, self.decoded(), FEATURE, HIDDEN)
                .with_kernel(1)
                .init(device)
        });
        let inputs = self.known() + if before > 0 { self.decoded() } else { 0 };
        let last = |format| {
            ExactConv2dConfig::new(self.parameters, channels.len(), HIDDEN, format)
                .with_kernel(1)
                .with_bound_gradient(BoundGradient::PushBack)
                .init(device)
                .scaled(START_SHARE)
        };
        GroupNetwork {
            decoded,
            space: ExactConv2dConfig::new(inputs, self.parameters, HIDDEN_AND_QUALITY, HIDDEN)
                .init(device),
            mean: (!self.predicts).then(|| last(MEAN)),
            log_scale: last(LOG_SCALE_PART),
        }
    }
}

impl<B: Backend> GroupNetwork<B> {
    fn exact_layers(&self) -> impl Iterator<Item = (&'static str, &ExactConv2d<B>)> {
        let decoded = self.decoded.iter().map(|layer| ("decoded", layer));
        let mean = self.mean.iter().map(|layer| ("mean", layer));
        decoded
            .chain([("space", &self.space)])
            .chain(mean)
            .chain([("log_scale", &self.log_scale)])
    }

    fn map_exact<E>(
        self,
        mut map: impl FnMut(&str, ExactConv2d<B>) -> Result<ExactConv2d<B>, E>,
    ) -> Result<Self, E> {
        Ok(Self {
            decoded: self
                .decoded
                .map(|layer| map("decoded", layer))
                .transpose()?,
            space: map("space", self.space)?,
            mean: self.mean.map(|layer| map("mean", layer)).transpose()?,
            log_scale: map("log_scale", self.log_scale)?,
        })
    }
}

impl<B: Backend> LatentParameters<B> {
    pub(super) fn exact_layers(&self) -> Vec<(String, &ExactConv2d<B>)> {
        let mut layers = vec![("parameters.base_scale".to_owned(), &self.base_scale)];
        for (index, group) in self.groups.iter().enumerate() {
            let named = |(part, layer)| (format!("parameters.groups.{index}.{part}"), layer);
            layers.extend(group.exact_layers().map(named));
        }
        let named = |(part, layer)| (format!("parameters.second_pass.{part}"), layer);
        layers.extend(self.second_pass.exact_layers().map(named));
        layers
    }

    pub(super) fn map_exact<E>(
        self,
        map: &mut impl FnMut(&str, ExactConv2d<B>) -> Result<ExactConv2d<B>, E>,
    ) -> Result<Self, E> {
        let base_scale = map("parameters.base_scale", self.base_scale)?;
        let groups = self.groups.into_iter().enumerate();
        let groups: Result<_, E> = groups
            .map(|(index, group)| {
                group.map_exact(|part, layer| {
                    map(&format!("parameters.groups.{index}.{part}"), layer)
                })
            })
            .collect();
        Ok(Self {
            base_scale,
            groups: groups?,
            second_pass: self
                .second_pass
                .map_exact(|part, layer| map(&format!("parameters.second_pass.{part}"), layer))?,
        })
    }
}

impl<B: ModelBackend> LatentParameters<B> {
    /// The scales before any group is known, the same for all groups; `group` adds to them.
    ///
    /// # Shapes
    /// `[batch, known, height, width]` to `[batch, 384, height, width]`.
    pub fn base_scale(&self, known: Tensor<B, 4>) -> Tensor<B, 4> {
        self.base_scale.forward(known)
    }

    /// The distributions of a group.
    ///
    /// # Shapes
    /// What is known, `[batch, known, height, width]`; the scales of
    /// [`base_scale`](Self::base_scale); sizes and signed sizes of the groups before,
    /// `[batch, 2·before, height, width]`, for all but the first.
    pub(super) fn group(
        &self,
        index: usize,
        known: Tensor<B, 4>,
        base_scale: &Tensor<B, 4>,
        before: Option<Tensor<B, 4>>,
    ) -> GroupParameters<B> {
        let base = base_scale.clone().slice_dim(1, group(index));
        distributions(&self.groups[index], known, base, before)
    }

    /// The distributions of the coarsest group where its second pass codes it; what is
    /// said of the places of the first pass means nothing.
    ///
    /// # Shapes
    /// As [`group`](Self::group); `first` are sizes and signed sizes of the group itself, with zeros
    /// where nothing is decoded yet.
    pub(super) fn second_pass(
        &self,
        known: Tensor<B, 4>,
        base_scale: &Tensor<B, 4>,
        first: Tensor<B, 4>,
    ) -> GroupParameters<B> {
        let base = base_scale.clone().slice_dim(1, group(0));
        distributions(&self.second_pass, known, base, Some(first))
    }
}

fn distributions<B: ModelBackend>(
    network: &GroupNetwork<B>,
    known: Tensor<B, 4>,
    base: Tensor<B, 4>,
    before: Option<Tensor<B, 4>>,
) -> GroupParameters<B> {
    let decoded = network.decoded.as_ref().zip(before);
    let input = match decoded {
        Some((layer, before)) => Tensor::cat(vec![known, layer.forward(before)], 1),
        None => known,
    };
    let hidden = network.space.forward(input);
    let sum = base.clone() + network.log_scale.forward(hidden.clone());
    let highest = LOG_SCALE.maximum as f32 * LOG_SCALE.step();
    GroupParameters {
        mean: match &network.mean {
            Some(layer) => layer.forward(hidden),
            None => base.zeros_like(),
        },
        log_scale: lower_bound(lower_bound(sum, 0.0).neg(), -highest).neg(),
    }
}
