use aivc_entropy::{CdfTable, TableSet};
use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::activation::{sigmoid, softplus};
use burn::tensor::backend::Backend;
use burn::tensor::{Distribution, Tensor, TensorData};

use crate::backend::ModelBackend;

/// Widths of the hidden layers of the distribution function.
const WIDTHS: [usize; 5] = [1, 3, 3, 3, 1];
/// A channel's table holds the values that are likelier than this.
const TABLE_MINIMUM: f64 = 1e-6;

/// Configuration of a [`FactorizedPrior`].
#[derive(Config, Debug)]
pub struct FactorizedPriorConfig {
    /// Number of channels, each with a distribution of its own.
    pub channels: usize,
    /// Width of the distribution before training.
    #[config(default = 10.0)]
    pub init_scale: f64,
}

/// One learned distribution a channel, of any shape: its cumulative distribution function is a
/// small monotonic network.
///
/// Source: Ballé, Minnen, Singh, Hwang, Johnston, "Variational Image Compression with a Scale
/// Hyperprior", 2018, appendix 6.1. Deviation: no medians; values are rounded to integers, and the
/// learned function absorbs the offset.
#[derive(Module, Debug)]
pub struct FactorizedPrior<B: Backend> {
    matrices: Vec<Param<Tensor<B, 3>>>,
    biases: Vec<Param<Tensor<B, 3>>>,
    factors: Vec<Param<Tensor<B, 3>>>,
}

impl FactorizedPriorConfig {
    /// A prior that is about `init_scale` wide in every channel.
    pub fn init<B: Backend>(&self, device: &B::Device) -> FactorizedPrior<B> {
        self.init_with_scales(&vec![self.init_scale; self.channels], device)
    }

    /// A prior that is about `scales[c]` wide in channel `c`.
    ///
    /// # Panics
    /// If there are not as many scales as channels.
    pub fn init_with_scales<B: Backend>(
        &self,
        scales: &[f64],
        device: &B::Device,
    ) -> FactorizedPrior<B> {
        assert_eq!(scales.len(), self.channels, "one scale a channel");
        let layers = WIDTHS.len() - 1;
        let mut prior = FactorizedPrior {
            matrices: Vec::new(),
            biases: Vec::new(),
            factors: Vec::new(),
        };
        for layer in 0..layers {
            let (width_in, width_out) = (WIDTHS[layer], WIDTHS[layer + 1]);
            let entries = scales.iter().flat_map(|scale| {
                let share = scale.powf(-1.0 / layers as f64) / width_out as f64;
                std::iter::repeat_n(share.exp_m1().ln() as f32, width_out * width_in)
            });
            let shape = [self.channels, width_out, width_in];
            let matrix = TensorData::new(entries.collect::<Vec<f32>>(), shape);
            prior
                .matrices
                .push(Param::from_tensor(Tensor::from_data(matrix, device)));
            let bias = Tensor::random(
                [self.channels, width_out, 1],
                Distribution::Uniform(-0.5, 0.5),
                device,
            );
            prior.biases.push(Param::from_tensor(bias));
            if layer + 1 < layers {
                prior
                    .factors
                    .push(Initializer::Zeros.init([self.channels, width_out, 1], device));
            }
        }
        prior
    }
}

impl<B: ModelBackend> FactorizedPrior<B> {
    /// Probability of the integer bin around each value.
    ///
    /// # Shapes
    /// `[batch, channels, height, width]`, unchanged.
    pub fn likelihood(&self, values: Tensor<B, 4>) -> Tensor<B, 4> {
        let [batch, channels, height, width] = values.dims();
        let flat = values
            .permute([1, 0, 2, 3])
            .reshape([channels, 1, batch * height * width]);
        self.likelihood_of_rows(flat)
            .reshape([channels, batch, height, width])
            .permute([1, 0, 2, 3])
    }

    /// The integer tables that code real streams, table `c` for channel `c`; each value beyond a
    /// table is escaped. Values within ±`reach` are considered.
    pub fn tables(&self, reach: i32) -> TableSet {
        let channels = self.matrices[0].dims()[0];
        let device = self.matrices[0].device();
        let grid: Vec<f32> = (-reach..=reach).map(|n| n as f32).collect();
        let bins = grid.len();
        let grid = Tensor::<B, 3>::from_data(TensorData::new(grid, [1, 1, bins]), &device)
            .repeat_dim(0, channels);
        let likelihoods = self.likelihood_of_rows(grid).into_data().convert::<f64>();
        let likelihoods = likelihoods.to_vec::<f64>().expect("converted to f64 above");
        let tables = likelihoods
            .chunks_exact(bins)
            .map(|row| table(row, -reach))
            .collect();
        TableSet::new(tables).expect("as many tables as channels, each checked")
    }

    fn likelihood_of_rows(&self, values: Tensor<B, 3>) -> Tensor<B, 3> {
        let lower = self.logits(values.clone() - 0.5);
        let upper = self.logits(values + 0.5);
        // Both logits are moved to the side where the sigmoid is small and therefore precise. Not
        // with `sign`, which is 0 in the middle of a symmetric distribution and would say p = 0.
        let sum = (lower.clone() + upper.clone()).detach();
        let sign = sum.ones_like().mask_fill(sum.greater_elem(0.0), -1.0);
        (sigmoid(upper * sign.clone()) - sigmoid(lower * sign)).abs()
    }

    /// Logit of the distribution function, eqs. 27 to 30 of the paper.
    fn logits(&self, values: Tensor<B, 3>) -> Tensor<B, 3> {
        let mut logits = values;
        for (layer, (matrix, bias)) in self.matrices.iter().zip(&self.biases).enumerate() {
            logits = softplus(matrix.val(), 1.0).matmul(logits) + bias.val();
            if let Some(factor) = self.factors.get(layer) {
                logits = logits.clone() + factor.val().tanh() * logits.tanh();
            }
        }
        logits
    }
}

/// The table over the values likelier than [`TABLE_MINIMUM`]; what is left goes to the escape.
fn table(likelihoods: &[f64], first: i32) -> CdfTable {
    let likely = |p: &f64| *p >= TABLE_MINIMUM;
    let begin = likelihoods
        .iter()
        .position(likely)
        .unwrap_or(likelihoods.len() / 2);
    let end = likelihoods.iter().rposition(likely).unwrap_or(begin);
    let inside = &likelihoods[begin..=end];
    let escape = (1.0 - inside.iter().sum::<f64>()).max(1e-9);
    CdfTable::from_weights(first + begin as i32, inside, escape)
        .expect("weights are probabilities, the range is bounded by the caller")
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;

    fn prior() -> FactorizedPrior<Flex> {
        FactorizedPriorConfig::new(3).init(&Default::default())
    }

    #[test]
    fn each_channel_is_a_probability_distribution() {
        let values: Vec<f32> = (-400..400).map(|n| n as f32).collect();
        let values = Tensor::<Flex, 1>::from_floats(values.as_slice(), &Default::default())
            .reshape([1, 1, 20, 40])
            .repeat_dim(1, 3);
        let likelihoods = prior()
            .likelihood(values)
            .into_data()
            .to_vec::<f32>()
            .unwrap();
        for channel in likelihoods.chunks(800) {
            assert!(channel.iter().all(|&p| p >= 0.0));
            let sum: f32 = channel.iter().sum();
            // 800 single precision terms.
            assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        }
    }

    #[test]
    fn the_middle_of_a_symmetric_distribution_is_its_likeliest_value() {
        let mut prior = prior();
        prior.biases = prior
            .biases
            .into_iter()
            .map(|bias| bias.map(|bias| bias.zeros_like()))
            .collect();
        let values =
            Tensor::<Flex, 4>::from_data([[[[0.0, 1.0]]]], &Default::default()).repeat_dim(1, 3);
        let likelihoods = prior
            .likelihood(values)
            .into_data()
            .to_vec::<f32>()
            .unwrap();
        assert!(likelihoods[0] > likelihoods[1], "{likelihoods:?}");
    }

    #[test]
    fn tables_hold_the_likelihoods() {
        let prior = prior();
        let tables = prior.tables(127);
        let value = 4;
        let tensor = Tensor::<Flex, 4>::full([1, 3, 1, 1], value as f32, &Default::default());
        let likelihoods = prior
            .likelihood(tensor)
            .into_data()
            .to_vec::<f32>()
            .unwrap();
        for (channel, p) in likelihoods.into_iter().enumerate() {
            let bits = tables.cost_bits(channel as u16, value);
            // 16-bit frequencies of values of about 0.03: within 0.05 %.
            assert!((bits + f64::from(p).log2()).abs() < 0.01, "{bits} {p}");
        }
    }
}
