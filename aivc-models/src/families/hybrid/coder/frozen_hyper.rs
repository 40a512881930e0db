use aivc_entropy::{SymbolDecoder, TableSet};
use burn::tensor::Tensor;

use super::HyperLatent;
use super::hyper::HYPER_FACTOR;
use super::tables::{CodedSymbols, SymbolCounts, SymbolTables};
use crate::backend::ModelBackend;
use crate::families::CodecError;
use crate::families::hybrid::formats::{HYPER_LATENT, LOG_SCALE};
use crate::families::symbols::{from_integers, to_integers};
use crate::layers::{QUALITY_LEVELS, Quality, round_half_up};
use crate::weights::{WeightsError, WeightsFile};

/// Means and table indices of ẑ, `[64, hyper]` each, and the tables.
#[derive(Debug, Clone)]
pub(super) struct FrozenHyperPrior {
    means: Vec<i32>,
    indices: Vec<i32>,
    tables: SymbolTables,
}

impl FrozenHyperPrior {
    pub fn of_trained<B: ModelBackend>(hyper: &HyperLatent<B>) -> Self {
        let all: Vec<Quality> = (0..QUALITY_LEVELS)
            .filter_map(|level| Quality::new(level).ok())
            .collect();
        let reach = HYPER_LATENT.maximum as f32;
        let means = round_half_up(hyper.prior.mean(&all).clamp(-reach, reach));
        let last = LOG_SCALE.maximum as f32;
        let indices = hyper.prior.log_scale(&all) / LOG_SCALE.step();
        Self {
            means: to_integers(means),
            indices: to_integers(round_half_up(indices.clamp(0.0, last))),
            tables: SymbolTables::of_hyper_latents(),
        }
    }

    pub fn load(channels: usize, prefix: &str, file: &WeightsFile) -> Result<Self, WeightsError> {
        let [means_name, indices_name, tables] = hyper_names(prefix);
        let shape = [usize::from(QUALITY_LEVELS), channels];
        let means = file.integers(&means_name, &shape)?;
        let indices = file.integers(&indices_name, &shape)?;
        let within = |values: &[i32], low, high| values.iter().all(|v| (low..=high).contains(v));
        if !within(&means, HYPER_LATENT.minimum, HYPER_LATENT.maximum) {
            return Err(WeightsError::OutOfRange { name: means_name });
        }
        if !within(&indices, 0, LOG_SCALE.maximum) {
            return Err(WeightsError::OutOfRange { name: indices_name });
        }
        Ok(Self {
            means,
            indices,
            tables: SymbolTables::load(&tables, file)?,
        })
    }

    pub fn store(&self, prefix: &str, file: &mut WeightsFile) {
        let [means, indices, tables] = hyper_names(prefix);
        store_of_qualities(&means, &self.means, file);
        store_of_qualities(&indices, &self.indices, file);
        self.tables.store(&tables, file);
    }

    /// The tables of ẑ's symbols.
    pub fn set(&self) -> &TableSet {
        self.tables.set()
    }

    /// The prior with tables that fit what was counted.
    pub fn fitted(self, counts: &SymbolCounts) -> Self {
        Self {
            tables: self.tables.fitted(counts),
            ..self
        }
    }

    fn channels(&self) -> usize {
        self.means.len() / usize::from(QUALITY_LEVELS)
    }

    pub fn code<B: ModelBackend>(&self, quality: Quality, z_hat: Tensor<B, 4>) -> CodedSymbols {
        let (means, indices) = self.distributions(quality, z_hat.dims());
        let values = to_integers(z_hat);
        CodedSymbols {
            symbols: values.iter().zip(means).map(|(z, mean)| z - mean).collect(),
            indices,
        }
    }

    /// ẑ of its symbols.
    pub fn values(&self, quality: Quality, coded: &CodedSymbols) -> Vec<i32> {
        let area = coded.symbols.len() / self.channels();
        let (means, _) = self.distributions(quality, [1, self.channels(), area, 1]);
        let pairs = coded.symbols.iter().zip(means);
        pairs.map(|(symbol, mean)| symbol + mean).collect()
    }

    /// Reads ẑ of a frame of so many macroblocks.
    pub fn decode<B: ModelBackend>(
        &self,
        [rows, columns]: [usize; 2],
        quality: Quality,
        decoder: &mut SymbolDecoder<'_>,
        device: &B::Device,
    ) -> Result<Tensor<B, 4>, CodecError> {
        let [rows, columns] = [rows, columns].map(|side| side.div_ceil(HYPER_FACTOR));
        let shape = [1, self.channels(), rows, columns];
        let (means, indices) = self.distributions(quality, shape);
        let mut symbols = vec![0; indices.len()];
        decoder.decode(self.tables.set(), &indices, &mut symbols)?;
        for (symbol, mean) in symbols.iter_mut().zip(means) {
            let value = symbol.saturating_add(mean);
            if value.unsigned_abs() > HYPER_LATENT.maximum as u32 {
                return Err(CodecError::HyperLatentRange { value });
            }
            *symbol = value;
        }
        Ok(from_integers(&symbols, shape, device))
    }

    /// Mean and table of each value of ẑ.
    fn distributions(
        &self,
        quality: Quality,
        [_, hyper, rows, columns]: [usize; 4],
    ) -> (impl Iterator<Item = i32>, Vec<u16>) {
        let start = usize::from(quality.level()) * hyper;
        let each = move |values: &[i32]| {
            let channels = values[start..start + hyper].to_vec();
            channels
                .into_iter()
                .flat_map(move |value| std::iter::repeat_n(value, rows * columns))
        };
        let indices = each(&self.indices).map(|index| index as u16).collect();
        (each(&self.means), indices)
    }
}

/// Stores integers of each quality.
pub(super) fn store_of_qualities(name: &str, values: &[i32], file: &mut WeightsFile) {
    let qualities = usize::from(QUALITY_LEVELS);
    file.store_integers(name, &[qualities, values.len() / qualities], values);
}

/// Means, indices and tables of ẑ.
pub(super) fn hyper_names(prefix: &str) -> [String; 3] {
    ["hyper_means", "hyper_indices", "hyper"].map(|name| format!("tables.{prefix}.{name}"))
}
