//! Arrays to frames and back.

use aivc_core::color::{
    BT709_MIN_HEIGHT, from_interleaved_rgb8, to_interleaved_rgb8, to_rgb, to_yuv420,
};
use aivc_core::frame::{BitDepth, ColorDescription, Frame, FrameFormat, PixelFormat, Samples};
use numpy::ndarray::{Dim, Ix2, Ix3};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::arrays::{elements, into_array};
use crate::failure::Failure;

/// `rgb` or `yuv420`.
pub fn pixel_format(name: &str) -> Result<PixelFormat, Failure> {
    match name {
        "rgb" => Ok(PixelFormat::Rgb),
        "yuv420" => Ok(PixelFormat::Yuv420),
        _ => Err(Failure::argument(format!(
            "pixel format `{name}` is unknown; there are rgb and yuv420"
        ))),
    }
}

/// The inverse of [`pixel_format`].
pub fn pixel_format_name(format: PixelFormat) -> &'static str {
    match format {
        PixelFormat::Yuv420 => "yuv420",
        _ => "rgb",
    }
}

/// A frame from an array `(height, width, 3)` of red, green and blue, or from a tuple of the planes
/// Y, Cb and Cr. `uint8` has 8 bits, `uint16` 10.
pub fn frame_from(value: &Bound<'_, PyAny>) -> Result<Frame, Failure> {
    if let Ok(planes) = value.cast::<PyTuple>() {
        let [luma, cb, cr] = <[Bound<'_, PyUntypedArray>; 3]>::try_from(
            planes
                .iter()
                .map(|plane| Ok(plane.cast_into::<PyUntypedArray>().map_err(PyErr::from)?))
                .collect::<Result<Vec<_>, Failure>>()?,
        )
        .map_err(|planes| {
            Failure::argument(format!("a frame has 3 planes, not {}", planes.len()))
        })?;
        return from_planes([luma, cb, cr]);
    }
    from_rgb(value.cast::<PyUntypedArray>().map_err(PyErr::from)?)
}

fn from_planes(planes: [Bound<'_, PyUntypedArray>; 3]) -> Result<Frame, Failure> {
    let &[height, width] = planes[0].shape() else {
        return Err(Failure::argument(format!(
            "a plane has 2 dimensions, not {}",
            planes[0].ndim()
        )));
    };
    let samples = [
        samples_of(&planes[0])?,
        samples_of(&planes[1])?,
        samples_of(&planes[2])?,
    ];
    let bit_depth = match samples[0] {
        Samples::U8(_) => BitDepth::Eight,
        Samples::U16(_) => BitDepth::Ten,
    };
    let format = FrameFormat::new(width, height, PixelFormat::Yuv420, bit_depth)?;
    for (index, plane) in planes.iter().enumerate() {
        let size = format.plane_size(index);
        if plane.shape() != [size.height, size.width] {
            return Err(Failure::argument(format!(
                "plane {index} of a {format} frame has the shape ({}, {}), not {:?}",
                size.height,
                size.width,
                plane.shape(),
            )));
        }
    }
    Ok(Frame::new(format, samples)?)
}

fn from_rgb(array: &Bound<'_, PyUntypedArray>) -> Result<Frame, Failure> {
    let &[height, width, 3] = array.shape() else {
        return Err(Failure::argument(format!(
            "an RGB frame has the shape (height, width, 3), not {:?}",
            array.shape()
        )));
    };
    match samples_of(array)? {
        Samples::U8(pixels) => Ok(from_interleaved_rgb8(width, height, &pixels)?),
        Samples::U16(pixels) => {
            let format = FrameFormat::new(width, height, PixelFormat::Rgb, BitDepth::Ten)?;
            let (pixels, _) = pixels.as_chunks::<3>();
            let planes = [0, 1, 2]
                .map(|plane| Samples::U16(pixels.iter().map(|pixel| pixel[plane]).collect()));
            Ok(Frame::new(format, planes)?.with_color(ColorDescription::SRGB))
        }
    }
}

fn samples_of(array: &Bound<'_, PyUntypedArray>) -> Result<Samples, Failure> {
    if let Some(samples) = elements::<u8>(array)? {
        return Ok(Samples::U8(samples));
    }
    if let Some(samples) = elements::<u16>(array)? {
        return Ok(Samples::U16(samples));
    }
    Err(Failure::argument(format!(
        "a frame has the dtype uint8 (8 bits) or uint16 (10 bits), not {}",
        array.dtype()
    )))
}

/// The frame in the pixel format of a stream: RGB is converted by `color`, 4:2:0 by its own.
pub fn in_pixel_format(
    frame: Frame,
    pixel_format: PixelFormat,
    color: ColorDescription,
) -> Result<Frame, Failure> {
    match (frame.format().pixel_format(), pixel_format) {
        (PixelFormat::Rgb, PixelFormat::Yuv420) => Ok(to_yuv420(&frame, color)?),
        (PixelFormat::Yuv420, PixelFormat::Rgb) => Ok(to_rgb(&frame.with_color(color))?),
        (PixelFormat::Yuv420, _) => Ok(frame.with_color(color)),
        _ => Ok(frame),
    }
}

/// A frame whose samples are as NumPy has them.
pub enum Picture {
    /// `(height, width, 3)`
    Rgb8(Vec<u8>, Ix3),
    /// `(height, width, 3)`
    Rgb10(Vec<u16>, Ix3),
    /// Y, Cb and Cr, each `(height, width)`.
    Planes([(Samples, Ix2); 3]),
}

impl Picture {
    /// The frame as an interleaved picture or as planes of 4:2:0. To be called without the
    /// interpreter.
    pub fn new(frame: Frame, pixel_format: PixelFormat) -> Result<Self, Failure> {
        let shape = Dim([frame.height(), frame.width(), 3]);
        match (pixel_format, frame.format().bit_depth()) {
            (PixelFormat::Yuv420, _) => Self::of_planes(frame),
            (_, BitDepth::Eight) => Ok(Self::Rgb8(to_interleaved_rgb8(&frame)?, shape)),
            (_, BitDepth::Ten) => {
                let planes = to_rgb(&frame)?.into_samples();
                let [Samples::U16(red), Samples::U16(green), Samples::U16(blue)] = &planes else {
                    unreachable!("a frame of 10 bits has planes of `u16`");
                };
                let pixels = red.iter().zip(green).zip(blue);
                let pixels = pixels
                    .flat_map(|((&red, &green), &blue)| [red, green, blue])
                    .collect();
                Ok(Self::Rgb10(pixels, shape))
            }
        }
    }

    fn of_planes(frame: Frame) -> Result<Self, Failure> {
        let frame = match frame.format().pixel_format() {
            PixelFormat::Yuv420 => frame,
            _ => to_yuv420(&frame, usual_color(frame.height()))?,
        };
        let mut index = 0;
        let format = frame.format();
        Ok(Self::Planes(frame.into_samples().map(|samples| {
            let size = format.plane_size(index);
            index += 1;
            (samples, Dim([size.height, size.width]))
        })))
    }

    /// An array `(height, width, 3)`, or a tuple of three planes.
    pub fn into_python(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Self::Rgb8(pixels, shape) => Ok(into_array(py, pixels, shape).into_any()),
            Self::Rgb10(pixels, shape) => Ok(into_array(py, pixels, shape).into_any()),
            Self::Planes(planes) => {
                let planes = planes.map(|(samples, shape)| match samples {
                    Samples::U8(samples) => into_array(py, samples, shape).into_any(),
                    Samples::U16(samples) => into_array(py, samples, shape).into_any(),
                });
                Ok(PyTuple::new(py, planes)?.into_any())
            }
        }
    }
}

/// The colours of 4:2:0 when nothing is said: what players assume at that height.
pub fn usual_color(height: usize) -> ColorDescription {
    if height < BT709_MIN_HEIGHT {
        ColorDescription::BT601
    } else {
        ColorDescription::BT709
    }
}
