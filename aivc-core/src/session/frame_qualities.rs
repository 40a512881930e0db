use aivc_entropy::FrameType;
use aivc_models::layers::{QUALITY_LEVELS, Quality};

/// Levels that a keyframe is better than the frames predicted from it: all of them profit (found on
/// the training clips, `docs/results.md`).
const KEYFRAME: u8 = 16;

/// The quality of a frame in a stream of this base level, `predicted_from` if others may be.
pub(super) fn frame_quality(base: f64, frame_type: FrameType, predicted_from: bool) -> Quality {
    let better = if frame_type == FrameType::Key && predicted_from {
        KEYFRAME
    } else {
        0
    };
    // Casts from floats are saturated.
    let level = (base.round() as u8).saturating_add(better);
    Quality::new(level.min(QUALITY_LEVELS - 1)).expect("at most the best level")
}
