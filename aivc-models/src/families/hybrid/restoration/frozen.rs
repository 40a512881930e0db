use super::{DecodedPlanes, INPUTS, Strengths};
use crate::backend::ModelBackend;
use crate::families::hybrid::coder::from_units;
use crate::families::hybrid::correction::CorrectionNetwork;
use crate::families::hybrid::formats::{RESTORATION, RESTORATION_INPUT};
use crate::families::hybrid::transform::{CoefficientPlanes, FramePlanes, detail_layout};
use crate::families::symbols::to_integers;
use crate::weights::{WeightsError, WeightsFile};

/// The frozen network that restores frames.
#[derive(Debug, Clone)]
pub(in super::super) struct FrozenRestoration<B: ModelBackend> {
    network: CorrectionNetwork<B>,
}

/// What may be added to a decoded frame: detail coefficients in 1/32768 of a level.
#[derive(Debug, Clone)]
pub(in super::super) struct Correction(pub CoefficientPlanes);

/// Binary digits of a level in [`Correction`] beyond sixteenths.
pub(super) const FINER_BITS: u32 = 11;

impl<B: ModelBackend> FrozenRestoration<B> {
    /// Freezes a trained network.
    pub fn of_trained(network: CorrectionNetwork<B>) -> Self {
        let Ok(network) =
            network.map_exact(|_, layer| Ok::<_, std::convert::Infallible>(layer.freeze()));
        Self { network }
    }

    /// The network with the integers of a weights file, where its names begin with `prefix`.
    pub fn load(
        network: CorrectionNetwork<B>,
        prefix: &str,
        file: &WeightsFile,
    ) -> Result<Self, WeightsError> {
        let network =
            network.map_exact(|name, layer| file.load_exact(&format!("{prefix}.{name}"), layer))?;
        Ok(Self { network })
    }

    /// Stores the integers.
    pub fn store(&self, prefix: &str, file: &mut WeightsFile) {
        for (name, layer) in self.network.exact_layers() {
            file.store_exact(&format!("{prefix}.{name}"), &layer.to_dyadic());
        }
    }

    /// The frozen network.
    pub fn network(&self) -> &CorrectionNetwork<B> {
        &self.network
    }

    /// What the network would add to a decoded frame.
    pub fn correction(&self, decoded: &DecodedPlanes<'_>, device: &B::Device) -> Correction {
        let [rows, columns] = decoded.blocks();
        let shape = [1, INPUTS, rows, columns];
        let inputs = from_units(decoded.inputs(), shape, RESTORATION_INPUT.step(), device);
        let mut values = to_integers(self.network.forward(inputs) / RESTORATION.step());
        let steps = decoded.steps_of_blocks();
        let channels = values.chunks_exact_mut(steps.len());
        for (channel, coefficient) in channels.zip(detail_layout()) {
            let of_plane = steps.iter().map(|steps| match coefficient.plane {
                0 => steps.luma,
                _ => steps.chroma,
            });
            // 1/128 of a step, which counts in 1/256 of a level.
            channel
                .iter_mut()
                .zip(of_plane)
                .for_each(|(value, step)| *value *= step);
        }
        Correction(CoefficientPlanes {
            channels: detail_layout().count(),
            rows,
            columns,
            values,
        })
    }
}

impl Correction {
    /// The frame with so much of this added.
    pub fn added_to(self, frame: FramePlanes, strengths: Strengths) -> FramePlanes {
        let Self(mut detail) = self;
        let area = detail.rows * detail.columns;
        let channels = detail.values.chunks_exact_mut(area);
        for (channel, coefficient) in channels.zip(detail_layout()) {
            let quarters = strengths.quarters()[coefficient.plane];
            let bits = FINER_BITS + 2;
            for value in channel {
                *value = (*value * quarters + (1 << (bits - 1))) >> bits;
            }
        }
        frame.plus(&FramePlanes::of_detail(&detail))
    }
}
