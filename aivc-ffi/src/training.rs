use std::ffi::{c_char, c_void};
use std::ops::ControlFlow;

use aivc_core::training::{LogRecord, Recipe, StartFrom, TrainingEvent, train_on_backend};

use crate::AivcStatus;
use crate::arguments::{
    SizedStruct, User, check_struct, fixed_text, init_struct, path, read_optional, write,
};
use crate::failure::Failure;
use crate::guard::guard;
use crate::model;

/// Room for the path of a weights file, with the NUL at its end.
pub const AIVC_PATH_CAPACITY: usize = 4096;

/// Whether a run begins or goes on.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AivcTrainingStart {
    /// Fresh weights; the recipe's output folder must not hold a run.
    Scratch = 0,
    /// The last checkpoint in the output folder.
    Checkpoint = 1,
}

/// Choices of a training run that are not in its recipe.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcTrainingOptions {
    /// `sizeof(AivcTrainingOptions)`.
    pub struct_size: usize,
    /// What computes: a backend of the build, or NULL for the default.
    pub backend: *const c_char,
    /// An AivcTrainingStart.
    pub start: u32,
}

// SAFETY: `repr(C)` with integers and a pointer, the size first.
unsafe impl SizedStruct for AivcTrainingOptions {}

/// What an AivcTrainingEvent tells.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AivcTrainingEventKind {
    /// The run starts or goes on after `step` steps: `parameters` and `pictures` are known.
    Started = 0,
    /// Step `step` is done.
    Stepped = 1,
    /// Means over the steps since the last such event: `loss` to `elapsed_seconds`.
    Means = 2,
    /// Step `step` was left out, as its gradient is not finite.
    Skipped = 3,
    /// Validation with real streams: `points`.
    Validation = 4,
}

/// Rate and distortion at one quality, means over the validation pictures.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcValidationPoint {
    /// Quality level.
    pub quality: u32,
    /// Bits per pixel.
    pub bits_per_pixel: f64,
    /// RGB PSNR in dB.
    pub psnr: f64,
}

/// News of a training run. Fields that `kind` does not name are 0 or NULL.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcTrainingEvent {
    /// Size of this struct.
    pub struct_size: usize,
    /// An AivcTrainingEventKind.
    pub kind: u32,
    /// Steps done.
    pub step: u64,
    /// Steps of the run.
    pub steps: u64,
    /// Parameters of the network.
    pub parameters: u64,
    /// Training pictures.
    pub pictures: u64,
    /// Loss.
    pub loss: f64,
    /// Estimated bits per pixel.
    pub bits_per_pixel: f64,
    /// PSNR of the mean squared error, in dB.
    pub psnr: f64,
    /// Norm of the gradient before clipping.
    pub gradient_norm: f64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Pictures a second.
    pub samples_per_second: f64,
    /// Seconds that the run has had, over all resumptions.
    pub elapsed_seconds: f64,
    /// Points of a validation, one a quality. They live until the callback returns.
    pub points: *const AivcValidationPoint,
    /// How many.
    pub point_count: usize,
}

/// Is told how a training run goes. Returns 0 to go on; anything else ends the run after the step
/// at hand, with a checkpoint.
pub type AivcTrainingCallback =
    Option<unsafe extern "C" fn(user: *mut c_void, event: *const AivcTrainingEvent) -> i32>;

/// How a training run ended.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcTrainingSummary {
    /// `sizeof(AivcTrainingSummary)`.
    pub struct_size: usize,
    /// Steps done.
    pub step: u64,
    /// Steps of the run.
    pub steps: u64,
    /// Seconds that the run has had, over all resumptions.
    pub elapsed_seconds: f64,
    /// The weights file, ready for aivc_model_open; empty if its path is longer than this.
    pub weights_path: [c_char; AIVC_PATH_CAPACITY],
}

// SAFETY: `repr(C)` with numbers, the size first.
unsafe impl SizedStruct for AivcTrainingSummary {}

impl AivcTrainingEvent {
    fn new(kind: AivcTrainingEventKind, step: u64, steps: u64) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            kind: kind as u32,
            step,
            steps,
            parameters: 0,
            pictures: 0,
            loss: 0.0,
            bits_per_pixel: 0.0,
            psnr: 0.0,
            gradient_norm: 0.0,
            learning_rate: 0.0,
            samples_per_second: 0.0,
            elapsed_seconds: 0.0,
            points: std::ptr::null(),
            point_count: 0,
        }
    }
}

/// Hands events to the caller's function.
struct Teller {
    callback: AivcTrainingCallback,
    user: User,
    steps: u64,
    cancelled: bool,
}

impl Teller {
    /// The run asks after steps only; what the callback says to other events holds until then.
    fn tell(&mut self, event: TrainingEvent<'_>) -> ControlFlow<()> {
        match event {
            TrainingEvent::Stepped { step, .. } => {
                self.call(AivcTrainingEventKind::Stepped, step, |_| ());
            }
            TrainingEvent::Logged(record) => self.record(record),
            _ => {}
        }
        if self.cancelled {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn record(&mut self, record: &LogRecord) {
        match record {
            LogRecord::Start {
                step,
                parameters,
                pictures,
                ..
            } => self.call(AivcTrainingEventKind::Started, *step, |event| {
                event.parameters = *parameters as u64;
                event.pictures = pictures.iter().sum::<usize>() as u64;
            }),
            LogRecord::Steps {
                step,
                loss,
                bits_per_pixel,
                psnr,
                gradient_norm,
                learning_rate,
                samples_per_second,
                elapsed_seconds,
                ..
            } => self.call(AivcTrainingEventKind::Means, *step, |event| {
                event.loss = *loss;
                event.bits_per_pixel = *bits_per_pixel;
                event.psnr = *psnr;
                event.gradient_norm = *gradient_norm;
                event.learning_rate = *learning_rate;
                event.samples_per_second = *samples_per_second;
                event.elapsed_seconds = *elapsed_seconds;
            }),
            LogRecord::Skipped { step } => {
                self.call(AivcTrainingEventKind::Skipped, *step, |_| ());
            }
            LogRecord::Validation { step, points } => {
                let points: Vec<_> = points
                    .iter()
                    .map(|point| AivcValidationPoint {
                        quality: point.quality.into(),
                        bits_per_pixel: point.bits_per_pixel,
                        psnr: point.psnr,
                    })
                    .collect();
                self.call(AivcTrainingEventKind::Validation, *step, |event| {
                    event.points = points.as_ptr();
                    event.point_count = points.len();
                });
            }
            _ => {}
        }
    }

    fn call(
        &mut self,
        kind: AivcTrainingEventKind,
        step: u64,
        fill: impl FnOnce(&mut AivcTrainingEvent),
    ) {
        let Some(callback) = self.callback else {
            return;
        };
        let mut event = AivcTrainingEvent::new(kind, step, self.steps);
        fill(&mut event);
        // SAFETY: a function of this type by the contract of C; the event lives through the call.
        self.cancelled |= unsafe { callback(self.user.0, &event) } != 0;
    }
}

/// Sets up options: a run from scratch on the default backend. `struct_size` is
/// `sizeof(AivcTrainingOptions)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_training_options_init(
    options: *mut AivcTrainingOptions,
    struct_size: usize,
) -> AivcStatus {
    guard(|| {
        let value = AivcTrainingOptions {
            struct_size: size_of::<AivcTrainingOptions>(),
            backend: std::ptr::null(),
            start: AivcTrainingStart::Scratch as u32,
        };
        // SAFETY: the contract of C.
        unsafe { init_struct(options, struct_size, value, "options") }
    })
}

/// Trains a model by a TOML recipe. Its output folder gets the weights, a log, a plot and
/// checkpoints. Returns when the run is over; AIVC_STATUS_CANCELLED, with a checkpoint and weights
/// written, if `callback` ended it. `options` may be NULL for the defaults, `callback` for none.
/// `summary` may be NULL; its `struct_size` must be set, and it is filled after AIVC_STATUS_OK and
/// AIVC_STATUS_CANCELLED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_train(
    recipe_path: *const c_char,
    options: *const AivcTrainingOptions,
    callback: AivcTrainingCallback,
    user: *mut c_void,
    summary: *mut AivcTrainingSummary,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let recipe_path = unsafe { path(recipe_path, "recipe_path") }?;
        // SAFETY: the contract of C.
        let options = unsafe { read_optional(options, "options") }?;
        let start = match options.map_or(0, |options| options.start) {
            value if value == AivcTrainingStart::Scratch as u32 => StartFrom::Scratch,
            value if value == AivcTrainingStart::Checkpoint as u32 => StartFrom::Checkpoint,
            value => {
                return Err(Failure::argument(format!(
                    "start is {value}; it must be 0 (scratch) or 1 (checkpoint)"
                )));
            }
        };
        let backend = options.map_or(std::ptr::null(), |options| options.backend);
        // SAFETY: the contract of C.
        let backend = unsafe { model::backend(backend) }?;
        if !summary.is_null() {
            // SAFETY: the contract of C.
            unsafe { check_struct(summary, "summary") }?;
        }

        let recipe = Recipe::load(recipe_path)?;
        let steps = recipe.optimization.steps;
        let mut teller = Teller {
            callback,
            user: User(user),
            steps,
            cancelled: false,
        };
        let done = train_on_backend(backend, &recipe, start, &mut |event| teller.tell(event))?;
        if !summary.is_null() {
            let weights = done.weights.to_str().unwrap_or("");
            let value = AivcTrainingSummary {
                struct_size: size_of::<AivcTrainingSummary>(),
                step: done.step,
                steps,
                elapsed_seconds: done.elapsed_seconds,
                weights_path: fixed_text(if weights.len() < AIVC_PATH_CAPACITY {
                    weights
                } else {
                    ""
                }),
            };
            // SAFETY: checked above.
            unsafe { write(summary, value, "summary") }?;
        }
        if done.finished {
            return Ok(AivcStatus::Ok);
        }
        Err(Failure::new(
            AivcStatus::Cancelled,
            format!(
                "cancelled after step {} of {steps}; a checkpoint is written",
                done.step
            ),
        ))
    })
}
