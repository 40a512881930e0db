use std::io::Read;

use super::source::read_fully;
use super::{
    ColorRange, ContainerError, FORMAT_VERSION, Family, HeaderError, MAX_DIMENSION,
    MAX_MODEL_NAME_BYTES, MAX_PIXELS, PixelFormat, Profile, Rational,
};

/// First bytes of a stream: a name, and line ends that a text conversion would damage.
pub(super) const MAGIC: [u8; 8] = *b"AIVC\r\n\x1a\n";

/// Magic, version, length.
const PREFIX_BYTES: usize = 12;

/// Fields after the prefix, without the model's name.
const FIXED_BYTES: usize = 77;

const CHECKSUM_BYTES: usize = 4;

/// What a whole stream has in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamHeader {
    /// Tools that the decoder needs.
    pub profile: Profile,
    /// Kind of codec.
    pub family: Family,
    /// BLAKE3 hash of the weights that decode the stream.
    pub weights_hash: [u8; 32],
    /// Name of those weights, for people; at most [`MAX_MODEL_NAME_BYTES`].
    pub model_name: String,
    /// Width of the coded picture.
    pub coded_width: u32,
    /// Height of the coded picture.
    pub coded_height: u32,
    /// Width to show: the left part of the coded picture, or of one twice as wide.
    pub display_width: u32,
    /// Height to show: the upper part of the coded picture, or of one twice as high.
    pub display_height: u32,
    /// Planes of a picture.
    pub pixel_format: PixelFormat,
    /// Bits of a sample, 8 to 16.
    pub bit_depth: u8,
    /// ColourPrimaries of ITU-T H.273; 2 is unspecified.
    pub color_primaries: u8,
    /// TransferCharacteristics of ITU-T H.273; 2 is unspecified.
    pub transfer_characteristics: u8,
    /// MatrixCoefficients of ITU-T H.273; 2 is unspecified.
    pub matrix_coefficients: u8,
    /// Which sample values stand for black and white.
    pub color_range: ColorRange,
    /// Nominal frames per second.
    pub frame_rate: Rational,
    /// Seconds of one tick of presentation time.
    pub time_base: Rational,
    /// Most frames from one keyframe to the next; 0 when there is no such promise.
    pub keyframe_interval: u32,
}

impl StreamHeader {
    /// Checks every field against its limits.
    ///
    /// # Errors
    /// Names the field that is out of its range.
    pub fn validate(&self) -> Result<(), HeaderError> {
        check_size("coded", self.coded_width, self.coded_height)?;
        check_size("display", self.display_width, self.display_height)?;
        let (coded, display) = (
            [self.coded_width, self.coded_height],
            [self.display_width, self.display_height],
        );
        let fits = match self.profile {
            Profile::Base => display[0] <= coded[0] && display[1] <= coded[1],
            Profile::HalfSize => display.map(|side| side.div_ceil(2)) == coded,
        };
        if !fits {
            return Err(HeaderError::DisplaySize {
                display_width: self.display_width,
                display_height: self.display_height,
                coded_width: self.coded_width,
                coded_height: self.coded_height,
            });
        }
        if !(8..=16).contains(&self.bit_depth) {
            return Err(HeaderError::BitDepth {
                found: self.bit_depth,
            });
        }
        for (field, value) in [
            ("frame rate", self.frame_rate),
            ("time base", self.time_base),
        ] {
            if value.numerator == 0 || value.denominator == 0 {
                return Err(HeaderError::ZeroRational { field, value });
            }
        }
        if self.model_name.len() > MAX_MODEL_NAME_BYTES {
            return Err(HeaderError::ModelNameLength {
                bytes: self.model_name.len(),
            });
        }
        if self.model_name.chars().any(char::is_control) {
            return Err(HeaderError::ModelName);
        }
        Ok(())
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, HeaderError> {
        self.validate()?;
        if let Family::Unknown(code) = self.family {
            return Err(HeaderError::UnknownFamily { code });
        }
        let length = FIXED_BYTES + self.model_name.len();
        let mut bytes = MAGIC.to_vec();
        bytes.extend(FORMAT_VERSION.to_le_bytes());
        bytes.extend((length as u16).to_le_bytes());
        bytes.extend([
            self.profile.code(),
            self.family.code(),
            self.pixel_format.code(),
            self.bit_depth,
            self.color_primaries,
            self.transfer_characteristics,
            self.matrix_coefficients,
            self.color_range.code(),
        ]);
        for number in [
            self.coded_width,
            self.coded_height,
            self.display_width,
            self.display_height,
            self.frame_rate.numerator,
            self.frame_rate.denominator,
            self.time_base.numerator,
            self.time_base.denominator,
            self.keyframe_interval,
        ] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.weights_hash);
        bytes.push(self.model_name.len() as u8);
        bytes.extend(self.model_name.as_bytes());
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        Ok(bytes)
    }

    /// Reads a header; returns it with its length in bytes.
    pub(super) fn read(reader: &mut impl Read) -> Result<(Self, usize), ContainerError> {
        let mut bytes = Vec::new();
        read_more(reader, &mut bytes, PREFIX_BYTES)?;
        let length = check_prefix(&bytes)?;
        read_more(reader, &mut bytes, PREFIX_BYTES + length + CHECKSUM_BYTES)?;
        Ok((Self::parse(&bytes, length)?, bytes.len()))
    }

    fn parse(bytes: &[u8], length: usize) -> Result<Self, HeaderError> {
        let (body, checksum) = bytes.split_at(PREFIX_BYTES + length);
        let found = u32::from_le_bytes(checksum.try_into().expect("four bytes were read"));
        let computed = crc32c::crc32c(body);
        if found != computed {
            return Err(HeaderError::Checksum { found, computed });
        }
        let fields = &body[PREFIX_BYTES..];
        let Some((fixed, name)) = fields.split_first_chunk::<FIXED_BYTES>() else {
            return Err(HeaderError::Length {
                found: length,
                expected: FIXED_BYTES,
            });
        };
        let expected = FIXED_BYTES + usize::from(fixed[FIXED_BYTES - 1]);
        if length != expected {
            return Err(HeaderError::Length {
                found: length,
                expected,
            });
        }
        let number = |index: usize| {
            let at = 8 + 4 * index;
            u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]])
        };
        let header = Self {
            profile: Profile::from_code(fixed[0])?,
            family: Family::from_code(fixed[1]),
            pixel_format: PixelFormat::from_code(fixed[2])?,
            bit_depth: fixed[3],
            color_primaries: fixed[4],
            transfer_characteristics: fixed[5],
            matrix_coefficients: fixed[6],
            color_range: ColorRange::from_code(fixed[7])?,
            coded_width: number(0),
            coded_height: number(1),
            display_width: number(2),
            display_height: number(3),
            frame_rate: Rational::new(number(4), number(5)),
            time_base: Rational::new(number(6), number(7)),
            keyframe_interval: number(8),
            weights_hash: std::array::from_fn(|k| fixed[44 + k]),
            model_name: String::from_utf8(name.to_vec()).map_err(|_| HeaderError::ModelName)?,
        };
        header.validate()?;
        Ok(header)
    }
}

/// Fills `bytes` up to `length`, which is at most 64 KiB.
fn read_more(
    reader: &mut impl Read,
    bytes: &mut Vec<u8>,
    length: usize,
) -> Result<(), ContainerError> {
    let start = bytes.len();
    bytes.resize(length, 0);
    let available = start + read_fully(reader, &mut bytes[start..])?;
    if available < length {
        if available > 0 && !MAGIC.starts_with(&bytes[..available.min(MAGIC.len())]) {
            return Err(magic_error(&bytes[..available]).into());
        }
        return Err(HeaderError::Truncated {
            needed: length,
            available,
        }
        .into());
    }
    Ok(())
}

/// Checks magic and version; returns the length of the fields.
fn check_prefix(prefix: &[u8]) -> Result<usize, HeaderError> {
    if !prefix.starts_with(&MAGIC) {
        return Err(magic_error(prefix));
    }
    let found = u16::from_le_bytes([prefix[8], prefix[9]]);
    if found == 0 || found > FORMAT_VERSION {
        return Err(HeaderError::Version { found });
    }
    Ok(usize::from(u16::from_le_bytes([prefix[10], prefix[11]])))
}

fn magic_error(bytes: &[u8]) -> HeaderError {
    let mut found = [0; 8];
    let length = bytes.len().min(8);
    found[..length].copy_from_slice(&bytes[..length]);
    HeaderError::Magic { found }
}

fn check_size(kind: &'static str, width: u32, height: u32) -> Result<(), HeaderError> {
    let sides = 1..=MAX_DIMENSION;
    let pixels = u64::from(width) * u64::from(height);
    if !sides.contains(&width) || !sides.contains(&height) || pixels > MAX_PIXELS {
        return Err(HeaderError::Size {
            kind,
            width,
            height,
        });
    }
    Ok(())
}
