use crate::color;
use crate::frame::{ColorDescription, Frame, FrameFormat, PixelFormat};

use super::{VideoError, VideoProperties, VideoWriter};

/// Properties of RGB frames once they are 4:2:0 for a format that holds nothing else: limited
/// range, with the matrix that players assume at that height.
pub(super) fn as_yuv420(properties: &VideoProperties) -> VideoProperties {
    let base = if properties.format.height() < color::BT709_MIN_HEIGHT {
        ColorDescription::BT601
    } else {
        ColorDescription::BT709
    };
    VideoProperties {
        format: properties.format.with_pixel_format(PixelFormat::Yuv420),
        color: ColorDescription {
            primaries: properties.color.primaries,
            transfer: properties.color.transfer,
            ..base
        },
        ..*properties
    }
}

/// Converts RGB frames to 4:2:0 on their way to another writer.
pub(super) struct ConvertingWriter {
    inner: Box<dyn VideoWriter>,
    input: FrameFormat,
    stored: ColorDescription,
    frames: u64,
}

impl ConvertingWriter {
    pub(super) fn new(
        inner: Box<dyn VideoWriter>,
        properties: &VideoProperties,
        stored: &VideoProperties,
    ) -> Self {
        Self {
            inner,
            input: properties.format,
            stored: stored.color,
            frames: 0,
        }
    }
}

impl VideoWriter for ConvertingWriter {
    fn write_frame(&mut self, frame: &Frame) -> Result<(), VideoError> {
        check_format(self.input, frame, self.frames)?;
        self.frames += 1;
        self.inner
            .write_frame(&color::to_yuv420(frame, self.stored)?)
    }

    fn finish(self: Box<Self>) -> Result<(), VideoError> {
        self.inner.finish()
    }
}

/// The error of a frame that is not what the writer was made for.
pub(super) fn check_format(
    expected: FrameFormat,
    frame: &Frame,
    number: u64,
) -> Result<(), VideoError> {
    if frame.format() == expected {
        Ok(())
    } else {
        Err(VideoError::FormatChange {
            frame: number,
            expected,
            actual: frame.format(),
        })
    }
}
