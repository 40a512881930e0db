//! Checkpoints: a folder that is replaced as a whole.

use std::fs;
use std::path::{Path, PathBuf};

use burn::module::{AutodiffModule, Module};
use burn::optim::Optimizer;
use burn::record::{FullPrecisionSettings, NamedMpkBytesRecorder, Record, Recorder};
use burn::tensor::backend::{AutodiffBackend, Backend};
use serde::{Deserialize, Serialize};

use super::{Recipe, TrainingError};

/// What a run knows besides its tensors.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RunState {
    /// Steps done.
    pub step: u64,
    pub elapsed_seconds: f64,
    /// How often the run went back because its steps broke.
    #[serde(default)]
    pub rollbacks: u32,
    pub recipe: Recipe,
}

/// A run's tensors. Cheap to clone.
#[derive(Clone)]
pub(super) struct RunTensors<B: AutodiffBackend, M: AutodiffModule<B>, O: Optimizer<M, B>> {
    pub network: M,
    pub average: M::InnerModule,
    pub optimizer: O,
    pub backend: std::marker::PhantomData<B>,
}

type BytesRecorder = NamedMpkBytesRecorder<FullPrecisionSettings>;

/// Largest file of a checkpoint: some ways of bringing one to another machine take no more than
/// 16 MiB.
const PART_BYTES: usize = 15 << 20;

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
    save_record(&new, "network", tensors.network.clone().into_record())?;
    save_record(&new, "average", tensors.average.clone().into_record())?;
    save_record(&new, "optimizer", tensors.optimizer.to_record())?;
    let json = serde_json::to_vec_pretty(state).expect("the state is plain data");
    let path = new.join("state.json");
    fs::write(&path, json).map_err(TrainingError::io(&path))?;

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
    let network = load_record(&folder, "network", device)?;
    let average = load_record(&folder, "average", device)?;
    let optimizer = load_record(&folder, "optimizer", device)?;
    Ok(RunTensors {
        network: fresh.network.load_record(network),
        average: fresh.average.load_record(average),
        optimizer: fresh.optimizer.load_record(optimizer),
        backend: fresh.backend,
    })
}

fn save_record<B: Backend, R: Record<B>>(
    folder: &Path,
    name: &str,
    record: R,
) -> Result<(), TrainingError> {
    let bytes = BytesRecorder::new()
        .record(record, ())
        .map_err(TrainingError::checkpoint(&folder.join(name)))?;
    for (number, part) in bytes.chunks(PART_BYTES).enumerate() {
        let path = part_path(folder, name, number);
        fs::write(&path, part).map_err(TrainingError::io(&path))?;
    }
    Ok(())
}

fn load_record<B: Backend, R: Record<B>>(
    folder: &Path,
    name: &str,
    device: &B::Device,
) -> Result<R, TrainingError> {
    let mut bytes = Vec::new();
    for number in 0.. {
        let path = part_path(folder, name, number);
        if number > 0 && !path.exists() {
            break;
        }
        bytes.extend(fs::read(&path).map_err(TrainingError::io(&path))?);
    }
    BytesRecorder::new()
        .load(bytes, device)
        .map_err(TrainingError::checkpoint(&folder.join(name)))
}

fn part_path(folder: &Path, name: &str, number: usize) -> PathBuf {
    folder.join(format!("{name}.{number}.mpk"))
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
