//! The stream header, `YUV4MPEG2 W560 H320 F30000:1001 Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED`.

use std::io::{BufRead, Read};

use crate::frame::{BitDepth, ColorDescription, ColorRange, FrameFormat, PixelFormat};
use crate::video::{Rational, VideoError, VideoProperties};

const MAGIC: &str = "YUV4MPEG2";

/// The longest line accepted, in bytes. ffmpeg's limit is 128 for the header.
const MAX_LINE: usize = 1024;

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) properties: VideoProperties,
    /// The range where an `XCOLORRANGE` names one.
    pub(super) range: Option<ColorRange>,
}

/// Parses a header line without its line feed.
pub(super) fn parse(line: &[u8]) -> Result<Header, VideoError> {
    let malformed = |problem| VideoError::Y4mHeader { problem };
    let line = std::str::from_utf8(line).map_err(|_| malformed("the header is not text"))?;
    let mut fields = line.split(' ').filter(|field| !field.is_empty());
    if fields.next() != Some(MAGIC) {
        return Err(malformed("it does not begin with YUV4MPEG2"));
    }

    let (mut width, mut height) = (None, None);
    let mut frame_rate = Rational::whole(25);
    let mut bit_depth = BitDepth::Eight;
    let mut range = None;
    for field in fields {
        // Fields are ASCII by definition; a first character of more bytes is an unknown field.
        let Some((tag, value)) = field.split_at_checked(1) else {
            continue;
        };
        match tag {
            "W" => width = value.parse().ok(),
            "H" => height = value.parse().ok(),
            // 0:0 says "unknown"; ffmpeg assumes 25 frames a second there, as without the field.
            "F" if value != "0:0" => frame_rate = value.parse()?,
            "C" => bit_depth = depth_of_color_space(value)?,
            "X" => range = color_range(value).or(range),
            _ => {}
        }
    }
    let (Some(width), Some(height)) = (width, height) else {
        return Err(malformed("width or height is missing"));
    };

    let format = FrameFormat::new(width, height, PixelFormat::Yuv420, bit_depth)?;
    let color = ColorDescription {
        range: range.unwrap_or_default(),
        ..ColorDescription::UNSPECIFIED
    };
    Ok(Header {
        properties: VideoProperties {
            format,
            color,
            frame_rate,
            frame_count: None,
        },
        range,
    })
}

/// The header line for a video, with its line feed.
pub(super) fn format(properties: &VideoProperties) -> String {
    let format = properties.format;
    let color_space = match format.bit_depth() {
        BitDepth::Eight => "420mpeg2",
        BitDepth::Ten => "420p10 XYSCSS=420P10",
    };
    let range = match properties.color.range {
        ColorRange::Limited => "LIMITED",
        ColorRange::Full => "FULL",
    };
    format!(
        "{MAGIC} W{} H{} F{}:{} Ip A0:0 C{color_space} XCOLORRANGE={range}\n",
        format.width(),
        format.height(),
        properties.frame_rate.numerator(),
        properties.frame_rate.denominator(),
    )
}

fn depth_of_color_space(name: &str) -> Result<BitDepth, VideoError> {
    match name {
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => Ok(BitDepth::Eight),
        "420p10" => Ok(BitDepth::Ten),
        // The name stands in an error message: keep it short.
        _ => Err(VideoError::Y4mColorSpace {
            name: name.chars().take(32).collect(),
        }),
    }
}

fn color_range(extension: &str) -> Option<ColorRange> {
    match extension {
        "COLORRANGE=LIMITED" => Some(ColorRange::Limited),
        "COLORRANGE=FULL" => Some(ColorRange::Full),
        _ => None,
    }
}

/// A line, or what stands in its place.
pub(super) enum Line {
    /// The line without its line feed.
    Text(Vec<u8>),
    /// The input ended before the line began.
    End,
    /// The input ended inside the line.
    Truncated,
}

/// Reads a line of at most [`MAX_LINE`] bytes.
pub(super) fn read_line(source: &mut impl BufRead) -> Result<Line, LineError> {
    let mut line = Vec::new();
    let mut limited = source.by_ref().take(MAX_LINE as u64 + 1);
    limited
        .read_until(b'\n', &mut line)
        .map_err(LineError::Io)?;
    if line.pop_if(|last| *last == b'\n').is_some() {
        return Ok(Line::Text(line));
    }
    match line.len() {
        0 => Ok(Line::End),
        1..=MAX_LINE => Ok(Line::Truncated),
        _ => Err(LineError::TooLong),
    }
}

/// Why there is no line.
#[derive(Debug)]
pub(super) enum LineError {
    Io(std::io::Error),
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_ffmpeg_is_understood() {
        let line = b"YUV4MPEG2 W352 H288 F30000:1001 Ip A128:117 C420p10 XYSCSS=420P10 \
                     XCOLORRANGE=FULL";
        let header = parse(line).unwrap();
        let format = FrameFormat::new(352, 288, PixelFormat::Yuv420, BitDepth::Ten).unwrap();
        assert_eq!(header.properties.format, format);
        assert_eq!(
            header.properties.frame_rate,
            Rational::new(30000, 1001).unwrap()
        );
        assert_eq!(header.range, Some(ColorRange::Full));
    }

    #[test]
    fn a_written_header_parses_to_the_same_properties() {
        for bit_depth in [BitDepth::Eight, BitDepth::Ten] {
            let format = FrameFormat::new(17, 33, PixelFormat::Yuv420, bit_depth).unwrap();
            let mut properties = VideoProperties::new(format, Rational::whole(60));
            properties.color.range = ColorRange::Full;
            let line = super::format(&properties);
            assert_eq!(
                parse(line.trim_end().as_bytes()).unwrap().properties,
                properties
            );
        }
    }

    #[test]
    fn other_chroma_formats_are_refused_by_name() {
        for name in ["mono", "422", "444", "420p12", "411"] {
            let line = format!("YUV4MPEG2 W2 H2 F25:1 C{name}");
            let error = parse(line.as_bytes()).unwrap_err();
            assert!(matches!(&error, VideoError::Y4mColorSpace { name: found } if found == name));
            assert!(error.to_string().contains("4:2:0"));
        }
    }

    #[test]
    fn hostile_headers_are_errors() {
        for line in [
            &b""[..],
            b"RIFF",
            b"YUV4MPEG2",
            b"YUV4MPEG2 W16",
            b"YUV4MPEG2 W0 H1",
            b"YUV4MPEG2 W4294967296 H4294967296",
            b"YUV4MPEG2 W99999999999999999999 H1",
            b"YUV4MPEG2 W16385 H1",
            b"YUV4MPEG2 W2 H2 F1:0",
            b"YUV4MPEG2 W2 H2 \xff",
        ] {
            assert!(parse(line).is_err(), "{line:?}");
        }
        // An unknown field that does not begin in ASCII is passed over.
        assert!(parse("YUV4MPEG2 W2 H2 é".as_bytes()).is_ok());
    }
}
