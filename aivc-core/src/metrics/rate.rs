use crate::video::Rational;

/// Bits per pixel of a stream of `bytes` over `frames` frames of `pixels_per_frame` luma pixels
/// ([`FrameFormat::pixels`](crate::frame::FrameFormat::pixels)).
///
/// # Panics
/// If there are no frames or no pixels.
#[must_use]
pub fn bits_per_pixel(bytes: u64, pixels_per_frame: usize, frames: u64) -> f64 {
    assert!(
        frames > 0 && pixels_per_frame > 0,
        "a rate needs at least one pixel"
    );
    bytes as f64 * 8.0 / (pixels_per_frame as f64 * frames as f64)
}

/// Bits per second of a stream of `bytes` over `frames` frames.
///
/// # Panics
/// If there are no frames.
#[must_use]
pub fn bits_per_second(bytes: u64, frames: u64, frame_rate: Rational) -> f64 {
    assert!(frames > 0, "a rate needs at least one frame");
    bytes as f64 * 8.0 * frame_rate.as_f64() / frames as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The walkway clip by x264 at crf 18, as ffmpeg reports it.
    #[test]
    fn rates_of_a_known_stream() {
        let bits = bits_per_pixel(529_101, 560 * 320, 48);
        assert!((bits - 0.49210).abs() < 5e-6, "{bits}");
        let rate = bits_per_second(529_101, 48, Rational::new(24, 1).unwrap());
        assert_eq!(rate, 2_116_404.0);
    }
}
