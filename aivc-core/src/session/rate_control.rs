//! Choosing each frame's quality, so that the stream reaches what was asked for, in one pass.

use aivc_entropy::FrameType;
use aivc_models::layers::{QUALITY_LEVELS, Quality};

/// What a stream is to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum RateTarget {
    /// Bits a second, over the whole stream. Clips of some seconds come within a few per cent; the
    /// last second has nothing behind it to make up for its own error.
    BitsPerSecond(f64),
    /// Mean of the frames' PSNRs in dB, planes weighted 6:1:1.
    Psnr(f64),
}

/// Doublings of the bits a level, before a stream has told its own.
const DOUBLINGS_PER_LEVEL: f64 = 0.11;
/// Decibels a level, likewise.
const DECIBELS_PER_LEVEL: f64 = 0.24;
/// How fast what is known of the stream follows its last frame.
const ADAPTATION: f64 = 0.4;
/// Seconds over which an excess or a deficit of bits is made up for.
const WINDOW_SECONDS: f64 = 1.5;
/// Levels that the quality moves at most from one inter frame to the next.
const LARGEST_CHANGE: f64 = 4.0;
/// What a keyframe takes more than an inter frame, before both have been seen.
const KEYFRAME_RATIO: f64 = 8.0;

/// The control loop of a stream with a [`RateTarget`].
#[derive(Debug, Clone)]
pub(super) struct RateControl {
    target: RateTarget,
    frames_per_second: f64,
    keyframe_interval: f64,
    /// The base quality of the last frame.
    level: f64,
    frames: f64,
    /// Bits or decibels so far.
    sum: f64,
    /// Level and PSNR of the last frame.
    last: Option<(f64, f64)>,
    /// Bits at base level 0 that the last frames of each type suggest, as a logarithm to base 2.
    key_size: Option<f64>,
    inter_size: Option<f64>,
}

impl RateControl {
    pub fn new(
        target: RateTarget,
        start: Quality,
        frames_per_second: f64,
        keyframe_interval: u32,
    ) -> Self {
        Self {
            target,
            frames_per_second,
            keyframe_interval: f64::from(keyframe_interval),
            level: f64::from(start.level()),
            frames: 0.0,
            sum: 0.0,
            last: None,
            key_size: None,
            inter_size: None,
        }
    }

    /// The base level of the next frame.
    pub fn level(&mut self) -> f64 {
        let wanted = match self.target {
            RateTarget::BitsPerSecond(rate) => self.level_of_rate(rate / self.frames_per_second),
            RateTarget::Psnr(psnr) => self.level_of_psnr(psnr),
        };
        let change = (wanted - self.level).clamp(-LARGEST_CHANGE, LARGEST_CHANGE);
        let free = self.frames < 2.0;
        self.level = if free { wanted } else { self.level + change };
        self.level = self.level.clamp(0.0, f64::from(QUALITY_LEVELS - 1));
        self.level
    }

    /// Tells what a frame at a quality took and reached.
    pub fn update(&mut self, frame_type: FrameType, quality: Quality, bits: f64, psnr: f64) {
        self.frames += 1.0;
        self.last = Some((f64::from(quality.level()), psnr));
        self.sum += match self.target {
            RateTarget::BitsPerSecond(_) => bits,
            RateTarget::Psnr(_) => psnr,
        };
        let size = bits.max(1.0).log2() - DOUBLINGS_PER_LEVEL * self.level;
        let known = match frame_type {
            FrameType::Key => &mut self.key_size,
            _ => &mut self.inter_size,
        };
        *known = Some(known.map_or(size, |known| known + ADAPTATION * (size - known)));
    }

    fn level_of_rate(&self, bits_per_frame: f64) -> f64 {
        let ratio = KEYFRAME_RATIO.log2();
        let sizes = match (self.key_size, self.inter_size) {
            (Some(key), Some(inter)) => Some((key, inter)),
            (Some(key), None) => Some((key, key - ratio)),
            (None, Some(inter)) => Some((inter + ratio, inter)),
            (None, None) => None,
        };
        let Some((key, inter)) = sizes else {
            return self.level;
        };
        let window = (WINDOW_SECONDS * self.frames_per_second).max(1.0);
        let debt = self.sum - self.frames * bits_per_frame;
        let allowed = (window * bits_per_frame - debt).max(0.05 * window * bits_per_frame);
        let share = 1.0 / self.keyframe_interval;
        let at_zero = window * (share * key.exp2() + (1.0 - share) * inter.exp2());
        (allowed / at_zero).log2() / DOUBLINGS_PER_LEVEL
    }

    fn level_of_psnr(&self, psnr: f64) -> f64 {
        let Some((level, reached)) = self.last else {
            return self.level;
        };
        // The mean is to be made up for within the window, or within what there was so far.
        let window = (WINDOW_SECONDS * self.frames_per_second)
            .min(self.frames)
            .max(1.0);
        let wanted = psnr + (psnr * self.frames - self.sum) / window;
        level + (wanted - reached) / DECIBELS_PER_LEVEL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A codec whose frames take twice the bits for so many levels.
    fn run(target: RateTarget, frames: usize, levels_per_doubling: f64) -> (f64, f64) {
        let start = Quality::new(32).unwrap();
        let mut control = RateControl::new(target, start, 30.0, 32);
        let (mut bits, mut psnr) = (0.0, 0.0);
        for frame in 0..frames {
            let level = control.level().round() as u8;
            let key = frame % 32 == 0;
            // Content that becomes three times as costly in the middle.
            let content = if frame > frames / 2 { 3.0 } else { 1.0 };
            let size = if key { 40_000.0 } else { 6_000.0 } * content;
            let taken = size * (f64::from(level) / levels_per_doubling - 3.0).exp2();
            let reached = 28.0 + f64::from(level) * 0.27 - content;
            bits += taken;
            psnr += reached;
            let frame_type = if key {
                FrameType::Key
            } else {
                FrameType::Inter
            };
            control.update(frame_type, Quality::new(level).unwrap(), taken, reached);
        }
        (bits * 30.0 / frames as f64, psnr / frames as f64)
    }

    #[test]
    fn bitrates_are_reached_within_five_per_cent() {
        for levels_per_doubling in [7.0, 9.0, 13.0] {
            for rate in [100e3, 300e3, 1e6] {
                let (reached, _) = run(RateTarget::BitsPerSecond(rate), 300, levels_per_doubling);
                assert!((reached / rate - 1.0).abs() < 0.05, "{reached} of {rate}");
            }
        }
    }

    #[test]
    fn psnrs_are_reached_within_a_tenth() {
        for psnr in [33.0, 36.0, 40.0] {
            let (_, reached) = run(RateTarget::Psnr(psnr), 150, 9.0);
            assert!((reached - psnr).abs() < 0.1, "{reached} of {psnr}");
        }
    }
}
