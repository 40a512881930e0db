use burn::module::{Module, Param};
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Tensor, TensorData};

/// How much of a codebook and its frequencies stays in a step.
const DECAY: f32 = 0.99;
/// Share of its fair part, one of so many codes, below which a code is dead.
const DEAD: f32 = 0.01;
/// Frequencies that bits are counted by are no smaller.
const LEAST_USAGE: f32 = 1e-6;
/// What a bit may cost in the first stage, in squares of the latent's unit, and how much less in
/// each stage behind: a stage halves the step.
const SQUARE_PER_BIT: f32 = 1.2;
const SQUARE_PER_BIT_FALL: f32 = 0.3;

/// Codebooks of vectors of one length, stage behind stage: each codes what those before left.
#[derive(Module, Debug)]
pub struct ResidualQuantizer<B: Backend> {
    /// `[stages, codes, dimensions]`.
    pub(super) codebook: Param<Tensor<B, 3>>,
    /// How often each code is used, `[stages, codes]`; a stage that is used sums to 1.
    pub(super) usage: Param<Tensor<B, 2>>,
}

/// What [`ResidualQuantizer::stage`] gives.
pub(super) struct Assignment<B: Backend> {
    /// Which code, as a row of zeros and a one, `[vectors, codes]`.
    pub one_hot: Tensor<B, 2>,
    /// The code itself, `[vectors, dimensions]`.
    pub code: Tensor<B, 2>,
    /// Bits that it costs, `[vectors]`.
    pub bits: Tensor<B, 1>,
}

/// What one batch says of the codebooks of a [`ResidualQuantizer`].
#[derive(Debug, Clone)]
pub struct CodebookStatistics {
    /// Vectors that had each code, `[stages][codes]`.
    counts: Vec<Vec<f32>>,
    /// Their sums, `[stages][codes · dimensions]`.
    sums: Vec<Vec<f32>>,
    /// What each stage was given, `[stages][vectors · dimensions]`.
    inputs: Vec<Vec<f32>>,
}

impl<B: Backend> ResidualQuantizer<B> {
    /// Codebooks without codes: the first batches give them.
    pub fn init(stages: usize, codes: usize, dimensions: usize, device: &B::Device) -> Self {
        Self {
            codebook: Param::from_tensor(Tensor::zeros([stages, codes, dimensions], device)),
            usage: Param::from_tensor(Tensor::zeros([stages, codes], device)),
        }
    }

    /// `[stages, codes, dimensions]`.
    pub fn shape(&self) -> [usize; 3] {
        self.codebook.lazy_shape().dims()
    }

    /// The codes that cost least, squared distance and bits together; nothing of it has a gradient.
    ///
    /// # Shapes
    /// Vectors `[vectors, dimensions]`.
    pub(super) fn stage(&self, stage: usize, vectors: Tensor<B, 2>) -> Assignment<B> {
        let [_, codes, dimensions] = self.shape();
        let vectors = vectors.detach();
        let codebook = self.codebook.val().detach().narrow(0, stage, 1);
        let codebook = codebook.reshape([codes, dimensions]);
        let usage = self.usage.val().detach().narrow(0, stage, 1);
        let bits = usage.clamp_min(LEAST_USAGE).log() / -std::f32::consts::LN_2;
        let squares = (codebook.clone() * codebook.clone()).sum_dim(1);
        let per_bit = SQUARE_PER_BIT * SQUARE_PER_BIT_FALL.powi(stage as i32);
        let penalty = squares.reshape([1, codes]) + bits.clone() * per_bit;
        // The vector's own square is the same for all codes.
        let costs = penalty - vectors.matmul(codebook.clone().transpose()) * 2.0;
        let chosen = costs.argmin(1);
        let count = chosen.dims()[0];
        let numbers = Tensor::arange(0..codes as i64, &chosen.device()).reshape([1, codes]);
        let one_hot = chosen
            .expand([count, codes])
            .equal(numbers.expand([count, codes]))
            .float();
        Assignment {
            code: one_hot.clone().matmul(codebook),
            bits: (one_hot.clone() * bits).sum_dim(1).reshape([count]),
            one_hot,
        }
    }

    /// Effective number of codes of each stage: 2 to the power of the entropy of their frequencies.
    pub fn perplexities(&self) -> Vec<f64> {
        let [stages, codes, _] = self.shape();
        let usage = host(self.usage.val());
        let perplexity = |usage: &[f32]| {
            let sum: f64 = usage.iter().map(|&share| f64::from(share)).sum();
            let bits = usage.iter().filter(|&&share| share > 0.0).map(|&share| {
                let share = f64::from(share) / sum;
                -share * share.log2()
            });
            bits.sum::<f64>().exp2()
        };
        (0..stages)
            .map(|stage| perplexity(&usage[stage * codes..][..codes]))
            .collect()
    }

    /// The codebooks after a batch: codes and frequencies move towards what the batch had (van den
    /// Oord et al., appendix A.1), and codes that are hardly used any more start again at one of the
    /// batch's vectors. A stage without codes gets all of them so, once the stage before has its own.
    ///
    /// `turn` says which vectors dead codes take, so that they do not take the same ones each time.
    #[must_use]
    pub fn updated(self, statistics: &CodebookStatistics, turn: usize) -> Self {
        let [stages, codes, dimensions] = self.shape();
        let device = self.codebook.lazy_device();
        let (mut codebook, mut usage) = (host(self.codebook.val()), host(self.usage.val()));
        let mut filled = true;
        for stage in 0..stages {
            let inputs = &statistics.inputs[stage];
            let vectors = inputs.len() / dimensions;
            let usage = &mut usage[stage * codes..][..codes];
            let codebook = &mut codebook[stage * codes * dimensions..][..codes * dimensions];
            if vectors == 0 || !filled {
                break;
            }
            filled = usage.iter().any(|&share| share > 0.0);
            let rows = codebook.chunks_exact_mut(dimensions);
            let sums = statistics.sums[stage].chunks_exact(dimensions);
            let counts = &statistics.counts[stage];
            for (number, ((row, sum), (share, &count))) in
                rows.zip(sums).zip(usage.iter_mut().zip(counts)).enumerate()
            {
                let before = DECAY * *share;
                let after = before + (1.0 - DECAY) * count / vectors as f32;
                *share = after;
                if !filled || after < DEAD / codes as f32 {
                    // Neighbouring vectors are alike: codes take ones that are far apart.
                    let vector = (number * vectors / codes + turn * 7919) % vectors;
                    row.copy_from_slice(&inputs[vector * dimensions..][..dimensions]);
                    *share = 1.0 / codes as f32;
                    continue;
                }
                if count == 0.0 {
                    continue;
                }
                for (value, &sum) in row.iter_mut().zip(sum) {
                    let moved = before * *value + (1.0 - DECAY) * sum / vectors as f32;
                    *value = moved / after;
                }
            }
            let total: f32 = usage.iter().sum();
            usage.iter_mut().for_each(|share| *share /= total);
        }
        let codebook = TensorData::new(codebook, [stages, codes, dimensions]);
        let usage = TensorData::new(usage, [stages, codes]);
        Self {
            codebook: replaced(self.codebook, codebook, &device),
            usage: replaced(self.usage, usage, &device),
        }
    }
}

impl CodebookStatistics {
    /// Of no vectors, for so many stages.
    pub(super) fn new(stages: usize) -> Self {
        Self {
            counts: vec![Vec::new(); stages],
            sums: vec![Vec::new(); stages],
            inputs: vec![Vec::new(); stages],
        }
    }

    /// Notes what a stage was given and what it chose.
    pub(super) fn note<B: AutodiffBackend>(
        &mut self,
        stage: usize,
        vectors: Tensor<B, 2>,
        one_hot: Tensor<B, 2>,
    ) {
        let (vectors, one_hot) = (vectors.inner(), one_hot.inner());
        self.counts[stage] = host(one_hot.clone().sum_dim(0));
        self.sums[stage] = host(one_hot.transpose().matmul(vectors.clone()));
        self.inputs[stage] = host(vectors);
    }

    /// Of the vectors of both.
    #[must_use]
    pub fn merged(mut self, other: &Self) -> Self {
        let add = |sums: &mut Vec<Vec<f32>>, others: &[Vec<f32>]| {
            for (sums, others) in sums.iter_mut().zip(others) {
                for (sum, other) in sums.iter_mut().zip(others) {
                    *sum += other;
                }
            }
        };
        add(&mut self.counts, &other.counts);
        add(&mut self.sums, &other.sums);
        for (inputs, others) in self.inputs.iter_mut().zip(&other.inputs) {
            inputs.extend(others);
        }
        self
    }
}

fn replaced<B: Backend, const D: usize>(
    parameter: Param<Tensor<B, D>>,
    values: TensorData,
    device: &B::Device,
) -> Param<Tensor<B, D>> {
    Param::initialized(
        parameter.id,
        Tensor::from_data(values, device).require_grad(),
    )
}

fn host<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    let data = tensor.into_data().convert::<f32>();
    data.to_vec().expect("converted to f32")
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::{Autodiff, Flex};

    type B = Autodiff<Flex>;

    fn statistics(quantizer: &ResidualQuantizer<B>, vectors: &[f32]) -> CodebookStatistics {
        let [stages, _, dimensions] = quantizer.shape();
        let shape = [vectors.len() / dimensions, dimensions];
        let mut left = Tensor::<B, 2>::from_data(
            TensorData::new(vectors.to_vec(), shape),
            &Default::default(),
        );
        let mut statistics = CodebookStatistics::new(stages);
        for stage in 0..stages {
            let chosen = quantizer.stage(stage, left.clone());
            statistics.note(stage, left.clone(), chosen.one_hot);
            left = left - chosen.code;
        }
        statistics
    }

    fn trained(
        quantizer: ResidualQuantizer<B>,
        vectors: &[f32],
        steps: usize,
    ) -> ResidualQuantizer<B> {
        (0..steps).fold(quantizer, |quantizer, step| {
            let statistics = statistics(&quantizer, vectors);
            quantizer.updated(&statistics, step)
        })
    }

    #[test]
    fn codes_come_from_the_first_batches_one_stage_after_the_other() {
        let empty = ResidualQuantizer::<B>::init(2, 2, 1, &Default::default());
        let first = trained(empty.clone(), &[-10.0, -10.0, 10.0, 10.0], 1);
        assert_eq!(host(first.codebook.val()), [-10.0, 10.0, 0.0, 0.0]);
        let second = trained(empty, &[-12.0, -8.0, 12.0, 8.0], 2);
        let codes = host(second.codebook.val());
        // What the codes −12 and 12 leave of the vectors: 0, 4, 0, −4.
        assert!(codes[2..].iter().all(|code| code.abs() <= 4.0), "{codes:?}");
        assert!(
            host(second.usage.val())[2..]
                .iter()
                .all(|&share| share > 0.0)
        );
    }

    #[test]
    fn codes_move_to_the_means_of_their_vectors() {
        let start = ResidualQuantizer::<B>::init(1, 2, 1, &Default::default());
        let vectors = [-11.0, -9.0, 30.0, 34.0];
        let codes = host(trained(start, &vectors, 600).codebook.val());
        // 0.99^600 of the distance at the start, which was 2 at most, is left.
        assert!(
            (codes[0] + 10.0).abs() < 0.01 && (codes[1] - 32.0).abs() < 0.01,
            "{codes:?}"
        );
    }

    #[test]
    fn a_dead_code_starts_again_at_a_vector_of_the_batch() {
        let start = ResidualQuantizer::<B>::init(1, 2, 1, &Default::default());
        let near = trained(start, &[-100.0, -100.0, 100.0, 100.0], 1);
        // From now on nothing comes near the code at −100.
        let changed = trained(near.clone(), &[99.0, 101.0, 60.0, 140.0], 100);
        assert_eq!(
            host(changed.codebook.val())[0],
            -100.0,
            "it takes longer to die"
        );
        let revived = host(
            trained(near, &[99.0, 101.0, 60.0, 140.0], 700)
                .codebook
                .val(),
        );
        assert!(revived.iter().all(|&code| code > 50.0), "{revived:?}");
    }

    #[test]
    fn perplexity_counts_the_codes_in_use() {
        let start = ResidualQuantizer::<B>::init(1, 4, 1, &Default::default());
        let usage = Tensor::from_data([[0.5, 0.5, 0.0, 0.0]], &Default::default());
        let two = ResidualQuantizer {
            usage: Param::from_tensor(usage),
            ..start
        };
        assert!((two.perplexities()[0] - 2.0).abs() < 1e-6);
    }

    #[test]
    fn of_two_codes_equally_near_the_frequent_one_is_chosen() {
        let quantizer = ResidualQuantizer::<B> {
            codebook: Param::from_tensor(Tensor::from_data([[[-1.0], [1.0]]], &Default::default())),
            usage: Param::from_tensor(Tensor::from_data([[0.1, 0.9]], &Default::default())),
        };
        let chosen = quantizer.stage(0, Tensor::zeros([1, 1], &Default::default()));
        assert_eq!(host(chosen.one_hot), [0.0, 1.0]);
        assert!((chosen.bits.into_scalar() - 0.152).abs() < 1e-3);
    }
}
