//! Runs whose loss leaves the real numbers on purpose.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use aivc_models::weights::WeightsFile;
use burn::backend::flex::FlexDevice;
use burn::backend::{Autodiff, Flex};
use tempfile::TempDir;

use super::*;
use crate::training::{ValidationPoint, read_log};

type B = Autodiff<Flex>;
type Network = FactorizedNetwork<B>;

/// Pictures with a loss that is broken from a step on, so many times.
struct Broken<'a> {
    task: PictureTask<'a, B, Network>,
    first: u64,
    times: AtomicU32,
    /// What is added to the loss; its gradient is finite.
    added: f32,
    /// What it is multiplied by, and its gradient.
    factor: f32,
}

impl Task<B> for Broken<'_> {
    type Network = Network;
    type Batch = (u64, crate::training::data::Batch);

    fn init(&self, device: &FlexDevice) -> Result<Network, TrainingError> {
        self.task.init(device)
    }

    fn load(
        &self,
        file: &WeightsFile,
        device: &FlexDevice,
    ) -> Result<Option<FactorizedNetwork<Flex>>, TrainingError> {
        self.task.load(file, device)
    }

    fn source_sizes(&self) -> Vec<usize> {
        self.task.source_sizes()
    }

    fn batches(
        &self,
    ) -> impl Fn(u64) -> Result<Self::Batch, TrainingError> + Clone + Send + 'static {
        let make = self.task.batches();
        move |step| Ok((step, make(step)?))
    }

    fn loss(
        &self,
        network: &Network,
        (step, batch): Self::Batch,
        device: &FlexDevice,
    ) -> Result<BatchLoss<B>, TrainingError> {
        let mut loss = self.task.loss(network, batch, device)?;
        let left = self.times.load(Ordering::SeqCst);
        if step >= self.first && left > 0 {
            self.times.store(left - 1, Ordering::SeqCst);
            loss.loss = loss.loss * self.factor + self.added;
        }
        Ok(loss)
    }

    fn freeze(
        &self,
        average: FactorizedNetwork<Flex>,
        qualities: &[Quality],
        device: &FlexDevice,
    ) -> Result<(WeightsFile, Vec<ValidationPoint>), TrainingError> {
        self.task.freeze(average, qualities, device)
    }
}

const RECIPE: &str = r#"
    name = "tiny"
    output = "run"
    seed = 1
    model = { family = "factorized", transform = { blocks = 0, hidden = 4, latent = 4 } }
    loss = { lambda_lowest = 0.01, lambda_highest = 0.01 }
    [optimization]
    steps = 30
    batch = 1
    crop = 64
    learning_rate = { peak = 1e-3, last = 1e-3 }
    gradient_norm = 1.0
    averaging = 0.9
    checkpoint_every = 2
    log_every = 1
    [data]
    sources = [{ path = "pictures", kind = "pictures", weight = 1.0 }]
"#;

fn workshop() -> (TempDir, Recipe) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("pictures")).unwrap();
    let picture = image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([x as u8, y as u8, 9]));
    picture.save(folder.path().join("pictures/a.png")).unwrap();
    let path = folder.path().join("recipe.toml");
    fs::write(&path, RECIPE).unwrap();
    let recipe = Recipe::load(path).unwrap();
    (folder, recipe)
}

/// Of a run whose loss is broken from a step on, so many times: how it ends, and its log.
fn run_broken(
    first: u64,
    times: u32,
    (factor, added): (f32, f32),
) -> (Result<TrainingSummary, TrainingError>, Vec<LogRecord>) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (_folder, recipe) = workshop();
    let ModelRecipe::Factorized { transform } = recipe.model else {
        unreachable!("as written above")
    };
    let task = Broken {
        task: PictureTask::open(&recipe, factorized_config(transform), &Default::default())
            .unwrap(),
        first,
        times: AtomicU32::new(times),
        added,
        factor,
    };
    let device = Default::default();
    let go_on = &mut |_: TrainingEvent<'_>| ControlFlow::Continue(());
    let result = run(&recipe, &task, StartFrom::Scratch, &device, go_on);
    (result, read_log(recipe.output.join("log.jsonl")).unwrap())
}

fn skipped(log: &[LogRecord]) -> Vec<u64> {
    let steps = log.iter().filter_map(|record| match record {
        LogRecord::Skipped { step } => Some(*step),
        _ => None,
    });
    steps.collect()
}

fn rollbacks(log: &[LogRecord]) -> Vec<(u64, u64, f64)> {
    let rollbacks = log.iter().filter_map(|record| match record {
        LogRecord::RolledBack {
            step,
            to,
            rate_factor,
        } => Some((*step, *to, *rate_factor)),
        _ => None,
    });
    rollbacks.collect()
}

#[test]
fn a_step_with_a_broken_loss_or_gradient_is_left_out() {
    for broken in [(f32::NAN, 0.0), (f32::INFINITY, 0.0), (1.0, f32::NAN)] {
        let (result, log) = run_broken(7, 1, broken);
        assert!(result.unwrap().finished);
        assert_eq!(skipped(&log), [7], "{broken:?}");
        assert_eq!(rollbacks(&log), []);
    }
}

#[test]
fn many_broken_steps_go_back_to_the_checkpoint_with_half_the_rate() {
    let (result, log) = run_broken(7, 20, (f32::NAN, 0.0));
    assert!(result.unwrap().finished);
    assert_eq!(skipped(&log), (7..27).collect::<Vec<_>>());
    // Of step 6: with steps left out there are no checkpoints.
    assert_eq!(rollbacks(&log), [(27, 6, 0.5)]);
    let after: Vec<_> = log
        .iter()
        .skip_while(|record| !matches!(record, LogRecord::RolledBack { .. }))
        .filter_map(|record| match record {
            LogRecord::Steps {
                step,
                learning_rate,
                ..
            } => Some((*step, *learning_rate)),
            _ => None,
        })
        .collect();
    assert_eq!(after, (7..=30).map(|step| (step, 5e-4)).collect::<Vec<_>>());
}

#[test]
fn a_run_that_breaks_again_and_again_ends_with_what_to_do() {
    let (result, log) = run_broken(7, u32::MAX, (f32::NAN, 0.0));
    let error = result.unwrap_err();
    let expected = matches!(
        error,
        TrainingError::Diverged {
            step: 26,
            steps: 20,
            rollbacks: 3
        }
    );
    assert!(expected, "{error}");
    assert!(error.to_string().contains("lower"), "{error}");
    let back = [(27, 6, 0.5), (27, 6, 0.25), (27, 6, 0.125)];
    assert_eq!(rollbacks(&log), back);
}

#[test]
fn a_run_that_breaks_before_its_first_checkpoint_begins_again() {
    let (result, log) = run_broken(0, 20, (f32::NAN, 0.0));
    assert!(result.unwrap().finished);
    assert_eq!(rollbacks(&log), [(20, 0, 0.5)]);
}
