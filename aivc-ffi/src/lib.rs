//! The C face of aivc: `include/aivc.h` is generated from this crate, and says all that users need.
//!
//! A module a topic, each function a conversion, a call of `aivc-core` and a conversion back. What
//! they share:
//!
//! | module | what it sees to |
//! |---|---|
//! | `guard` | no panic leaves the library; failures become a status and a message |
//! | `arguments` | null pointers, alignment, sizes of structs, strings |
//! | `handle` | one call at a time |
//! | `callback` | functions of the caller as readers, writers and observers |
//!
//! # Safety
//! The contract of every exported function is that of C: a pointer is null, or valid for what it
//! points to. Functions check all that can be checked beyond that.

#![deny(clippy::undocumented_unsafe_blocks)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract is the same for all functions, and stated above"
)]

#[cfg(panic = "abort")]
compile_error!("libaivc turns panics into a status; build it with panic = \"unwind\"");

mod arguments;
mod callback;
mod decoder;
mod encoder;
mod evaluation;
mod failure;
mod files;
mod frame;
mod guard;
mod handle;
mod library;
mod model;
mod status;
mod training;
mod video_format;

pub use callback::{AivcProgress, AivcProgressCallback, AivcReadCallback, AivcWriteCallback};
pub use decoder::{
    AivcDecodeSummary, AivcDecoder, AivcDecoderConfig, AivcIndexStatus, aivc_decoder_close,
    aivc_decoder_config_init, aivc_decoder_format, aivc_decoder_free, aivc_decoder_next_frame,
    aivc_decoder_open_callback, aivc_decoder_open_file, aivc_decoder_open_memory,
    aivc_decoder_summary,
};
pub use encoder::{
    AivcEncoder, AivcEncoderConfig, aivc_encoder_bytes, aivc_encoder_config_init,
    aivc_encoder_finish, aivc_encoder_free, aivc_encoder_open_callback, aivc_encoder_open_file,
    aivc_encoder_open_memory, aivc_encoder_send_frame, aivc_encoder_set_quality,
};
pub use evaluation::{
    AivcEvaluation, AivcEvaluationOptions, AivcEvaluationSummary, AivcFrameEvaluation,
    AivcPictureQuality, aivc_evaluate_stream, aivc_evaluate_video, aivc_evaluation_frame,
    aivc_evaluation_free, aivc_evaluation_json, aivc_evaluation_options_init,
    aivc_evaluation_summary,
};
pub use files::{AivcDamageResponse, AivcEncodeSummary, aivc_decode_file, aivc_encode_file};
pub use frame::{AivcFrame, aivc_frame_layout};
pub use library::{
    AIVC_ABI_VERSION, aivc_abi_version, aivc_check_abi, aivc_last_error_message,
    aivc_set_thread_count, aivc_status_name, aivc_version,
};
pub use model::{
    AivcBuiltinModel, AivcModel, AivcModelProperties, aivc_builtin_model, aivc_builtin_model_count,
    aivc_model_free, aivc_model_from_memory, aivc_model_open, aivc_model_properties,
};
pub use status::AivcStatus;
pub use training::{
    AIVC_PATH_CAPACITY, AivcTrainingCallback, AivcTrainingEvent, AivcTrainingEventKind,
    AivcTrainingOptions, AivcTrainingStart, AivcTrainingSummary, AivcValidationPoint, aivc_train,
    aivc_training_options_init,
};
pub use video_format::{AivcPixelFormat, AivcVideoFormat, aivc_video_format_init};
