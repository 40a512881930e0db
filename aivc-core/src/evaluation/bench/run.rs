use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::anchor_cell::measure_anchor;
use super::cache::{Cache, CellKey, CodecKey, PerceptualKey, content_hash};
use super::clip::Clip;
use super::memory::{PeakBytes, peak_memory};
use super::model_cell::{Measured, Workshop, measure_model};
use super::statistics::compare_codecs;
use super::{
    AnchorEntry, BenchError, BenchResults, CellFailure, CellResult, Ffmpeg, LeftOut, Measurement,
    ModelEntry, Suite,
};
use crate::evaluation::PerceptualMetrics;
use crate::metrics::Lpips;
use crate::model::{Backend, Model};
use crate::session::{EncoderConfig, Quality, SessionError};

/// How the names of folders for streams and decoded frames begin.
const WORK_PREFIX: &str = "work-";

/// How a bench runs.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// The folder of results, with the cache in it.
    pub output: PathBuf,
    /// Cells that are measured at the same time, each on one thread.
    pub jobs: NonZeroUsize,
    /// The ffmpeg program; [looked for](Ffmpeg::find) if it is not given here or in the suite.
    pub ffmpeg: Option<PathBuf>,
    /// Where models compute.
    pub backend: Backend,
    /// The program `aivc`, which is run to see how much memory models take; they have no such figure
    /// without it.
    pub program: Option<PathBuf>,
}

/// One clip, codec and rate point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellName {
    /// The clip.
    pub clip: String,
    /// The codec.
    pub codec: String,
    /// On the codec's own scale.
    pub quality: u32,
}

/// Is told of a bench's progress, from several threads.
pub trait BenchObserver: Sync {
    /// So many cells there are, and so many of them are in the cache.
    fn planned(&self, _cells: usize, _cached: usize) {}

    /// A cell was measured, or failed.
    fn measured(&self, _cell: &CellName) {}

    /// Whether to go on; asked all the time.
    fn check(&self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Measures what is not in the cache, and puts everything together.
///
/// A cell that fails is one of the results' failures, and the others go on. After
/// [`BenchError::Cancelled`], or when the program was killed, the next run goes on where this one
/// ended.
///
/// # Errors
/// [`BenchError`] for clips and models that cannot be read, an output folder that cannot be written,
/// and cancelling.
pub fn run_bench(
    suite: &Suite,
    options: &BenchOptions,
    observer: &dyn BenchObserver,
) -> Result<BenchResults, BenchError> {
    let bench = Bench::prepare(suite, options)?;
    let plan = bench.plan()?;
    let mut done = BTreeMap::new();
    let mut missing = Vec::new();
    for (index, cell) in plan.iter().enumerate() {
        match bench.cache.load(&cell.key) {
            Some(measurement) => {
                done.insert(index, Ok(measurement));
            }
            None => missing.push(index),
        }
    }
    observer.planned(plan.len(), done.len());
    done.extend(bench.measure(&plan, &missing, options.jobs, observer)?);
    Ok(bench.results(&plan, done))
}

struct Bench<'a> {
    suite: &'a Suite,
    cache: Cache,
    options: &'a BenchOptions,
    perceptual: PerceptualMetrics,
    ffmpeg: Option<Ffmpeg>,
    /// Hash of the running program.
    program: String,
    clips: Vec<Clip>,
    models: Vec<(&'a ModelEntry, Model)>,
    anchors: Vec<&'a AnchorEntry>,
    left_out: Vec<LeftOut>,
}

struct PlannedCell<'a> {
    clip: &'a Clip,
    codec: PlannedCodec<'a>,
    name: CellName,
    key: String,
}

#[derive(Clone, Copy)]
enum PlannedCodec<'a> {
    Model(&'a ModelEntry, &'a Model, EncoderConfig),
    Anchor(&'a AnchorEntry, &'a Ffmpeg),
}

type Outcome = Result<Measurement, BenchError>;

impl<'a> Bench<'a> {
    fn prepare(suite: &'a Suite, options: &'a BenchOptions) -> Result<Self, BenchError> {
        let cache = Cache::open(options.output.join("cache"))?;
        let wanted: Vec<_> = suite
            .anchors
            .iter()
            .map(|entry| entry.settings.encoder)
            .collect();
        let given = options.ffmpeg.as_ref().or(suite.ffmpeg.as_ref());
        let ffmpeg = match given {
            Some(program) => Ffmpeg::probe(program),
            None => Ffmpeg::find(&wanted),
        };
        let lpips = suite.lpips.as_ref();
        let perceptual = PerceptualMetrics {
            every: NonZeroU64::new(suite.perceptual_every).unwrap_or(NonZeroU64::MIN),
            ssimulacra2: suite.ssimulacra2,
            lpips: lpips
                .map(|path| Lpips::load(path, options.backend))
                .transpose()?,
        };
        let mut left_out = Vec::new();
        let mut anchors = Vec::new();
        for entry in &suite.anchors {
            let encoder = entry.settings.encoder;
            let reason = match &ffmpeg {
                None => Some(match given {
                    Some(program) => format!("{} does not run", program.display()),
                    None => "there is no ffmpeg program".to_owned(),
                }),
                Some(ffmpeg) if !ffmpeg.has(encoder) => Some(format!(
                    "{} has no {}",
                    ffmpeg.version_line(),
                    encoder.ffmpeg_name()
                )),
                Some(_) => None,
            };
            match reason {
                Some(reason) => left_out.push(LeftOut {
                    codec: entry.name.clone(),
                    reason,
                }),
                None => anchors.push(entry),
            }
        }
        let clips = suite
            .clips
            .iter()
            .map(|entry| Clip::open(entry, suite.frames, ffmpeg.as_ref()))
            .collect::<Result<_, _>>()?;
        let models = suite
            .models
            .iter()
            .map(|entry| {
                let model = Model::find(&entry.model, options.backend);
                model
                    .map(|model| (entry, model))
                    .map_err(|source| BenchError::Model {
                        name: entry.model.clone(),
                        source,
                    })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            suite,
            cache,
            options,
            perceptual,
            ffmpeg,
            program: running_program()?,
            clips,
            models,
            anchors,
            left_out,
        })
    }

    /// The program for VMAF of a clip, if it is wanted and there.
    fn vmaf(&self, clip: &Clip) -> Option<&Ffmpeg> {
        let wanted = self.suite.vmaf && !clip.is_picture();
        self.ffmpeg
            .as_ref()
            .filter(|ffmpeg| wanted && ffmpeg.has_vmaf())
    }

    fn plan(&self) -> Result<Vec<PlannedCell<'_>>, BenchError> {
        let mut plan = Vec::new();
        for clip in &self.clips {
            for (entry, model) in &self.models {
                for &quality in &entry.qualities {
                    let mut config = EncoderConfig {
                        quality: u8::try_from(quality)
                            .map_or(Quality::new(u8::MAX), Quality::new)
                            .map_err(SessionError::from)?,
                        ..EncoderConfig::for_files()
                    };
                    if let Some(interval) = entry.keyframe_interval {
                        config.keyframe_interval = interval;
                    }
                    let key = CodecKey::Model {
                        weights: model.hash().to_string(),
                        backend: model.backend().to_string(),
                        keyframe_interval: entry.keyframe_interval,
                        program: &self.program,
                    };
                    let codec = PlannedCodec::Model(entry, model, config);
                    plan.push(self.cell(clip, codec, &entry.name, quality, key));
                }
            }
            for &entry in &self.anchors {
                let Some(ffmpeg) = &self.ffmpeg else { break };
                if entry.settings.encoder.is_for_pictures() != clip.is_picture() {
                    continue;
                }
                for &quality in &entry.qualities {
                    let mut arguments = entry.settings.encode_arguments(quality, "IN", "OUT");
                    let depth = clip.properties.format.bit_depth();
                    arguments.extend(entry.settings.decode_arguments(depth, "OUT", "BACK"));
                    let key = CodecKey::Anchor {
                        settings: &entry.settings,
                        arguments,
                        ffmpeg: ffmpeg.version(),
                    };
                    let codec = PlannedCodec::Anchor(entry, ffmpeg);
                    plan.push(self.cell(clip, codec, &entry.name, quality, key));
                }
            }
        }
        Ok(plan)
    }

    fn cell<'b>(
        &'b self,
        clip: &'b Clip,
        codec: PlannedCodec<'b>,
        name: &str,
        quality: u32,
        key: CodecKey<'_>,
    ) -> PlannedCell<'b> {
        let key = CellKey {
            clip: &clip.hash,
            frames: clip.frames,
            codec: key,
            quality,
            vmaf: self.vmaf(clip).map(Ffmpeg::version),
            perceptual: PerceptualKey::of(&self.perceptual),
        };
        PlannedCell {
            clip,
            codec,
            name: CellName {
                clip: clip.name.clone(),
                codec: name.to_owned(),
                quality,
            },
            key: key.hash(),
        }
    }

    /// Measures cells of the plan on threads of their own.
    fn measure(
        &self,
        plan: &[PlannedCell<'_>],
        missing: &[usize],
        jobs: NonZeroUsize,
        observer: &dyn BenchObserver,
    ) -> Result<BTreeMap<usize, Outcome>, BenchError> {
        let done = Mutex::new(BTreeMap::new());
        if missing.is_empty() {
            return Ok(BTreeMap::new());
        }
        let output = &self.options.output;
        remove_old_work(output);
        let work = tempfile::Builder::new()
            .prefix(WORK_PREFIX)
            .tempdir_in(output)
            .map_err(BenchError::io(output))?;
        let next = AtomicUsize::new(0);
        let stopped = AtomicBool::new(false);
        let worker = || {
            while let Some(&index) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                let cell = &plan[index];
                let outcome = self.measure_cell(cell, work.path(), observer);
                if matches!(outcome, Err(BenchError::Cancelled)) {
                    stopped.store(true, Ordering::Relaxed);
                    return;
                }
                observer.measured(&cell.name);
                done.lock()
                    .expect("no worker panics with the lock held")
                    .insert(index, outcome);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..jobs.get().min(missing.len()) {
                // A pool of one thread, which is this one: what the networks would spread over all
                // cores stays here, so that speeds are those of one thread, as the anchors' are.
                scope.spawn(|| {
                    let pool = rayon::ThreadPoolBuilder::new()
                        .num_threads(1)
                        .use_current_thread()
                        .build();
                    match pool {
                        Ok(pool) => pool.install(worker),
                        Err(_) => worker(),
                    }
                });
            }
        });
        if stopped.into_inner() {
            return Err(BenchError::Cancelled);
        }
        Ok(done
            .into_inner()
            .expect("no worker panics with the lock held"))
    }

    fn measure_cell(
        &self,
        cell: &PlannedCell<'_>,
        folder: &Path,
        observer: &dyn BenchObserver,
    ) -> Outcome {
        let check = || observer.check();
        if check().is_break() {
            return Err(BenchError::Cancelled);
        }
        let CellName {
            clip,
            codec,
            quality,
        } = &cell.name;
        let workshop = Workshop {
            clip: cell.clip,
            name: format!("{clip}_{codec}_{quality}"),
            folder,
            perceptual: &self.perceptual,
            vmaf: self.vmaf(cell.clip),
            check: &check,
        };
        let Measured { measurement, crops } = match cell.codec {
            PlannedCodec::Model(entry, model, config) => self
                .peak_memory(&workshop, entry, *quality)
                .and_then(|peak| measure_model(&workshop, model, config, peak)),
            PlannedCodec::Anchor(entry, ffmpeg) => {
                measure_anchor(&workshop, &entry.settings, *quality, ffmpeg)
            }
        }
        // What Ctrl-C broke is no failure of the cell: it reaches ffmpeg too.
        .map_err(|error| {
            if check().is_break() {
                BenchError::Cancelled
            } else {
                error
            }
        })?;
        let [original, decoded] = crops;
        self.cache
            .store_crop(&cell.clip.original_key(), &original)?;
        self.cache.store(&cell.key, &measurement, &decoded)?;
        Ok(measurement)
    }

    fn peak_memory(
        &self,
        workshop: &Workshop<'_>,
        entry: &ModelEntry,
        quality: u32,
    ) -> Result<PeakBytes, BenchError> {
        match &self.options.program {
            Some(program) => peak_memory(workshop, program, entry, quality, self.options.backend),
            None => Ok(PeakBytes::default()),
        }
    }

    fn results(
        &self,
        plan: &[PlannedCell<'_>],
        mut done: BTreeMap<usize, Outcome>,
    ) -> BenchResults {
        let (mut cells, mut failures) = (Vec::new(), Vec::new());
        for (index, cell) in plan.iter().enumerate() {
            let CellName {
                clip,
                codec,
                quality,
            } = cell.name.clone();
            match done.remove(&index) {
                Some(Ok(measurement)) => cells.push(CellResult {
                    crop: self.cache.crop(&cell.key),
                    clip,
                    codec,
                    quality,
                    measurement,
                }),
                Some(Err(error)) => failures.push(CellFailure {
                    clip,
                    codec,
                    quality,
                    message: error.to_string(),
                }),
                None => {}
            }
        }
        let clips: Vec<_> = self.clips.iter().map(|clip| clip.name.clone()).collect();
        let is_measured = |codec: &&str| cells.iter().any(|cell| cell.codec == **codec);
        let codecs: Vec<String> = self
            .suite
            .codec_names()
            .filter(is_measured)
            .map(str::to_owned)
            .collect();
        let references = match &self.suite.references[..] {
            [] => codecs.iter().take(1).cloned().collect(),
            given => given.to_vec(),
        };
        BenchResults {
            suite: self.suite.name.clone(),
            program: format!(
                "aivc {} ({})",
                env!("CARGO_PKG_VERSION"),
                &self.program[..16]
            ),
            ffmpeg: self
                .ffmpeg
                .as_ref()
                .map(|ffmpeg| ffmpeg.version_line().to_owned()),
            jobs: self.options.jobs.get(),
            originals: self
                .clips
                .iter()
                .map(|clip| self.cache.crop(&clip.original_key()))
                .collect(),
            bd: compare_codecs(&references, &codecs, &clips, &cells),
            clips,
            codecs,
            references,
            left_out: self.left_out.clone(),
            failures,
            cells,
        }
    }
}

/// Removes what runs that were killed left.
fn remove_old_work(output: &Path) {
    for entry in fs::read_dir(output).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(WORK_PREFIX) {
            // What stays is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Hash of the running program, so that a change of its code measures anew.
fn running_program() -> Result<String, BenchError> {
    let path = env::current_exe().map_err(BenchError::io(Path::new("the running program")))?;
    content_hash(&path)
}
