//! Whole files: [`encode`] and [`decode`].

use std::io::BufReader;
use std::path::{Path, PathBuf};

use aivc_core::session::{
    ContainerReader, DamageResponse, DecodeSummary, IndexStatus, Progress, decode_video_by,
    encode_video,
};
use aivc_core::video::{OutputFile, VideoReader, WriterOptions, create_writer};
use pyo3::prelude::*;
use serde_json::json;

use crate::encoder::encoder_config;
use crate::failure::Failure;
use crate::interruptible::{Observer, run_interruptible};
use crate::model::ModelArgument;
use crate::refinement::{RefinementArgument, refining_decoder};
use crate::sources::{InputDescription, open_file, thread_count};

/// The arguments of a progress callback: frames, frames expected, bytes, seconds in the codec.
pub type ProgressArguments = (u64, Option<u64>, u64, f64);

fn progress_arguments(progress: &Progress) -> ProgressArguments {
    let Progress {
        frames,
        frames_expected,
        bytes,
        codec_seconds,
    } = *progress;
    (frames, frames_expected, bytes, codec_seconds)
}

/// Codes a video file into a stream; returns a summary in JSON.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "named in Python")]
pub fn encode(
    py: Python<'_>,
    input: PathBuf,
    output: PathBuf,
    quality: u8,
    effort: u8,
    model: Option<&Bound<'_, PyAny>>,
    frames: Option<u64>,
    keyframes: (u32, bool, u32),
    target: (Option<f64>, Option<f64>),
    description: InputDescription,
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> Result<String, Failure> {
    let config = encoder_config(quality, effort, keyframes, target)?;
    let model = ModelArgument::extract(model)?;
    let work = |observer: &mut Observer<'_, ProgressArguments>| {
        let model = model.or_default()?;
        let mut reader: Box<dyn VideoReader> = description.open(&input)?;
        let mut file = OutputFile::create(&output)?;
        let summary = encode_video(
            &mut *reader,
            &mut file,
            &model,
            config,
            frames,
            &mut |progress| observer.tell(progress_arguments(progress)),
        )?;
        Ok::<_, Failure>((file, summary))
    };
    let (file, summary) = run_interruptible(py, thread_count(threads)?, progress, work)??;
    py.detach(|| file.finish())?;
    Ok(json!({
        "frames": summary.frames,
        "bytes": summary.bytes,
        "codec_seconds": summary.codec_seconds,
        "duration_seconds": summary.duration_seconds,
    })
    .to_string())
}

/// Decodes a stream into a video file; returns a summary in JSON.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "named in Python")]
pub fn decode(
    py: Python<'_>,
    input: PathBuf,
    output: PathBuf,
    model: Option<&Bound<'_, PyAny>>,
    refinement: Option<RefinementArgument>,
    strict: bool,
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> Result<String, Failure> {
    let model = ModelArgument::extract(model)?;
    let work = |observer: &mut Observer<'_, ProgressArguments>| {
        decode_into_writer(&input, &output, model, refinement, strict, observer)
    };
    let (finish, summary) = run_interruptible(py, thread_count(threads)?, progress, work)??;
    py.detach(finish)?;
    let lost: Vec<_> = summary
        .lost
        .iter()
        .map(|lost| lost.error.to_string())
        .collect();
    Ok(json!({
        "frames": summary.frames,
        "repeated": summary.repeated,
        "payload_bytes": summary.payload_bytes,
        "codec_seconds": summary.codec_seconds,
        "damaged": summary.damaged,
        "errors": lost,
        "index": index_name(summary.index),
    })
    .to_string())
}

/// Gives the decoded file its name.
type Finish = Box<dyn FnOnce() -> Result<(), Failure> + Send>;

fn decode_into_writer(
    input: &Path,
    output: &Path,
    model: ModelArgument,
    refinement: Option<RefinementArgument>,
    strict: bool,
    observer: &mut Observer<'_, ProgressArguments>,
) -> Result<(Finish, DecodeSummary), Failure> {
    let file = BufReader::with_capacity(1 << 16, open_file(input)?);
    let mut container = ContainerReader::new(file)?;
    let model = model.or_of_stream(container.header())?;
    let decoder = refining_decoder(&model, container.header(), refinement.as_ref())?;
    let mut writer = create_writer(output, decoder.properties(), &WriterOptions::default())?;
    let damage = if strict {
        DamageResponse::Stop
    } else {
        DamageResponse::Repeat
    };
    let summary = decode_video_by(
        &mut container,
        decoder,
        damage,
        &mut |frame| Ok(writer.write_frame(frame)?),
        &mut |progress| observer.tell(progress_arguments(progress)),
    )?;
    if strict && summary.index != IndexStatus::Complete {
        return Err(Failure::stream(format!(
            "{}: the index at the stream's end is {}",
            input.display(),
            index_name(summary.index)
        )));
    }
    Ok((Box::new(move || Ok(writer.finish()?)), summary))
}

/// `complete`, `missing` or `damaged`.
pub fn index_name(status: IndexStatus) -> &'static str {
    match status {
        IndexStatus::NotReached => "not-reached",
        IndexStatus::Complete => "complete",
        IndexStatus::Missing => "missing",
        IndexStatus::Damaged => "damaged",
    }
}
