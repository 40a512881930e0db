//! Whole files in one call.

use std::ffi::{c_char, c_void};

use aivc_core::model::Model;
use aivc_core::session::{
    ContainerReader, DamageResponse, EncodeSummary, IndexStatus, decode_video_with, encode_video,
    properties_of_stream,
};
use aivc_core::video::{OutputFile, ReaderOptions, WriterOptions, create_writer, open_reader};

use crate::AivcStatus;
use crate::arguments::{SizedStruct, User, check_struct, path, reference, write};
use crate::callback::{AivcProgressCallback, Observer};
use crate::decoder::{AivcDecodeSummary, AivcDecoderConfig, open_file};
use crate::encoder::AivcEncoderConfig;
use crate::failure::Failure;
use crate::guard::guard;
use crate::model::AivcModel;

/// What aivc_decode_file does about a damaged packet.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AivcDamageResponse {
    /// Repeats the frame before, and goes on; the call gives AIVC_STATUS_REPAIRED.
    Repeat = 0,
    /// Ends with AIVC_STATUS_DAMAGED, without a video.
    Stop = 1,
}

/// What aivc_encode_file did.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcEncodeSummary {
    /// `sizeof(AivcEncodeSummary)`.
    pub struct_size: usize,
    /// Frames coded.
    pub frames: u64,
    /// Bytes of the stream.
    pub bytes: u64,
    /// Seconds in the codec, without reading and writing.
    pub codec_seconds: f64,
    /// Seconds of video.
    pub duration_seconds: f64,
}

// SAFETY: `repr(C)` with numbers, the size first.
unsafe impl SizedStruct for AivcEncodeSummary {}

impl From<EncodeSummary> for AivcEncodeSummary {
    fn from(summary: EncodeSummary) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            frames: summary.frames,
            bytes: summary.bytes,
            codec_seconds: summary.codec_seconds,
            duration_seconds: summary.duration_seconds,
        }
    }
}

/// Codes a video file: .y4m, .png, .jpg, a folder of pictures, a pattern as frame_%04d.png, or
/// anything that an ffmpeg program on the path reads. `model` and `config` may be NULL for the
/// defaults, `progress` for none. `summary` may be NULL; its `struct_size` must be set. The stream
/// gets its name when it is complete.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_encode_file(
    video_path: *const c_char,
    stream_path: *const c_char,
    model: *const AivcModel,
    config: *const AivcEncoderConfig,
    progress: AivcProgressCallback,
    user: *mut c_void,
    summary: *mut AivcEncodeSummary,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let input = unsafe { path(video_path, "video_path") }?;
        // SAFETY: the contract of C.
        let output = unsafe { path(stream_path, "stream_path") }?;
        // SAFETY: the contract of C.
        let config = unsafe { AivcEncoderConfig::read(config) }?;
        if !summary.is_null() {
            // SAFETY: the contract of C.
            unsafe { check_struct(summary, "summary") }?;
        }
        let model = if model.is_null() {
            Model::default_model()?
        } else {
            // SAFETY: the contract of C.
            unsafe { reference(model, "model") }?.model.clone()
        };
        let user = User(user);
        let observer = Observer {
            callback: progress,
            user,
        };

        let mut reader = open_reader(input, &ReaderOptions::default())?;
        let mut file = OutputFile::create(output)?;
        let done = encode_video(
            &mut *reader,
            &mut file,
            &model,
            config,
            None,
            &mut |progress| observer.tell(progress.into()),
        )?;
        file.finish()?;
        if !summary.is_null() {
            // SAFETY: checked above.
            unsafe { write(summary, done.into(), "summary") }?;
        }
        Ok(AivcStatus::Ok)
    })
}

/// Decodes a stream into a video file: .y4m, .yuv, .png or a pattern as frame_%04d.png, or, by an
/// ffmpeg program on the path, .mkv, .mp4, .mov and .webm, all without loss. `damage` is an
/// AivcDamageResponse. `config` may be NULL for the defaults, `progress` for none. `summary` may be
/// NULL; its `struct_size` must be set. A video gets its name when it is complete.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_decode_file(
    stream_path: *const c_char,
    video_path: *const c_char,
    config: *const AivcDecoderConfig,
    damage: u32,
    progress: AivcProgressCallback,
    user: *mut c_void,
    summary: *mut AivcDecodeSummary,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let input = unsafe { path(stream_path, "stream_path") }?;
        // SAFETY: the contract of C.
        let output = unsafe { path(video_path, "video_path") }?;
        let response = match damage {
            value if value == AivcDamageResponse::Repeat as u32 => DamageResponse::Repeat,
            value if value == AivcDamageResponse::Stop as u32 => DamageResponse::Stop,
            value => {
                return Err(Failure::argument(format!(
                    "damage is {value}; it must be 0 (repeat) or 1 (stop)"
                )));
            }
        };
        if !summary.is_null() {
            // SAFETY: the contract of C.
            unsafe { check_struct(summary, "summary") }?;
        }
        let user = User(user);
        let observer = Observer {
            callback: progress,
            user,
        };

        let mut container = ContainerReader::new(open_file(input)?)?;
        // SAFETY: the contract of C.
        let model = unsafe { AivcDecoderConfig::model(config, container.header()) }?;
        let properties = properties_of_stream(container.header())?;
        let mut writer = create_writer(output, &properties, &WriterOptions::default())?;
        let done = decode_video_with(
            &mut container,
            &model,
            response,
            &mut |frame| Ok(writer.write_frame(frame)?),
            &mut |progress| observer.tell(progress.into()),
        )?;
        let whole = done.index == IndexStatus::Complete;
        if response == DamageResponse::Stop && !whole {
            return Err(Failure::new(
                AivcStatus::Damaged,
                "the stream has no valid index at its end: it was cut off, or bytes are missing",
            ));
        }
        writer.finish()?;
        if !summary.is_null() {
            // SAFETY: checked above.
            unsafe { write(summary, (&done).into(), "summary") }?;
        }
        Ok(if whole && done.damaged == 0 {
            AivcStatus::Ok
        } else {
            AivcStatus::Repaired
        })
    })
}
