//! A video's properties as a stream header says them, and back.

use aivc_entropy::Rational as StreamRational;
use aivc_entropy::{ColorRange as StreamRange, PixelFormat as StreamPixels, Profile, StreamHeader};

use super::SessionError;
use crate::color::from_rgb_f32;
use crate::frame::{BitDepth, ColorDescription, ColorRange, FrameFormat, PixelFormat};
use crate::model::Model;
use crate::video::{Rational, VideoProperties};

/// The header of a stream of this video, coded with this model.
pub fn stream_header(
    model: &Model,
    properties: &VideoProperties,
    keyframe_interval: u32,
) -> StreamHeader {
    let format = properties.format;
    let (width, height) = (format.width() as u32, format.height() as u32);
    let rational = |rational: Rational| StreamRational {
        numerator: rational.numerator(),
        denominator: rational.denominator(),
    };
    StreamHeader {
        profile: Profile::default(),
        family: model.family(),
        weights_hash: *model.hash().as_bytes(),
        model_name: model.name().to_owned(),
        coded_width: width,
        coded_height: height,
        display_width: width,
        display_height: height,
        pixel_format: match format.pixel_format() {
            PixelFormat::Yuv420 => StreamPixels::Yuv420,
            PixelFormat::Rgb => StreamPixels::Rgb,
        },
        bit_depth: format.bit_depth().bits(),
        color_primaries: properties.color.primaries.code_point(),
        transfer_characteristics: properties.color.transfer.code_point(),
        matrix_coefficients: properties.color.matrix.code_point(),
        color_range: match properties.color.range {
            ColorRange::Limited => StreamRange::Limited,
            ColorRange::Full => StreamRange::Full,
        },
        frame_rate: rational(properties.frame_rate),
        time_base: rational(properties.time_base()),
        keyframe_interval,
    }
}

/// The video that a stream holds, at its coded size: half of the display size if it was coded so.
///
/// # Errors
/// [`SessionError::Unsupported`] for what this version does not decode, and
/// [`SessionError::Frame`] for a size, bit depth or colour description that it does not know.
pub fn properties_of_stream(header: &StreamHeader) -> Result<VideoProperties, SessionError> {
    let unsupported = |field, value: &dyn std::fmt::Debug| SessionError::Unsupported {
        field,
        value: format!("{value:?}"),
    };
    let pixel_format = match header.pixel_format {
        StreamPixels::Yuv420 => PixelFormat::Yuv420,
        StreamPixels::Rgb => PixelFormat::Rgb,
        other => return Err(unsupported("pixel format", &other)),
    };
    let coded = (header.coded_width, header.coded_height);
    let display = (header.display_width, header.display_height);
    if header.profile == Profile::Base && coded != display {
        return Err(unsupported(
            "display size",
            &(header.display_width, header.display_height),
        ));
    }
    let bit_depth = BitDepth::try_from(header.bit_depth)?;
    let format = FrameFormat::new(
        header.coded_width as usize,
        header.coded_height as usize,
        pixel_format,
        bit_depth,
    )?;
    let frame_rate = Rational::new(header.frame_rate.numerator, header.frame_rate.denominator)?;
    // Frames are numbered by their presentation times, here and in the files they go to.
    let product = |a: u32, b: u32| u64::from(a) * u64::from(b);
    let time_base = header.time_base;
    let one_tick_a_frame = product(frame_rate.numerator(), time_base.numerator)
        == product(frame_rate.denominator(), time_base.denominator);
    if !one_tick_a_frame {
        return Err(unsupported("time base", &time_base));
    }
    let range = match header.color_range {
        StreamRange::Full => ColorRange::Full,
        _ => ColorRange::Limited,
    };
    let color = ColorDescription {
        primaries: header.color_primaries.try_into()?,
        transfer: header.transfer_characteristics.try_into()?,
        matrix: header.matrix_coefficients.try_into()?,
        range,
    };
    Ok(VideoProperties {
        format,
        color,
        frame_rate,
        frame_count: None,
    })
}

/// Width and height that the frames of a stream are to be shown at once they are enlarged to twice
/// their size: those of the original for a stream that was coded at half of it.
///
/// # Errors
/// [`SessionError::Frame`] for a size that no frame has.
pub(super) fn enlarged_format(
    header: &StreamHeader,
    coded: FrameFormat,
) -> Result<FrameFormat, SessionError> {
    let (width, height) = match header.profile {
        Profile::HalfSize => (
            header.display_width as usize,
            header.display_height as usize,
        ),
        _ => (2 * coded.width(), 2 * coded.height()),
    };
    Ok(FrameFormat::new(
        width,
        height,
        coded.pixel_format(),
        coded.bit_depth(),
    )?)
}

/// Whether frames of these colours can be converted, tried with a single pixel.
pub(super) fn check_color(properties: &VideoProperties) -> Result<(), SessionError> {
    let VideoProperties { format, color, .. } = *properties;
    let pixel = FrameFormat::new(1, 1, format.pixel_format(), format.bit_depth())?;
    from_rgb_f32(&[0.0; 3], pixel, color)?;
    Ok(())
}
