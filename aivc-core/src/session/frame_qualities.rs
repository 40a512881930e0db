use aivc_entropy::FrameType;
use aivc_models::layers::{QUALITY_LEVELS, Quality};

/// Levels that a keyframe is better than the frames predicted from it: all of them profit (found on
/// the training clips, `docs/results.md`).
const KEYFRAME: f64 = 16.0;
/// The share of the levels above the stream's that a keyframe goes up at most, so that there is something
/// left for better streams.
const SHARE: f64 = 2.0 / 3.0;

/// Below so many levels from the best, frames that matter less than others are as much worse as they should
/// be; above it, less and less.
const NEAR_BEST: f64 = 16.0;

/// The quality of a frame in a stream of this base level, that should be so many levels better than usual,
/// `predicted_from` if others may be.
pub(super) fn frame_quality(
    base: f64,
    better: f64,
    frame_type: FrameType,
    predicted_from: bool,
) -> Quality {
    let best = f64::from(QUALITY_LEVELS - 1);
    let base = base.clamp(0.0, best);
    let share = ((best - base) / NEAR_BEST).min(1.0);
    let base = (base + if better < 0.0 { better * share } else { better }).clamp(0.0, best);
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
        let level = |base: f64, kind, from| frame_quality(base, 0.0, kind, from).level();
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

    #[test]
    fn frames_that_matter_less_rise_with_the_stream_too() {
        let level = |base: u8| frame_quality(base.into(), -8.0, FrameType::Inter, true).level();
        let levels: Vec<u8> = (0..64).map(level).collect();
        assert!(levels[8..].is_sorted_by(|a, b| a < b), "{levels:?}");
        assert_eq!([levels[0], levels[30], levels[63]], [0, 22, 63]);
        let better = frame_quality(60.0, 8.0, FrameType::Inter, true);
        assert_eq!(better.level(), 63);
    }
}
