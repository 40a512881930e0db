use aivc_entropy::FrameType;
use aivc_models::layers::{QUALITY_LEVELS, Quality};

/// Levels that a keyframe is better than the frames predicted from it: all of them profit (found on
/// the training clips, `docs/results.md`).
const KEYFRAME: f64 = 16.0;
/// The share of the levels above the stream's that a keyframe goes up at most, so that there is something
/// left for better streams.
const SHARE: f64 = 2.0 / 3.0;

/// The quality of a frame in a stream of this base level, `predicted_from` if others may be.
pub(super) fn frame_quality(base: f64, frame_type: FrameType, predicted_from: bool) -> Quality {
    let best = f64::from(QUALITY_LEVELS - 1);
    let base = base.clamp(0.0, best);
    let better = if frame_type == FrameType::Key && predicted_from {
        KEYFRAME.min((best - base) * SHARE)
    } else {
        0.0
    };
    Quality::new((base + better).round() as u8).expect("at most the best level")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyframes_are_better_and_rise_with_the_stream() {
        let level = |base: f64, kind, from| frame_quality(base, kind, from).level();
        let keys: Vec<u8> = (0..64)
            .map(|base| level(base.into(), FrameType::Key, true))
            .collect();
        assert!(keys.is_sorted());
        assert_eq!([keys[0], keys[20], keys[39], keys[63]], [16, 36, 55, 63]);
        assert!(keys[44] < keys[50] && keys[56] < keys[63], "{keys:?}");
        assert_eq!(level(20.4, FrameType::Inter, true), 20);
        assert_eq!(level(20.0, FrameType::Key, false), 20);
        assert_eq!(level(99.0, FrameType::Inter, true), 63);
    }
}
