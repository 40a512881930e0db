//! Video to packets and back: raw frames, video files, colours and measures of quality.

pub mod color;
pub mod frame;
pub mod metrics;
pub mod training;
pub mod video;
