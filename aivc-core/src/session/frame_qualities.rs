use aivc_models::layers::{QUALITY_LEVELS, Quality};

/// Levels that a keyframe is better than the stream's quality, of models that predict: the frames
/// after it are predicted from it.
const KEYFRAME: i16 = 0;
/// Levels of the frames after it, over and over: one better frame in four serves the next three.
const CYCLE: [i16; 4] = [0, 0, 0, 0];

/// The quality of a frame so many frames after a keyframe, in a stream of this base level.
pub(super) fn frame_quality(base: f64, since_keyframe: u32, predicts: bool) -> Quality {
    let offset = match since_keyframe {
        _ if !predicts => 0,
        0 => KEYFRAME,
        position => CYCLE[(position as usize - 1) % CYCLE.len()],
    };
    let level = (base.round() as i16 + offset).clamp(0, i16::from(QUALITY_LEVELS) - 1);
    Quality::new(level as u8).expect("clamped")
}
