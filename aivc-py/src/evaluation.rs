use std::fs;
use std::io::{BufReader, Read};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use aivc_core::evaluation::{
    Evaluation, EvaluationOptions, PerceptualMetrics, evaluate_stream, evaluate_video,
};
use aivc_core::metrics::Lpips;
use aivc_core::model::Backend;
use aivc_core::session::ContainerReader;
use aivc_core::video::{ReaderOptions, VideoReader, open_reader};
use pyo3::prelude::*;

use crate::failure::Failure;
use crate::interruptible::{Observer, run_interruptible};
use crate::model::ModelArgument;
use crate::refinement::RefinementArgument;
use crate::sources::{InputDescription, open_file, thread_count};

const STREAM_MAGIC: &[u8] = b"AIVC\r\n";

/// Compares a stream or a video with its original; returns the report in JSON.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "named in Python")]
pub fn evaluate(
    py: Python<'_>,
    reference: PathBuf,
    distorted: PathBuf,
    model: Option<&Bound<'_, PyAny>>,
    refinement: Option<RefinementArgument>,
    frames: Option<u64>,
    per_frame: bool,
    timed_encodings: usize,
    perceptual_every: u64,
    lpips: Option<PathBuf>,
    description: InputDescription,
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
) -> Result<String, Failure> {
    let model = ModelArgument::extract(model)?;
    let every = NonZeroU64::new(perceptual_every);
    let lpips = lpips.filter(|_| every.is_some());
    let lpips = lpips.map(|path| Lpips::load(&path, Backend::default()));
    let options = EvaluationOptions {
        frame_limit: frames,
        per_frame,
        timed_encodings,
        perceptual: PerceptualMetrics {
            every: every.unwrap_or(NonZeroU64::MIN),
            ssimulacra2: every.is_some(),
            lpips: lpips.transpose()?,
        },
        refinement: None,
    };
    let work = |observer: &mut Observer<'_, (u64,)>| {
        let mut reference = description.open(&reference)?;
        let evaluation = if is_stream(&distorted)? {
            against_stream(
                &mut *reference,
                &distorted,
                model,
                refinement,
                options,
                observer,
            )?
        } else if refinement.is_some() {
            return Err(Failure::argument(format!(
                "refine and upscale are for .aivc streams; {} is none, leave them out",
                distorted.display()
            )));
        } else {
            against_video(&mut *reference, &distorted, &options, observer)?
        };
        Ok::<_, Failure>(serde_json::to_string(&evaluation).expect("reports are plain data"))
    };
    run_interruptible(py, thread_count(threads)?, progress, work)?
}

fn against_stream(
    reference: &mut dyn VideoReader,
    path: &Path,
    model: ModelArgument,
    refinement: Option<RefinementArgument>,
    mut options: EvaluationOptions,
    observer: &mut Observer<'_, (u64,)>,
) -> Result<Evaluation, Failure> {
    let file = open_file(path)?;
    let bytes = file
        .metadata()
        .map_err(|error| Failure::io(error, Some(path)))?
        .len();
    let mut container = ContainerReader::new(BufReader::with_capacity(1 << 16, file))?;
    let model = model.or_of_stream(container.header())?;
    options.refinement = refinement
        .map(|refinement| refinement.load(model.backend()))
        .transpose()?;
    Ok(evaluate_stream(
        reference,
        &mut container,
        bytes,
        &model,
        &options,
        &mut |frames| observer.tell((frames,)),
    )?)
}

fn against_video(
    reference: &mut dyn VideoReader,
    path: &Path,
    options: &EvaluationOptions,
    observer: &mut Observer<'_, (u64,)>,
) -> Result<Evaluation, Failure> {
    let reader_options = ReaderOptions {
        raw: Some(*reference.properties()),
        ..ReaderOptions::default()
    };
    let mut distorted = open_reader(path, &reader_options)?;
    let bytes = bytes_of(path)?;
    Ok(evaluate_video(
        reference,
        &mut *distorted,
        bytes,
        options,
        &mut |frames| observer.tell((frames,)),
    )?)
}

/// Whether a file begins as streams do, or has their name.
fn is_stream(path: &Path) -> Result<bool, Failure> {
    if path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("aivc"))
    {
        return Ok(true);
    }
    if !path.is_file() {
        return Ok(false);
    }
    let mut start = Vec::new();
    open_file(path)?
        .take(STREAM_MAGIC.len() as u64)
        .read_to_end(&mut start)
        .map_err(|error| Failure::io(error, Some(path)))?;
    Ok(start == STREAM_MAGIC)
}

/// Bytes of a file, or of the files of a folder.
fn bytes_of(path: &Path) -> Result<u64, Failure> {
    if !path.is_dir() {
        return Ok(fs::metadata(path).map_or(0, |metadata| metadata.len()));
    }
    let total = fs::read_dir(path).and_then(|entries| {
        entries
            .map(|entry| Ok(entry?.metadata()?.len()))
            .sum::<std::io::Result<u64>>()
    });
    total.map_err(|error| Failure::io(error, Some(path)))
}
