//! Video to packets and back: raw frames, video files, colours and measures of quality.

pub mod color;
pub mod evaluation;
pub mod frame;
pub mod metrics;
pub mod model;
pub mod session;
pub mod training;
pub mod video;
