use aivc_entropy::{CdfTable, SymbolDecoder, SymbolEncoder, TableSet};
use burn::tensor::{Tensor, TensorData};

use super::{VqvaeConfig, VqvaeNetwork};
use crate::backend::ModelBackend;
use crate::families::{CodecError, PictureSize};
use crate::layers::{GdnTransformConfig, Quality, crop, padded_size};
use crate::weights::{WeightsError, WeightsFile, round_to_half};

const TABLES: &str = "tables.codes";
/// Frequencies are no smaller: a code that was not used of late may be again.
const LEAST_FREQUENCY: f64 = 1e-5;

/// A frozen vector-quantized autoencoder that codes pictures into symbol streams.
#[derive(Debug, Clone)]
pub struct VqvaeCodec<B: ModelBackend> {
    config: VqvaeConfig,
    network: VqvaeNetwork<B>,
    /// Of each stage, one table a vector.
    tables: TableSet,
    /// `[vectors][stages · codes · dimensions]`.
    codebooks: Vec<Vec<f32>>,
}

/// What the decoder knows of a picture before synthesis.
#[derive(Debug, Clone)]
pub struct VqvaeLatents<B: ModelBackend> {
    y_hat: Tensor<B, 4>,
    size: PictureSize,
}

/// Places of the latent of a picture.
#[derive(Debug, Clone, Copy)]
struct Places {
    rows: usize,
    columns: usize,
}

impl Places {
    fn of(size: PictureSize) -> Self {
        let side =
            |side| padded_size(side, GdnTransformConfig::MULTIPLE) / GdnTransformConfig::MULTIPLE;
        Self {
            rows: side(size.height),
            columns: side(size.width),
        }
    }

    fn count(self) -> usize {
        self.rows * self.columns
    }
}

impl<B: ModelBackend> VqvaeCodec<B> {
    /// Freezes a trained network: weights to 16-bit floats, frequencies of codes to tables.
    ///
    /// # Panics
    /// If a weight is not finite.
    pub fn freeze(config: VqvaeConfig, network: VqvaeNetwork<B>) -> Self {
        let network = round_to_half(network, &[]);
        let usages: Vec<Vec<f64>> = network
            .quantizers
            .iter()
            .map(|quantizer| {
                let usage = quantizer.usage.val().into_data().convert::<f64>();
                usage.to_vec().expect("converted to f64")
            })
            .collect();
        let table = |stage: usize, usage: &Vec<f64>| {
            let usage = &usage[stage * config.codes..][..config.codes];
            let weights: Vec<f64> = usage.iter().map(|u| u.max(LEAST_FREQUENCY)).collect();
            CdfTable::from_weights(0, &weights, LEAST_FREQUENCY)
                .expect("frequencies are positive, at most 4096")
        };
        let tables = (0..config.stages)
            .flat_map(|stage| usages.iter().map(move |usage| (stage, usage)))
            .map(|(stage, usage)| table(stage, usage))
            .collect();
        let tables = TableSet::new(tables).expect("as many as stages and vectors");
        Self::new(config, network, tables)
    }

    /// The codec of a weights file.
    ///
    /// # Errors
    /// [`WeightsError`] if a tensor or table is missing or of the wrong shape or type.
    pub fn from_weights(file: &WeightsFile, device: &B::Device) -> Result<Self, WeightsError> {
        let config: VqvaeConfig = file.config()?;
        config.validate()?;
        let network = file.load_parameters(config.init(device), &[], &[TABLES], device)?;
        let tables = file.tables(TABLES, config.stages * config.splits().len())?;
        Ok(Self::new(config, network, tables))
    }

    fn new(config: VqvaeConfig, network: VqvaeNetwork<B>, tables: TableSet) -> Self {
        let codebooks = network.quantizers.iter().map(|quantizer| {
            let values = quantizer.codebook.val().into_data().convert::<f32>();
            values.to_vec().expect("converted to f32")
        });
        Self {
            codebooks: codebooks.collect(),
            config,
            network,
            tables,
        }
    }

    /// The weights file of this codec.
    pub fn to_weights(&self, name: &str) -> WeightsFile {
        let mut file = WeightsFile::new("vqvae", name, &self.config);
        file.store_parameters(&self.network);
        file.store_tables(TABLES, &self.tables);
        file
    }

    /// The configuration of the network.
    pub fn config(&self) -> &VqvaeConfig {
        &self.config
    }

    /// The frozen network.
    pub fn network(&self) -> &VqvaeNetwork<B> {
        &self.network
    }

    /// Codes one picture: the indices of the first stage, all places of a vector after another, then
    /// those of the second, as many stages as the quality has.
    ///
    /// # Shapes
    /// `[1, 3, height, width]`, values from 0 to 1.
    ///
    /// # Panics
    /// If the batch is not 1 or there are not 3 channels.
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the symbol encoder refuses, which means a damaged table set.
    pub fn compress(
        &self,
        picture: Tensor<B, 4>,
        quality: Quality,
        encoder: &mut SymbolEncoder,
    ) -> Result<VqvaeLatents<B>, CodecError> {
        let [batch, channels, height, width] = picture.dims();
        assert_eq!([batch, channels], [1, 3], "one RGB picture at a time");
        let device = picture.device();
        let size = PictureSize { height, width };
        let y = self.network.latent(picture);
        let [_, channels, rows, columns] = y.dims();
        let vectors = y.permute([0, 2, 3, 1]).reshape([rows * columns, channels]);
        let mut left: Vec<Tensor<B, 2>> = Vec::new();
        let mut first = 0;
        for length in self.config.splits() {
            left.push(vectors.clone().narrow(1, first, length));
            first += length;
        }
        let mut codes = Vec::new();
        for stage in 0..self.config.stages_of(quality) {
            for (left, quantizer) in left.iter_mut().zip(&self.network.quantizers) {
                let chosen = quantizer.stage(stage, left.clone());
                *left = left.clone() - chosen.code;
                let chosen = chosen.one_hot.argmax(1).into_data().convert::<i32>();
                codes.extend(chosen.to_vec::<i32>().expect("converted to i32"));
            }
        }
        let places = Places { rows, columns };
        encoder.encode(&self.tables, &self.table_indices(places, quality), &codes)?;
        Ok(VqvaeLatents {
            y_hat: self.sum_of_codes(&codes, places, &device),
            size,
        })
    }

    /// Reads the codes of a picture back, the mirror image of [`compress`](Self::compress).
    ///
    /// # Errors
    /// [`CodecError`] if the symbols end early or are damaged.
    pub fn decompress(
        &self,
        size: PictureSize,
        quality: Quality,
        decoder: &mut SymbolDecoder<'_>,
        device: &B::Device,
    ) -> Result<VqvaeLatents<B>, CodecError> {
        let places = Places::of(size);
        let tables = self.table_indices(places, quality);
        let mut codes = vec![0; tables.len()];
        decoder.decode(&self.tables, &tables, &mut codes)?;
        let count = self.config.codes as i32;
        if let Some(&value) = codes.iter().find(|code| !(0..count).contains(*code)) {
            return Err(CodecError::CodeRange { value, count });
        }
        Ok(VqvaeLatents {
            y_hat: self.sum_of_codes(&codes, places, device),
            size,
        })
    }

    /// The picture of decoded latents.
    ///
    /// # Shapes
    /// `[1, 3, height, width]`, values from 0 to 1.
    pub fn reconstruct(&self, latents: VqvaeLatents<B>) -> Tensor<B, 4> {
        let picture = self.network.synthesis.forward(latents.y_hat);
        crop(picture, latents.size.height, latents.size.width).clamp(0.0, 1.0)
    }

    /// Tables of the indices, in coding order.
    fn table_indices(&self, places: Places, quality: Quality) -> Vec<u16> {
        let tables = self.config.stages_of(quality) * self.codebooks.len();
        (0..tables)
            .flat_map(|table| std::iter::repeat_n(table as u16, places.count()))
            .collect()
    }

    /// The latent of codes in coding order; the same additions for encoder and decoder.
    ///
    /// # Panics
    /// If a code is out of range.
    fn sum_of_codes(&self, codes: &[i32], places: Places, device: &B::Device) -> Tensor<B, 4> {
        let splits = self.config.splits();
        let channels: usize = splits.iter().sum();
        let area = places.count();
        let mut values = vec![0f32; channels * area];
        for (table, codes) in codes.chunks_exact(area).enumerate() {
            let (stage, vector) = (table / splits.len(), table % splits.len());
            let length = splits[vector];
            let first: usize = splits[..vector].iter().sum();
            for (place, &code) in codes.iter().enumerate() {
                let code = (stage * self.config.codes + code as usize) * length;
                let code = &self.codebooks[vector][code..][..length];
                for (channel, &value) in code.iter().enumerate() {
                    values[(first + channel) * area + place] += value;
                }
            }
        }
        let shape = [1, channels, places.rows, places.columns];
        Tensor::from_data(TensorData::new(values, shape), device)
    }
}
