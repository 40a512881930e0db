use std::fs;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aivc_models::ModelBackend;
use aivc_models::families::factorized::FactorizedNetwork;
use aivc_models::families::hybrid::restoration::RestorationConfig;
use aivc_models::families::hyperprior::HyperpriorNetwork;
use aivc_models::families::vqvae::{CodebookStatistics, VqvaeNetwork};
use aivc_models::layers::Quality;
use burn::module::{AutodiffModule, Module};
use burn::optim::{AdamConfig, GradientsAccumulator, GradientsParams, Optimizer};
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{ElementConversion, Tensor};

use super::averaging::{fits_weights_file, move_average};
use super::best;
use super::checkpoint::{self, RunState, RunTensors};
use super::clip_task::ClipTask;
use super::data::BatchLoader;
use super::distribution_task::DistributionTask;
use super::frame_task::FrameTask;
use super::guard::{StepGuard, Verdict};
use super::log::LogWriter;
use super::picture_task::PictureTask;
use super::recipe::{
    ModelRecipe, factorized_config, hyperprior_config, hyperprior3d_config, refinement_config,
    vqvae_config,
};
use super::refinement_task::RefinementTask;
use super::restoration_task::RestorationTask;
use super::same_run::check_same_run;
use super::task::{BatchLoss, Task};
use super::weights_transfer::{read_weights, with_values_of};
use super::{BestWeights, LogRecord, Recipe, TrainingError, gradients, plot_log};
use crate::video::OutputFile;

/// Whether a run begins or goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartFrom {
    /// Fresh weights; the output folder must not hold a run.
    Scratch,
    /// The last checkpoint in the output folder.
    Checkpoint,
}

/// What a run tells while it goes on.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum TrainingEvent<'a> {
    /// A record was added to the log.
    Logged(&'a LogRecord),
    /// A step is done, and so many of all are.
    Stepped {
        /// Steps done.
        step: u64,
        /// Steps of the run.
        steps: u64,
    },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingSummary {
    /// Steps done.
    pub step: u64,
    /// Whether these are all of them.
    pub finished: bool,
    /// Seconds that the run has had, over all resumptions.
    pub elapsed_seconds: f64,
    /// The weights file of the averaged weights, the last ones.
    pub weights: PathBuf,
    /// The best weights of all validations; none of a run without them.
    pub best: Option<BestWeights>,
}

impl TrainingSummary {
    /// Puts the best weights in the place of the last ones, in [`weights`](Self::weights). Does nothing
    /// if there are none.
    ///
    /// # Errors
    /// [`TrainingError::Io`].
    pub fn export_best(&self) -> Result<(), TrainingError> {
        let Some(best) = &self.best else {
            return Ok(());
        };
        let bytes = fs::read(&best.weights).map_err(TrainingError::io(&best.weights))?;
        write_whole(&self.weights, &bytes)
    }
}

/// Trains a model by a recipe.
///
/// The output folder gets `log.jsonl`, `plot.svg`, `checkpoint/` and `<name>.safetensors`, the
/// last being ready for use at any time; with a validation also `<name>.best.safetensors` and
/// `best.json`. The observer is asked after every step; when it breaks, a checkpoint and weights are
/// written, without a validation, and the run ends unfinished.
///
/// A step whose loss or gradient is not finite is left out. After 20 of them in a row, or if weights have
/// grown beyond what a weights file holds, the run goes back to its last checkpoint (or its start) with
/// half the learning rate, three times at most.
///
/// A recipe and its seed give the same weights again on the same machine, as long as nothing else
/// in the process draws random numbers from the same backend meanwhile: burn's generators are
/// global. For the same reason noise differs from run to run with more than one thread.
///
/// # Errors
/// [`TrainingError`]. What the last checkpoint holds is not lost.
pub fn train<B>(
    recipe: &Recipe,
    start: StartFrom,
    device: &B::Device,
    observer: &mut dyn FnMut(TrainingEvent<'_>) -> ControlFlow<()>,
) -> Result<TrainingSummary, TrainingError>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
{
    recipe.validate()?;
    match &recipe.model {
        ModelRecipe::Factorized { transform } => {
            let config = factorized_config(*transform);
            let task = PictureTask::<B, FactorizedNetwork<B>>::open(recipe, config, device)?;
            run(recipe, &task, start, device, observer)
        }
        ModelRecipe::Hyperprior { transform, hyper } => {
            let config = hyperprior_config(*transform, *hyper);
            let task = PictureTask::<B, HyperpriorNetwork<B>>::open(recipe, config, device)?;
            run(recipe, &task, start, device, observer)
        }
        ModelRecipe::Vqvae {
            transform,
            stages,
            codes,
        } => {
            let config = vqvae_config(*transform, *stages, *codes);
            let task = PictureTask::<B, VqvaeNetwork<B>>::open(recipe, config, device)?;
            run(recipe, &task, start, device, observer)
        }
        ModelRecipe::Hyperprior3d {
            transform,
            blocks,
            hidden,
            hyper,
            pictures,
        } => {
            let config = hyperprior3d_config(*transform, [*blocks, *hidden, *hyper]);
            let task = ClipTask::open(recipe, config, pictures.as_deref())?;
            run::<B, _>(recipe, &task, start, device, observer)
        }
        ModelRecipe::Refinement {
            scale,
            hidden,
            blocks,
            training,
        } => {
            let config = refinement_config([*scale, *hidden, *blocks]);
            let task = RefinementTask::<B>::open(recipe, config, training, device)?;
            run(recipe, &task, start, device, observer)
        }
        ModelRecipe::HybridDistributions { training } => {
            let task = DistributionTask::<B>::open(recipe, training, device)?;
            run(recipe, &task, start, device, observer)
        }
        ModelRecipe::HybridRestoration {
            hidden,
            blocks,
            training,
        } => {
            let config = RestorationConfig::new()
                .with_hidden(*hidden)
                .with_blocks(*blocks);
            let task = RestorationTask::<B>::open(recipe, config, training, device)?;
            run(recipe, &task, start, device, observer)
        }
        ModelRecipe::Hybrid { coder, inter } => {
            let task = FrameTask::<B>::open(recipe, *coder, inter.as_ref(), device)?;
            run(recipe, &task, start, device, observer)
        }
    }
}

fn run<B, T>(
    recipe: &Recipe,
    task: &T,
    start: StartFrom,
    device: &B::Device,
    observer: &mut dyn FnMut(TrainingEvent<'_>) -> ControlFlow<()>,
) -> Result<TrainingSummary, TrainingError>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
    T: Task<B>,
{
    let optimization = &recipe.optimization;
    let output = &recipe.output;
    B::seed(device, recipe.seed);
    let network = task.init(device)?;
    let parameters = network.num_params();
    let mut tensors = RunTensors {
        average: network.valid(),
        network,
        optimizer: AdamConfig::new().with_epsilon(1e-8).init::<B, T::Network>(),
        backend: PhantomData,
    };
    let mut state = RunState {
        step: 0,
        elapsed_seconds: 0.0,
        rollbacks: 0,
        recipe: recipe.clone(),
    };
    match (start, checkpoint::exists(output)) {
        (StartFrom::Scratch, true) => {
            return Err(TrainingError::OutputInUse {
                path: output.clone(),
            });
        }
        (StartFrom::Checkpoint, false) => {
            return Err(TrainingError::NoCheckpoint {
                path: output.clone(),
            });
        }
        (StartFrom::Scratch, false) => {
            if let Some(path) = &recipe.start {
                let network = task.load(&read_weights(path)?, device)?;
                tensors.average =
                    network.ok_or_else(|| TrainingError::StartSizes { path: path.clone() })?;
                tensors.network = with_values_of(tensors.network, &tensors.average);
            }
        }
        (StartFrom::Checkpoint, true) => {
            let saved = checkpoint::load_state(output)?;
            check_same_run(recipe, &saved.recipe)?;
            state = RunState {
                recipe: recipe.clone(),
                ..saved
            };
            tensors = checkpoint::load_tensors(output, tensors, device)?;
        }
    }

    fs::create_dir_all(output).map_err(TrainingError::io(output))?;
    if start == StartFrom::Scratch {
        BestWeights::clear(recipe);
    }
    let mut run = Run {
        recipe,
        task,
        device,
        log: LogWriter::append(&output.join("log.jsonl"))?,
        means: Means::default(),
        guard: StepGuard::new(state.rollbacks),
        best: BestWeights::load(recipe)?,
        observer,
    };
    run.record(&LogRecord::Start {
        step: state.step,
        steps: optimization.steps,
        device: format!("{device:?}"),
        parameters,
        pictures: task.source_sizes(),
    })?;
    let threads = optimization.threads as u64;
    let load =
        |step: u64| BatchLoader::start(task.batches(), step * threads, recipe.data.loader_threads);
    let mut loader = load(state.step);
    let mut good = (state.clone(), tensors.clone());
    let mut finished = true;
    while state.step < optimization.steps {
        let begun = Instant::now();
        let batches: Vec<T::Batch> = (0..threads)
            .map(|_| loader.next_batch())
            .collect::<Result<_, _>>()?;
        let (after, mut verdict) = run.step(tensors, state.step, batches)?;
        tensors = after;
        state.step += 1;
        let seconds = begun.elapsed().as_secs_f64();
        state.elapsed_seconds += seconds;
        run.means.seconds += seconds;
        if state.step.is_multiple_of(optimization.log_every) {
            run.log_steps(&state, &tensors.network)?;
        }
        let last = state.step == optimization.steps;
        // Not while steps are left out: what broke them may be in these weights already.
        let calm = !run.guard.is_alarmed();
        let checkpoint_due =
            last || calm && state.step.is_multiple_of(optimization.checkpoint_every);
        let due =
            |validation: &super::ValidationRecipe| state.step.is_multiple_of(validation.every);
        let validation_due = last || calm && recipe.validation.as_ref().is_some_and(due);
        if verdict != Some(Verdict::RollBack)
            && (checkpoint_due || validation_due)
            && !tensors.fit_a_weights_file()
        {
            verdict = Some(run.guard.ruined());
        }
        match verdict {
            Some(Verdict::RollBack) => {
                run.record(&LogRecord::RolledBack {
                    step: state.step,
                    to: good.0.step,
                    rate_factor: run.guard.rate_factor(),
                })?;
                run.means = Means::default();
                state = RunState {
                    elapsed_seconds: state.elapsed_seconds,
                    rollbacks: run.guard.rollbacks(),
                    ..good.0.clone()
                };
                tensors = good.1.clone();
                loader = load(state.step);
                continue;
            }
            Some(Verdict::GiveUp(steps)) => return Err(run.given_up(&state, steps)),
            Some(Verdict::Skip) | None => {}
        }
        if checkpoint_due {
            checkpoint::save(output, &state, &tensors)?;
            good = (state.clone(), tensors.clone());
        }
        if validation_due {
            run.validate_and_save(&tensors.average, state.step, &qualities(recipe))?;
        }
        let event = TrainingEvent::Stepped {
            step: state.step,
            steps: optimization.steps,
        };
        if (run.observer)(event).is_break() && !last {
            if run.guard.is_alarmed() || !tensors.fit_a_weights_file() {
                (state, tensors) = good;
            }
            checkpoint::save(output, &state, &tensors)?;
            if !validation_due {
                run.validate_and_save(&tensors.average, state.step, &[])?;
            }
            finished = false;
            break;
        }
    }
    Ok(TrainingSummary {
        step: state.step,
        finished,
        elapsed_seconds: state.elapsed_seconds,
        weights: weights_path(recipe),
        best: run.best,
    })
}

/// The qualities that a run is validated at.
fn qualities(recipe: &Recipe) -> Vec<Quality> {
    let validation = recipe.validation.as_ref();
    let levels = validation.map_or(&[][..], |validation| &validation.qualities);
    let qualities = levels.iter().map(|&level| Quality::new(level));
    qualities.filter_map(Result::ok).collect()
}

/// What stays the same from step to step.
struct Run<'a, B: AutodiffBackend, T> {
    recipe: &'a Recipe,
    task: &'a T,
    device: &'a B::Device,
    log: LogWriter,
    means: Means,
    guard: StepGuard,
    best: Option<BestWeights>,
    observer: &'a mut dyn FnMut(TrainingEvent<'_>) -> ControlFlow<()>,
}

/// Sums since the last log record.
#[derive(Debug, Default)]
struct Means {
    steps: f64,
    loss: f64,
    bits_per_pixel: f64,
    squared_error: f64,
    gradient_norm: f64,
    seconds: f64,
}

impl<B, T> Run<'_, B, T>
where
    B: AutodiffBackend + ModelBackend,
    B::InnerBackend: ModelBackend,
    T: Task<B>,
{
    /// The tensors after a step, or as they were if it was broken, and what follows in that case.
    #[expect(clippy::type_complexity, reason = "the optimizer's type has no name")]
    fn step<O: Optimizer<T::Network, B>>(
        &mut self,
        mut tensors: RunTensors<B, T::Network, O>,
        step: u64,
        batches: Vec<T::Batch>,
    ) -> Result<(RunTensors<B, T::Network, O>, Option<Verdict>), TrainingError> {
        let optimization = &self.recipe.optimization;
        // Noise is a function of seed and step too.
        B::seed(
            self.device,
            self.recipe.seed ^ (step + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        );
        let (means, mut grads, codebooks) = self.parts(&tensors.network, batches)?;
        let norm = gradients::norm(&tensors.network, &grads);
        if !norm.is_finite() || !means.loss.is_finite() {
            self.record(&LogRecord::Skipped { step })?;
            return Ok((tensors, Some(self.guard.broken())));
        }
        self.guard.taken();
        if norm > optimization.gradient_norm {
            gradients::scale(
                &tensors.network,
                &mut grads,
                optimization.gradient_norm / norm,
            );
        }
        let rate = self.learning_rate(step);
        tensors.network = tensors.optimizer.step(rate, tensors.network, grads);
        if !codebooks.is_empty() {
            let turn = step as usize;
            tensors.network = self.task.after_step(tensors.network, &codebooks, turn);
        }
        tensors.average = move_average(
            tensors.average,
            &tensors.network.valid(),
            optimization.averaging,
            step,
        );

        self.means.steps += 1.0;
        self.means.loss += means.loss;
        self.means.bits_per_pixel += means.bits_per_pixel;
        self.means.squared_error += means.squared_error;
        self.means.gradient_norm += norm;
        Ok((tensors, None))
    }

    fn learning_rate(&self, step: u64) -> f64 {
        let optimization = &self.recipe.optimization;
        let rate = optimization.learning_rate.at(step, optimization.steps);
        rate * self.guard.rate_factor()
    }

    /// Statistics and gradients, means over the parts of a batch, each of which has a thread.
    fn parts(
        &self,
        network: &T::Network,
        batches: Vec<T::Batch>,
    ) -> Result<(Means, GradientsParams, Vec<CodebookStatistics>), TrainingError> {
        let share = 1.0 / batches.len() as f64;
        let (task, device) = (self.task, self.device);
        let part = move |network: T::Network, batch| {
            let BatchLoss {
                loss,
                bits_per_pixel,
                squared_error,
                codebooks,
            } = task.loss(&network, batch, device)?;
            let scalar = |tensor: &Tensor<B, 1>| tensor.clone().into_scalar().elem::<f64>();
            let means = Means {
                loss: share * scalar(&loss),
                bits_per_pixel: share * scalar(&bits_per_pixel),
                squared_error: share * scalar(&squared_error),
                ..Means::default()
            };
            let gradients = GradientsParams::from_grads((loss * share).backward(), &network);
            Ok::<_, TrainingError>((means, gradients, codebooks))
        };
        // Forks have graphs of their own, which do not wait for each other.
        let parts: Vec<_> = std::thread::scope(|scope| {
            let parts: Vec<_> = batches
                .into_iter()
                .map(|batch| {
                    let fork = network.clone().fork(device);
                    scope.spawn(move || part(fork, batch))
                })
                .collect();
            let joined = parts.into_iter().map(|part| match part.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.collect::<Result<_, _>>()
        })?;
        let mut sum = Means::default();
        let mut accumulator = GradientsAccumulator::new();
        let mut codebooks: Vec<CodebookStatistics> = Vec::new();
        for (means, gradients, of_part) in parts {
            sum.loss += means.loss;
            sum.bits_per_pixel += means.bits_per_pixel;
            sum.squared_error += means.squared_error;
            accumulator.accumulate(network, gradients);
            codebooks = if codebooks.is_empty() {
                of_part
            } else {
                let pairs = codebooks.into_iter().zip(&of_part);
                pairs.map(|(sum, part)| sum.merged(part)).collect()
            };
        }
        Ok((sum, accumulator.grads(), codebooks))
    }

    fn given_up(&self, state: &RunState, steps: u32) -> TrainingError {
        let (step, rollbacks) = (state.step - 1, self.guard.rollbacks());
        match steps {
            0 => TrainingError::WeightsOverflow { step, rollbacks },
            steps => TrainingError::Diverged {
                step,
                steps,
                rollbacks,
            },
        }
    }

    fn log_steps(&mut self, state: &RunState, network: &T::Network) -> Result<(), TrainingError> {
        let means = std::mem::take(&mut self.means);
        if means.steps == 0.0 {
            return Ok(());
        }
        let optimization = &self.recipe.optimization;
        self.record(&LogRecord::Steps {
            step: state.step,
            loss: means.loss / means.steps,
            bits_per_pixel: means.bits_per_pixel / means.steps,
            psnr: 10.0 * (means.steps / means.squared_error).log10(),
            gradient_norm: means.gradient_norm / means.steps,
            learning_rate: self.learning_rate(state.step - 1),
            samples_per_second: means.steps * optimization.batch as f64 / means.seconds,
            elapsed_seconds: state.elapsed_seconds,
            perplexity: self.task.perplexities(network),
        })
    }

    /// Freezes the averaged weights, measures them at these qualities, and leaves weights files and plot.
    fn validate_and_save(
        &mut self,
        average: &<T::Network as AutodiffModule<B>>::InnerModule,
        step: u64,
        qualities: &[Quality],
    ) -> Result<(), TrainingError> {
        let (weights, points) = self.task.freeze(average.clone(), qualities, self.device)?;
        let cost = best::cost(self.recipe, &points);
        if !qualities.is_empty() {
            self.record(&LogRecord::Validation { step, points })?;
        }
        let path = weights_path(self.recipe);
        let bytes = weights.to_bytes()?;
        write_whole(&path, &bytes)?;
        if let Some(cost) = cost
            && self.best.as_ref().is_none_or(|best| cost < best.cost)
        {
            self.best = Some(BestWeights::save(self.recipe, step, cost, &bytes)?);
        }
        plot_log(
            self.recipe.output.join("log.jsonl"),
            self.recipe.output.join("plot.svg"),
        )
    }

    fn record(&mut self, record: &LogRecord) -> Result<(), TrainingError> {
        self.log.write(record)?;
        // Whether to go on is asked after each step.
        let _ = (self.observer)(TrainingEvent::Logged(record));
        Ok(())
    }
}

impl<B: AutodiffBackend, M: AutodiffModule<B>, O: Optimizer<M, B>> RunTensors<B, M, O> {
    /// Whether a weights file can hold the weights, those of the last step and the averaged ones.
    fn fit_a_weights_file(&self) -> bool {
        fits_weights_file(&self.network.valid()) && fits_weights_file(&self.average)
    }
}

fn weights_path(recipe: &Recipe) -> PathBuf {
    recipe.output.join(format!("{}.safetensors", recipe.name))
}

/// Writes a file that appears under its name when it is complete.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), TrainingError> {
    use std::io::Write;
    let mut file = OutputFile::create(path)?;
    file.write_all(bytes).map_err(TrainingError::io(path))?;
    Ok(file.finish()?)
}

#[cfg(all(test, feature = "flex"))]
mod tests;
