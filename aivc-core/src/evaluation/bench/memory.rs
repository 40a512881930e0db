use std::fs;
use std::path::Path;
use std::process::Command;

use super::model_cell::Workshop;
use super::program::run;
use super::{BenchError, ModelEntry};
use crate::model::Backend;

/// How many frames the program codes to show its memory: one of each kind, as a codec keeps no more
/// than what the next frame needs.
const FRAMES: u64 = 3;

/// The most memory that coding takes, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PeakBytes {
    pub(super) encoding: Option<u64>,
    pub(super) decoding: Option<u64>,
}

/// The program `aivc`, run over the first frames of a clip in a process of its own: what this process
/// has in use says nothing of one of its cells.
pub(super) fn peak_memory(
    workshop: &Workshop<'_>,
    program: &Path,
    entry: &ModelEntry,
    quality: u32,
    backend: Backend,
) -> Result<PeakBytes, BenchError> {
    let Workshop { folder, check, .. } = *workshop;
    let input = workshop.clip.ffmpeg_input(folder)?;
    let model = match fs::canonicalize(&entry.model) {
        Ok(path) => path.to_string_lossy().into_owned(),
        Err(_) => entry.model.clone(),
    };
    let stream = format!("{}.memory.aivc", workshop.name);
    let frames = FRAMES.min(workshop.clip.frames.unwrap_or(FRAMES));
    let texts = [quality.to_string(), frames.to_string(), backend.to_string()];
    let [quality, frames, backend] = &texts;
    let common = ["--backend", backend, "--threads", "1"];
    let mut encode = vec!["encode", &input, "-o", &stream, "--quality", quality];
    encode.extend(["--model", &model, "--frames", frames]);
    let interval = entry.keyframe_interval.map(|interval| interval.to_string());
    if let Some(interval) = &interval {
        encode.extend(["--keyframe-interval", interval]);
    }
    // The frames go to hashes, not to a file.
    let decode = ["decode", &stream, "--md5", "--model", &model];
    let peak = |arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).args(common);
        let line = || format!("aivc {} {}", arguments.join(" "), common.join(" "));
        run(&mut command, line, folder, check).map(|figures| figures.peak_bytes)
    };
    let peaks = PeakBytes {
        encoding: peak(&encode)?,
        decoding: peak(&decode)?,
    };
    let stream = folder.join(stream);
    fs::remove_file(&stream).map_err(BenchError::io(&stream))?;
    Ok(peaks)
}
