use crate::frame::{Frame, FrameError, FrameFormat, Plane, Samples};

/// By how much a picture is turned clockwise to be shown upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

impl Turn {
    /// The turn of a display matrix: nine native 32-bit integers, of which the first two of the
    /// first two rows are a rotation in 16.16 fixed point (`libavutil/display.h`). Flips and other
    /// angles are not followed.
    pub(super) fn of_display_matrix(bytes: &[u8]) -> Self {
        let (words, _) = bytes.as_chunks::<4>();
        let sign = |index: usize| {
            words
                .get(index)
                .map_or(0, |&word| i32::from_ne_bytes(word).signum())
        };
        match [sign(0), sign(1), sign(3), sign(4)] {
            [0, 1, -1, 0] => Self::Quarter,
            [-1, 0, 0, -1] => Self::Half,
            [0, -1, 1, 0] => Self::ThreeQuarters,
            _ => Self::None,
        }
    }

    /// The format of turned frames.
    pub(super) fn format(self, format: FrameFormat) -> Result<FrameFormat, FrameError> {
        match self {
            Self::None | Self::Half => Ok(format),
            Self::Quarter | Self::ThreeQuarters => FrameFormat::new(
                format.height(),
                format.width(),
                format.pixel_format(),
                format.bit_depth(),
            ),
        }
    }

    /// The frame, upright.
    pub(super) fn apply(self, frame: Frame) -> Result<Frame, FrameError> {
        if self == Self::None {
            return Ok(frame);
        }
        let planes = frame.planes().each_ref().map(|plane| self.plane(plane));
        let turned = Frame::new(self.format(frame.format())?, planes)?;
        Ok(turned.with_color(frame.color()).with_pts(frame.pts()))
    }

    fn plane(self, plane: &Plane) -> Samples {
        match plane.samples() {
            Samples::U8(samples) => Samples::U8(self.samples(samples, plane.width())),
            Samples::U16(samples) => Samples::U16(self.samples(samples, plane.width())),
        }
    }

    fn samples<T: Copy>(self, samples: &[T], width: usize) -> Vec<T> {
        let columns = 0..width;
        let column = |x: usize| samples[x..].iter().step_by(width);
        match self {
            Self::None => samples.to_vec(),
            Self::Quarter => columns.flat_map(|x| column(x).rev()).copied().collect(),
            Self::Half => samples.iter().rev().copied().collect(),
            Self::ThreeQuarters => columns.rev().flat_map(column).copied().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three columns and two rows: `1 2 3 / 4 5 6`.
    #[test]
    fn turns_are_clockwise() {
        let turned = |turn: Turn| turn.samples(&[1, 2, 3, 4, 5, 6], 3);
        assert_eq!(turned(Turn::Quarter), [4, 1, 5, 2, 6, 3]);
        assert_eq!(turned(Turn::Half), [6, 5, 4, 3, 2, 1]);
        assert_eq!(turned(Turn::ThreeQuarters), [3, 6, 2, 5, 1, 4]);
    }

    #[test]
    fn a_short_matrix_turns_nothing() {
        assert_eq!(Turn::of_display_matrix(&[1, 2, 3]), Turn::None);
    }
}
