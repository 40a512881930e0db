//! Streams: frames in, packets out, and back.
//!
//! [`Encoder`] and [`Decoder`] are the two state machines; [`encode_video`] and [`decode_video`]
//! run them between a video file and a container. Memory does not grow with the length of the
//! video.

mod decode_video;
mod decoder;
mod encode_video;
mod encoder;
mod error;
mod frame_qualities;
mod progress;
mod rate_control;
mod stream_properties;

pub use crate::model::FrameRefinement;
pub use aivc_entropy::{
    ContainerError, ContainerReader, ContainerWriter, FrameType, HeaderError, IndexStatus, Packet,
    StreamHeader,
};
pub use aivc_models::families::{EFFORT_LEVELS, Effort, EffortError};
pub use aivc_models::layers::{QUALITY_LEVELS, Quality, QualityError};
pub use decode_video::{
    DamageResponse, DecodeSummary, LostFrames, decode_video, decode_video_by, decode_video_with,
};
pub use decoder::{Decoder, DecoderOutput};
pub use encode_video::{EncodeSummary, encode_video};
pub use encoder::{CodedSize, Encoder, EncoderConfig, EncoderOutput};
pub use error::SessionError;
pub use progress::Progress;
pub use rate_control::RateTarget;
pub use stream_properties::{properties_of_stream, stream_header};
