use aivc_models::families::hybrid::motion::{SamplePlane, Yuv420Picture};

use crate::frame::{
    BitDepth, ColorDescription, Frame, FrameError, FrameFormat, PixelFormat, Samples,
};

/// A 4:2:0 frame's samples, as models take them.
///
/// # Panics
/// If the frame is not 4:2:0.
pub(crate) fn to_yuv420_picture(frame: &Frame) -> Yuv420Picture {
    let format = frame.format();
    assert_eq!(format.pixel_format(), PixelFormat::Yuv420, "4:2:0 frames");
    let planes = [0, 1, 2].map(|index| {
        let plane = frame.plane(index);
        let samples = match plane.samples() {
            Samples::U8(samples) => samples.iter().map(|&sample| sample.into()).collect(),
            Samples::U16(samples) => samples.clone(),
        };
        SamplePlane::new(plane.width(), plane.height(), samples)
    });
    Yuv420Picture {
        planes,
        maximum: format.bit_depth().max_sample(),
    }
}

/// The frame of a picture.
///
/// # Errors
/// [`FrameError`] for a size outside the limits.
pub(crate) fn from_yuv420_picture(
    picture: &Yuv420Picture,
    color: ColorDescription,
) -> Result<Frame, FrameError> {
    let luma = &picture.planes[0];
    let depth = if picture.maximum == BitDepth::Eight.max_sample() {
        BitDepth::Eight
    } else {
        BitDepth::Ten
    };
    let format = FrameFormat::new(luma.width(), luma.height(), PixelFormat::Yuv420, depth)?;
    let planes = [0, 1, 2].map(|index| {
        let samples = picture.planes[index].samples();
        match depth {
            BitDepth::Eight => Samples::U8(samples.iter().map(|&sample| sample as u8).collect()),
            BitDepth::Ten => Samples::U16(samples.to_vec()),
        }
    });
    Ok(Frame::new(format, planes)?.with_color(color))
}
