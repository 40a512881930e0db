use std::fs;

use serde::Deserialize;

use super::model_cell::Workshop;
use super::{BenchError, Ffmpeg, FrameScores};

/// What libvmaf writes.
#[derive(Debug, Deserialize)]
struct VmafLog {
    frames: Vec<VmafFrame>,
}

#[derive(Debug, Deserialize)]
struct VmafFrame {
    metrics: VmafMetrics,
}

#[derive(Debug, Deserialize)]
struct VmafMetrics {
    vmaf: f64,
}

/// Adds VMAF to the scores of the frames in the y4m file `decoded`.
pub(super) fn vmaf(
    workshop: &Workshop<'_>,
    ffmpeg: &Ffmpeg,
    decoded: &str,
    frames: &mut [FrameScores],
) -> Result<(), BenchError> {
    let reference = workshop.clip.ffmpeg_input(workshop.folder)?;
    let log_name = format!("{}.vmaf.json", workshop.name);
    let filter = format!("libvmaf=n_threads=1:log_fmt=json:log_path={log_name}");
    let arguments = [
        "-hide_banner",
        "-loglevel",
        "error",
        "-nostdin",
        // Frames are paired by their times, and raw streams of some codecs have lost the frame rate.
        "-r",
        "25",
        "-i",
        decoded,
        "-r",
        "25",
        "-i",
        &reference,
        "-lavfi",
        &filter,
        "-f",
        "null",
        "-",
    ]
    .map(str::to_owned);
    ffmpeg.run(&arguments, workshop.folder, workshop.check)?;
    let path = workshop.folder.join(log_name);
    let text = fs::read(&path).map_err(BenchError::io(&path))?;
    fs::remove_file(&path).map_err(BenchError::io(&path))?;
    let scores = serde_json::from_slice(&text).map_or(Vec::new(), |log: VmafLog| log.frames);
    if scores.len() != frames.len() {
        return Err(BenchError::Vmaf {
            scores: scores.len(),
            frames: frames.len(),
        });
    }
    for (frame, score) in frames.iter_mut().zip(scores) {
        frame.scores.vmaf = Some(score.metrics.vmaf);
    }
    Ok(())
}
