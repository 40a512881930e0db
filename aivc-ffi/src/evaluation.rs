use std::ffi::{CString, c_char, c_void};
use std::fs;

use aivc_core::evaluation::{
    Evaluation, EvaluationOptions, PsnrReport, QualityReport, evaluate_stream, evaluate_video,
};
use aivc_core::session::ContainerReader;
use aivc_core::video::{ReaderOptions, VideoReader, open_reader};

use crate::AivcStatus;
use crate::arguments::{
    SizedStruct, User, check_struct, init_struct, path, read_optional, reference, write,
};
use crate::callback::{AivcProgress, AivcProgressCallback, Observer};
use crate::decoder::{AivcDecoderConfig, open_file};
use crate::failure::Failure;
use crate::guard::guard;
use crate::handle::into_raw;

/// Choices of an evaluation.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcEvaluationOptions {
    /// `sizeof(AivcEvaluationOptions)`.
    pub struct_size: usize,
    /// Compares only so many frames from the start; 0 for all.
    pub frame_limit: u64,
    /// Times the encoder on up to so many frames of the reference, which are held in memory.
    pub timed_encodings: u32,
}

// SAFETY: `repr(C)` with integers, the size first.
unsafe impl SizedStruct for AivcEvaluationOptions {}

/// Quality of a picture, or means over pictures.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcPictureQuality {
    /// Peak signal-to-noise ratio of each plane (Y, Cb, Cr or R, G, B) in dB, at most 100.
    pub psnr_planes: [f64; 3],
    /// Of all planes, in dB: (6 Y + Cb + Cr) / 8 of a 4:2:0 reference, that of the mean squared
    /// error of an RGB one.
    pub psnr: f64,
    /// SSIM of the lumas; NaN for pictures that are too small.
    pub ssim: f64,
    /// MS-SSIM of the lumas; NaN for pictures that are too small.
    pub ms_ssim: f64,
}

impl From<&QualityReport> for AivcPictureQuality {
    fn from(report: &QualityReport) -> Self {
        let (psnr_planes, psnr) = match report.psnr {
            PsnrReport::Yuv {
                psnr_y,
                psnr_u,
                psnr_v,
                psnr_avg611,
            } => ([psnr_y, psnr_u, psnr_v], psnr_avg611),
            PsnrReport::Rgb {
                psnr_r,
                psnr_g,
                psnr_b,
                psnr_rgb,
            } => ([psnr_r, psnr_g, psnr_b], psnr_rgb),
            _ => ([f64::NAN; 3], f64::NAN),
        };
        Self {
            psnr_planes,
            psnr,
            ssim: report.ssim.unwrap_or(f64::NAN),
            ms_ssim: report.ms_ssim.unwrap_or(f64::NAN),
        }
    }
}

/// Rate, quality and speed of a coded video.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcEvaluationSummary {
    /// `sizeof(AivcEvaluationSummary)`.
    pub struct_size: usize,
    /// Frames compared.
    pub frames: u64,
    /// Bytes of the file, or of the payloads alone if only a part of it was compared; 0 if the rate
    /// is not known.
    pub bytes: u64,
    /// Bytes of an .aivc stream's payloads; 0 for other videos.
    pub payload_bytes: u64,
    /// Bits per luma pixel; NaN if the rate is not known.
    pub bits_per_pixel: f64,
    /// Bits per second of video; NaN if the rate is not known.
    pub bits_per_second: f64,
    /// Means over the frames.
    pub quality: AivcPictureQuality,
    /// Frames a second of the decoder, from payload to frame; NaN if not measured.
    pub decode_frames_per_second: f64,
    /// Frames a second of the encoder, from frame to payload; NaN if not measured.
    pub encode_frames_per_second: f64,
}

// SAFETY: `repr(C)` with numbers, the size first.
unsafe impl SizedStruct for AivcEvaluationSummary {}

impl From<&Evaluation> for AivcEvaluationSummary {
    fn from(evaluation: &Evaluation) -> Self {
        let rate = evaluation.rate.as_ref();
        let speed = &evaluation.speed;
        Self {
            struct_size: size_of::<Self>(),
            frames: evaluation.frames,
            bytes: rate.map_or(0, |rate| rate.bytes),
            payload_bytes: rate.and_then(|rate| rate.payload_bytes).unwrap_or(0),
            bits_per_pixel: rate.map_or(f64::NAN, |rate| rate.bits_per_pixel),
            bits_per_second: rate.map_or(f64::NAN, |rate| rate.bits_per_second),
            quality: (&evaluation.quality).into(),
            decode_frames_per_second: speed.decode_codec_frames_per_second.unwrap_or(f64::NAN),
            encode_frames_per_second: speed.encode_codec_frames_per_second.unwrap_or(f64::NAN),
        }
    }
}

/// One frame of an evaluation.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcFrameEvaluation {
    /// `sizeof(AivcFrameEvaluation)`.
    pub struct_size: usize,
    /// Its number, from 0.
    pub frame: u64,
    /// Bytes of its payload; 0 for other videos than .aivc streams.
    pub payload_bytes: u64,
    /// Its quality.
    pub quality: AivcPictureQuality,
}

// SAFETY: `repr(C)` with numbers, the size first.
unsafe impl SizedStruct for AivcFrameEvaluation {}

/// The outcome of an evaluation. Never changes: threads may share it.
pub struct AivcEvaluation {
    evaluation: Evaluation,
    json: CString,
}

impl AivcEvaluation {
    fn new(evaluation: Evaluation) -> Self {
        let json = serde_json::to_string_pretty(&evaluation).expect("reports are plain data");
        let json = CString::new(json).expect("JSON escapes NUL");
        Self { evaluation, json }
    }
}

/// What both kinds of evaluation share: arguments in, result out.
///
/// # Safety
/// The contract of C for each of the pointers.
unsafe fn run(
    reference_path: *const c_char,
    options: *const AivcEvaluationOptions,
    observer: &Observer,
    evaluation: *mut *mut AivcEvaluation,
    evaluate: impl FnOnce(
        &mut dyn VideoReader,
        &EvaluationOptions,
        &mut dyn FnMut(u64) -> std::ops::ControlFlow<()>,
    ) -> Result<Evaluation, Failure>,
) -> Result<AivcStatus, Failure> {
    // SAFETY: the contract of this function.
    unsafe { write(evaluation, std::ptr::null_mut(), "evaluation") }?;
    // SAFETY: the contract of this function.
    let reference_path = unsafe { path(reference_path, "reference_path") }?;
    // SAFETY: the contract of this function.
    let options = match unsafe { read_optional(options, "options") }? {
        Some(options) => EvaluationOptions {
            frame_limit: (options.frame_limit > 0).then_some(options.frame_limit),
            per_frame: true,
            timed_encodings: options.timed_encodings as usize,
            ..EvaluationOptions::default()
        },
        None => EvaluationOptions {
            per_frame: true,
            ..EvaluationOptions::default()
        },
    };
    let mut reader = open_reader(reference_path, &ReaderOptions::default())?;
    let frames_expected = reader.properties().frame_count.unwrap_or(0);
    let mut tell = |frames| {
        observer.tell(AivcProgress {
            struct_size: size_of::<AivcProgress>(),
            frames,
            frames_expected,
            bytes: 0,
            codec_seconds: 0.0,
        })
    };
    let done = evaluate(&mut *reader, &options, &mut tell)?;
    // SAFETY: the contract of this function.
    unsafe {
        write(
            evaluation,
            into_raw(AivcEvaluation::new(done)),
            "evaluation",
        )
    }
}

/// Sets up options: all frames, and the encoder timed on 8 of them. `struct_size` is
/// `sizeof(AivcEvaluationOptions)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_evaluation_options_init(
    options: *mut AivcEvaluationOptions,
    struct_size: usize,
) -> AivcStatus {
    guard(|| {
        let default = EvaluationOptions::default();
        let value = AivcEvaluationOptions {
            struct_size: size_of::<AivcEvaluationOptions>(),
            frame_limit: default.frame_limit.unwrap_or(0),
            timed_encodings: default.timed_encodings as u32,
        };
        // SAFETY: the contract of C.
        unsafe { init_struct(options, struct_size, value, "options") }
    })
}

/// Decodes an .aivc stream and compares it with the video that it was coded from. `config` and
/// `options` may be NULL for the defaults, `progress` for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_evaluate_stream(
    reference_path: *const c_char,
    stream_path: *const c_char,
    config: *const AivcDecoderConfig,
    options: *const AivcEvaluationOptions,
    progress: AivcProgressCallback,
    user: *mut c_void,
    evaluation: *mut *mut AivcEvaluation,
) -> AivcStatus {
    guard(|| {
        let observer = Observer {
            callback: progress,
            user: User(user),
        };
        let evaluate =
            |reader: &mut dyn VideoReader,
             options: &EvaluationOptions,
             tell: &mut dyn FnMut(u64) -> std::ops::ControlFlow<()>| {
                // SAFETY: the contract of C.
                let stream_path = unsafe { path(stream_path, "stream_path") }?;
                let file = open_file(stream_path)?;
                let bytes = file.get_ref().metadata()?.len();
                let mut container = ContainerReader::new(file)?;
                // SAFETY: the contract of C.
                let model = unsafe { AivcDecoderConfig::model(config, container.header()) }?;
                Ok(evaluate_stream(
                    reader,
                    &mut container,
                    bytes,
                    &model,
                    options,
                    tell,
                )?)
            };
        // SAFETY: the contract of C.
        unsafe { run(reference_path, options, &observer, evaluation, evaluate) }
    })
}

/// Compares a video file of any codec with its original: both must have as many frames, or as many
/// as `options` asks for. `options` may be NULL for the defaults, `progress` for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_evaluate_video(
    reference_path: *const c_char,
    video_path: *const c_char,
    options: *const AivcEvaluationOptions,
    progress: AivcProgressCallback,
    user: *mut c_void,
    evaluation: *mut *mut AivcEvaluation,
) -> AivcStatus {
    guard(|| {
        let observer = Observer {
            callback: progress,
            user: User(user),
        };
        let evaluate =
            |reader: &mut dyn VideoReader,
             options: &EvaluationOptions,
             tell: &mut dyn FnMut(u64) -> std::ops::ControlFlow<()>| {
                // SAFETY: the contract of C.
                let video_path = unsafe { path(video_path, "video_path") }?;
                let mut video = open_reader(
                    video_path,
                    &ReaderOptions {
                        raw: Some(*reader.properties()),
                        ..ReaderOptions::default()
                    },
                )?;
                let bytes = fs::metadata(video_path)?.len();
                Ok(evaluate_video(reader, &mut *video, bytes, options, tell)?)
            };
        // SAFETY: the contract of C.
        unsafe { run(reference_path, options, &observer, evaluation, evaluate) }
    })
}

/// The figures of a whole clip. `summary->struct_size` must be set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_evaluation_summary(
    evaluation: *const AivcEvaluation,
    summary: *mut AivcEvaluationSummary,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let evaluation = unsafe { reference(evaluation, "evaluation") }?;
        // SAFETY: the contract of C.
        unsafe { check_struct(summary, "summary") }?;
        // SAFETY: checked above.
        unsafe { write(summary, (&evaluation.evaluation).into(), "summary") }
    })
}

/// The figures of frame `index`, from 0; AIVC_STATUS_END past the last one. `frame->struct_size`
/// must be set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_evaluation_frame(
    evaluation: *const AivcEvaluation,
    index: usize,
    frame: *mut AivcFrameEvaluation,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let evaluation = unsafe { reference(evaluation, "evaluation") }?;
        // SAFETY: the contract of C.
        unsafe { check_struct(frame, "frame") }?;
        let Some(figures) = evaluation.evaluation.per_frame.get(index) else {
            return Ok(AivcStatus::End);
        };
        let value = AivcFrameEvaluation {
            struct_size: size_of::<AivcFrameEvaluation>(),
            frame: figures.frame,
            payload_bytes: figures.payload_bytes.unwrap_or(0),
            quality: (&figures.quality).into(),
        };
        // SAFETY: checked above.
        unsafe { write(frame, value, "frame") }
    })
}

/// All figures, with notes on how they are to be understood, as JSON: what `aivc eval --json`
/// prints. The text belongs to the evaluation and lives until it is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_evaluation_json(
    evaluation: *const AivcEvaluation,
    json: *mut *const c_char,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        unsafe { write(json, std::ptr::null(), "json") }?;
        // SAFETY: the contract of C.
        let evaluation = unsafe { reference(evaluation, "evaluation") }?;
        // SAFETY: checked above.
        unsafe { write(json, evaluation.json.as_ptr(), "json") }
    })
}

/// Frees an evaluation. NULL is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_evaluation_free(evaluation: *mut AivcEvaluation) -> AivcStatus {
    guard(|| {
        if !evaluation.is_null() {
            // SAFETY: made by `into_raw`, and by the contract of C not used any more.
            drop(unsafe { Box::from_raw(evaluation) });
        }
        Ok(AivcStatus::Ok)
    })
}
