//! The order in which a frame's latents are coded.

use burn::tensor::Tensor;

use super::checkerboard;
use super::features::{STEP_UNITS, signed_feature, size_feature};
use super::frozen::from_units;
use super::parameters::{GroupParameters, LatentParameters};
use crate::backend::ModelBackend;
use crate::families::CodecError;
use crate::families::hybrid::formats::{FEATURE, LOG_SCALE};
use crate::families::hybrid::transform::{CoefficientPlanes, GROUPS, LATENT_CHANNELS, group};
use crate::families::symbols::{table_indices, to_integers};

/// Latents that are coded at once.
pub(super) struct Pass {
    /// Where they are among all latents of the frame, channel by channel.
    pub positions: Vec<usize>,
    /// Their means, in sixteenths of a step.
    pub means: Vec<i32>,
    /// Their tables.
    pub indices: Vec<u16>,
}

impl Pass {
    /// The pass over these positions of latents, with the distributions of a group that begins at `start`.
    fn of<B: ModelBackend>(
        parameters: GroupParameters<B>,
        positions: Vec<usize>,
        start: usize,
    ) -> Self {
        let means = to_integers(parameters.mean * STEP_UNITS as f32);
        let indices = table_indices(parameters.log_scale / LOG_SCALE.step());
        let here = || positions.iter().map(|position| position - start);
        Self {
            means: here().map(|place| means[place]).collect(),
            indices: here().map(|place| indices[place]).collect(),
            positions,
        }
    }
}

/// Goes through the passes of a frame's latents, each of which sees those before: `code` gives the symbols
/// of each. The latents are in sixteenths of a step.
pub(super) fn code_passes<B: ModelBackend>(
    network: &LatentParameters<B>,
    known: Tensor<B, 4>,
    [rows, columns]: [usize; 2],
    device: &B::Device,
    mut code: impl FnMut(&Pass) -> Result<Vec<i32>, CodecError>,
) -> Result<CoefficientPlanes, CodecError> {
    let area = rows * columns;
    let base_scale = network.base_scale(known.clone());
    let mut values = vec![0; LATENT_CHANNELS * area];
    let mut run = |values: &mut [i32], pass: Pass| -> Result<(), CodecError> {
        let symbols = code(&pass)?;
        let decoded = symbols.iter().zip(&pass.means);
        for (&position, (symbol, &mean)) in pass.positions.iter().zip(decoded) {
            values[position] = symbol.saturating_mul(STEP_UNITS).saturating_add(mean);
        }
        Ok(())
    };
    let features = |values: &[i32]| {
        let sizes = values.iter().map(|&value| size_feature(value));
        let features = sizes.chain(values.iter().map(|&value| signed_feature(value)));
        let shape = [1, 2 * values.len() / area, rows, columns];
        from_units::<B>(features.collect(), shape, FEATURE.step(), device)
    };
    for index in 0..GROUPS {
        let channels = group(index);
        let start = channels.start * area;
        let before = (index > 0).then(|| features(&values[..start]));
        let parameters = network.group(index, known.clone(), &base_scale, before);
        if index > 0 {
            let all = (start..channels.end * area).collect();
            run(&mut values, Pass::of(parameters, all, start))?;
            continue;
        }
        let [first, second] = checkerboard::passes(rows, columns).map(|places| {
            let of_channel = |channel| places.iter().map(move |place| channel * area + place);
            channels.clone().flat_map(of_channel).collect::<Vec<_>>()
        });
        run(&mut values, Pass::of(parameters, first, start))?;
        let seen = features(&values[..channels.end * area]);
        let parameters = network.second_pass(known.clone(), &base_scale, seen);
        run(&mut values, Pass::of(parameters, second, start))?;
    }
    Ok(CoefficientPlanes {
        channels: LATENT_CHANNELS,
        rows,
        columns,
        values,
    })
}
