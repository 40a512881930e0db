use aivc_core::frame::{BitDepth, ColorDescription, ColorRange, FrameFormat, PixelFormat};
use aivc_core::video::{Rational, VideoProperties};

use crate::AivcStatus;
use crate::arguments::{SizedStruct, init_struct};
use crate::failure::Failure;
use crate::guard::guard;

/// How a picture is divided into planes.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AivcPixelFormat {
    /// Y, then Cb, then Cr, each of these with half the width and half the height, rounded up.
    Yuv420 = 1,
    /// Red, green and blue, all of full size.
    Rgb = 2,
}

/// What is the same for all frames of a video.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcVideoFormat {
    /// `sizeof(AivcVideoFormat)`.
    pub struct_size: usize,
    /// Pixels in a row, 1 to 16384.
    pub width: u32,
    /// Rows, 1 to 16384.
    pub height: u32,
    /// An AivcPixelFormat.
    pub pixel_format: u32,
    /// Bits of a sample: 8, a byte a sample, or 10, a uint16_t a sample, 0 to 1023.
    pub bit_depth: u32,
    /// Frames in so many seconds ...
    pub frame_rate_numerator: u32,
    /// ... as this says: 30000 and 1001, or 25 and 1.
    pub frame_rate_denominator: u32,
    /// Chromaticities, a code point of ITU-T H.273; 2 is unspecified, 1 is BT.709.
    pub color_primaries: u8,
    /// Transfer characteristics, a code point of ITU-T H.273.
    pub transfer_characteristics: u8,
    /// Matrix coefficients, a code point of ITU-T H.273.
    pub matrix_coefficients: u8,
    /// 0 for limited range (luma 16 to 235), 1 for full range.
    pub full_range: u8,
}

// SAFETY: `repr(C)` with integers, the size first.
unsafe impl SizedStruct for AivcVideoFormat {}

impl AivcVideoFormat {
    pub(crate) fn properties(&self) -> Result<VideoProperties, Failure> {
        let pixel_format = match self.pixel_format {
            value if value == AivcPixelFormat::Yuv420 as u32 => PixelFormat::Yuv420,
            value if value == AivcPixelFormat::Rgb as u32 => PixelFormat::Rgb,
            value => {
                return Err(Failure::argument(format!(
                    "pixel_format is {value}; it must be 1 (4:2:0) or 2 (RGB)"
                )));
            }
        };
        let bits = self.bit_depth;
        let bit_depth = BitDepth::try_from(u8::try_from(bits).unwrap_or(u8::MAX))
            .map_err(|_| Failure::argument(format!("bit_depth is {bits}; it must be 8 or 10")))?;
        let format = FrameFormat::new(
            self.width as usize,
            self.height as usize,
            pixel_format,
            bit_depth,
        )?;
        let range = match self.full_range {
            0 => ColorRange::Limited,
            1 => ColorRange::Full,
            value => {
                return Err(Failure::argument(format!(
                    "full_range is {value}; it must be 0 or 1"
                )));
            }
        };
        let color = ColorDescription {
            primaries: self.color_primaries.try_into()?,
            transfer: self.transfer_characteristics.try_into()?,
            matrix: self.matrix_coefficients.try_into()?,
            range,
        };
        let rate = Rational::new(self.frame_rate_numerator, self.frame_rate_denominator)?;
        Ok(VideoProperties {
            color,
            ..VideoProperties::new(format, rate)
        })
    }

    pub(crate) fn of(properties: &VideoProperties) -> Result<Self, Failure> {
        let VideoProperties {
            format,
            color,
            frame_rate,
            ..
        } = properties;
        let pixel_format = match format.pixel_format() {
            PixelFormat::Yuv420 => AivcPixelFormat::Yuv420,
            PixelFormat::Rgb => AivcPixelFormat::Rgb,
            other => {
                return Err(Failure::new(
                    AivcStatus::Unsupported,
                    format!("the C interface has no pixel format {other:?}"),
                ));
            }
        };
        Ok(Self {
            struct_size: size_of::<Self>(),
            width: format.width() as u32,
            height: format.height() as u32,
            pixel_format: pixel_format as u32,
            bit_depth: format.bit_depth().bits().into(),
            frame_rate_numerator: frame_rate.numerator(),
            frame_rate_denominator: frame_rate.denominator(),
            color_primaries: color.primaries.code_point(),
            transfer_characteristics: color.transfer.code_point(),
            matrix_coefficients: color.matrix.code_point(),
            full_range: (color.range == ColorRange::Full).into(),
        })
    }
}

/// Sets up a format: 8-bit 4:2:0 at 25 frames a second, colours unspecified, limited range. Width
/// and height are 0, and are to be set. `struct_size` is `sizeof(AivcVideoFormat)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_video_format_init(
    format: *mut AivcVideoFormat,
    struct_size: usize,
) -> AivcStatus {
    guard(|| {
        let unspecified = ColorDescription::UNSPECIFIED;
        let value = AivcVideoFormat {
            struct_size: size_of::<AivcVideoFormat>(),
            width: 0,
            height: 0,
            pixel_format: AivcPixelFormat::Yuv420 as u32,
            bit_depth: 8,
            frame_rate_numerator: 25,
            frame_rate_denominator: 1,
            color_primaries: unspecified.primaries.code_point(),
            transfer_characteristics: unspecified.transfer.code_point(),
            matrix_coefficients: unspecified.matrix.code_point(),
            full_range: 0,
        };
        // SAFETY: the contract of C.
        unsafe { init_struct(format, struct_size, value, "format") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bt2020() -> AivcVideoFormat {
        AivcVideoFormat {
            struct_size: size_of::<AivcVideoFormat>(),
            width: 17,
            height: 9,
            pixel_format: 2,
            bit_depth: 10,
            frame_rate_numerator: 30_000,
            frame_rate_denominator: 1001,
            color_primaries: 9,
            transfer_characteristics: 16,
            matrix_coefficients: 0,
            full_range: 1,
        }
    }

    #[test]
    fn a_format_comes_back_as_it_went() {
        let format = bt2020();
        let back = AivcVideoFormat::of(&format.properties().unwrap()).unwrap();
        assert_eq!(format!("{format:?}"), format!("{back:?}"));
    }

    #[test]
    fn every_field_out_of_range_is_an_argument_error() {
        let spoil: [fn(&mut AivcVideoFormat); 10] = [
            |format| format.width = 0,
            |format| format.height = u32::MAX,
            |format| format.pixel_format = 0,
            |format| format.bit_depth = 266,
            |format| format.frame_rate_numerator = 0,
            |format| format.frame_rate_denominator = 0,
            |format| format.color_primaries = 3,
            |format| format.transfer_characteristics = 255,
            |format| format.matrix_coefficients = 99,
            |format| format.full_range = 2,
        ];
        for spoil in spoil {
            let mut format = bt2020();
            spoil(&mut format);
            let failure = format.properties().unwrap_err();
            assert_eq!(failure.status, AivcStatus::InvalidArgument, "{format:?}");
        }
    }
}
