//! Checkpoints: a folder that is replaced as a whole.

use std::fs;
use std::path::{Path, PathBuf};

use burn::module::{AutodiffModule, Module};
use burn::optim::Optimizer;
use burn::record::{FullPrecisionSettings, NamedMpkFileRecorder, Recorder};
use burn::tensor::backend::AutodiffBackend;
use serde::{Deserialize, Serialize};

use super::{Recipe, TrainingError};

/// What a run knows besides its tensors.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RunState {
    /// Steps done.
    pub step: u64,
    pub elapsed_seconds: f64,
    pub recipe: Recipe,
}

/// A run's tensors.
pub(super) struct RunTensors<B: AutodiffBackend, M: AutodiffModule<B>, O: Optimizer<M, B>> {
    pub network: M,
    pub average: M::InnerModule,
    pub optimizer: O,
    pub backend: std::marker::PhantomData<B>,
}

type FileRecorder = NamedMpkFileRecorder<FullPrecisionSettings>;

pub(super) fn exists(output: &Path) -> bool {
    folder(output).join("state.json").is_file() || previous(output).join("state.json").is_file()
}

/// Writes a checkpoint beside the old one, then takes its place, so that an interruption at any
/// time leaves a whole checkpoint.
pub(super) fn save<B, M, O>(
    output: &Path,
    state: &RunState,
    tensors: &RunTensors<B, M, O>,
) -> Result<(), TrainingError>
where
    B: AutodiffBackend,
    M: AutodiffModule<B>,
    O: Optimizer<M, B>,
{
    let new = output.join("checkpoint.new");
    let _ = fs::remove_dir_all(&new);
    fs::create_dir_all(&new).map_err(TrainingError::io(&new))?;
    let recorder = FileRecorder::new();
    let path = |name: &str| new.join(name);
    let record = |name: &str| TrainingError::checkpoint(&new.join(name));
    recorder
        .record(tensors.network.clone().into_record(), path("network"))
        .map_err(record("network"))?;
    recorder
        .record(tensors.average.clone().into_record(), path("average"))
        .map_err(record("average"))?;
    recorder
        .record(tensors.optimizer.to_record(), path("optimizer"))
        .map_err(record("optimizer"))?;
    let json = serde_json::to_vec_pretty(state).expect("the state is plain data");
    fs::write(path("state.json"), json).map_err(TrainingError::io(&path("state.json")))?;

    let (current, previous) = (folder(output), previous(output));
    if current.exists() {
        let _ = fs::remove_dir_all(&previous);
        fs::rename(&current, &previous).map_err(TrainingError::io(&current))?;
    }
    fs::rename(&new, &current).map_err(TrainingError::io(&new))?;
    let _ = fs::remove_dir_all(&previous);
    Ok(())
}

/// The state of the last whole checkpoint.
pub(super) fn load_state(output: &Path) -> Result<RunState, TrainingError> {
    let path = whole(output).join("state.json");
    let text = fs::read_to_string(&path).map_err(TrainingError::io(&path))?;
    serde_json::from_str(&text).map_err(|error| TrainingError::Checkpoint {
        path,
        message: error.to_string(),
    })
}

/// The tensors of the last whole checkpoint, in place of those of fresh modules.
pub(super) fn load_tensors<B, M, O>(
    output: &Path,
    fresh: RunTensors<B, M, O>,
    device: &B::Device,
) -> Result<RunTensors<B, M, O>, TrainingError>
where
    B: AutodiffBackend,
    M: AutodiffModule<B>,
    O: Optimizer<M, B>,
{
    let folder = whole(output);
    let recorder = FileRecorder::new();
    let record = |name: &str| TrainingError::checkpoint(&folder.join(name));
    let network = recorder
        .load(folder.join("network"), device)
        .map_err(record("network"))?;
    let average = recorder
        .load(folder.join("average"), device)
        .map_err(record("average"))?;
    let optimizer = recorder
        .load(folder.join("optimizer"), device)
        .map_err(record("optimizer"))?;
    Ok(RunTensors {
        network: fresh.network.load_record(network),
        average: fresh.average.load_record(average),
        optimizer: fresh.optimizer.load_record(optimizer),
        backend: fresh.backend,
    })
}

fn folder(output: &Path) -> PathBuf {
    output.join("checkpoint")
}

fn previous(output: &Path) -> PathBuf {
    output.join("checkpoint.old")
}

fn whole(output: &Path) -> PathBuf {
    let current = folder(output);
    if current.join("state.json").is_file() {
        current
    } else {
        previous(output)
    }
}
