use std::io;

use aivc_entropy::{
    ContainerError, ContainerReader, ContainerWriter, FORMAT_VERSION, Family, HeaderError,
    MAX_DIMENSION, PixelFormat, Profile, Rational, StreamHeader,
};

use crate::streams::{header, stream};

fn open(bytes: &[u8]) -> Result<StreamHeader, HeaderError> {
    match ContainerReader::new(bytes) {
        Ok(reader) => Ok(reader.header().clone()),
        Err(ContainerError::Header(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

fn header_bytes() -> Vec<u8> {
    let stream = stream(&[]);
    stream.bytes[..stream.offsets[0]].to_vec()
}

/// The bytes with a checksum that fits them.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - 4;
    let checksum = crc32c::crc32c(&bytes[..end]);
    bytes[end..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn a_picture_of_half_size_is_shown_at_twice_of_it_or_one_less() {
    let sized = |coded_width, display_width| StreamHeader {
        profile: Profile::HalfSize,
        coded_width,
        coded_height: 157,
        display_width,
        ..header()
    };
    for header in [sized(278, 555), sized(278, 556), sized(8192, MAX_DIMENSION)] {
        let stream = ContainerWriter::new(Vec::new(), &header).unwrap();
        assert_eq!(open(&stream.finish().unwrap()), Ok(header));
    }
    for (coded, display) in [(278, 557), (278, 554), (278, 278), (555, 555)] {
        let error = sized(coded, display).validate().unwrap_err();
        assert!(matches!(error, HeaderError::DisplaySize { .. }), "{error}");
    }
}

#[test]
fn headers_round_trip() {
    let largest = StreamHeader {
        model_name: "ä".repeat(32),
        family: Family::Hybrid,
        coded_width: MAX_DIMENSION,
        coded_height: MAX_DIMENSION / 2,
        pixel_format: PixelFormat::Rgb,
        ..header()
    };
    for header in [
        header(),
        largest,
        StreamHeader {
            model_name: String::new(),
            ..header()
        },
    ] {
        let bytes = ContainerWriter::new(Vec::new(), &header)
            .unwrap()
            .finish()
            .unwrap();
        assert_eq!(open(&bytes).unwrap(), header);
    }
}

#[test]
fn invalid_fields_are_neither_written_nor_read() {
    let wide = StreamHeader {
        coded_width: MAX_DIMENSION + 1,
        ..header()
    };
    let many = StreamHeader {
        coded_width: 16_384,
        coded_height: 8193,
        ..header()
    };
    let display = StreamHeader {
        display_width: 561,
        ..header()
    };
    let rate = StreamHeader {
        frame_rate: Rational::new(30, 0),
        ..header()
    };
    let base = StreamHeader {
        time_base: Rational::new(0, 1),
        ..header()
    };
    let cases = [
        (
            wide,
            "the coded size 16385x320 is not within 1 to 16384 a side and 134217728 pixels",
        ),
        (
            many,
            "the coded size 16384x8193 is not within 1 to 16384 a side and 134217728 pixels",
        ),
        (
            display,
            "the display size 561x313 does not fit the coded size 560x320",
        ),
        (
            StreamHeader {
                bit_depth: 7,
                ..header()
            },
            "bit depth 7 is not within 8 to 16",
        ),
        (
            rate,
            "the frame rate 30/0 has a zero; both numbers are at least 1",
        ),
        (
            base,
            "the time base 0/1 has a zero; both numbers are at least 1",
        ),
        (
            StreamHeader {
                model_name: "x".repeat(65),
                ..header()
            },
            "the model name has 65 bytes; the limit is 64",
        ),
        (
            StreamHeader {
                model_name: "\u{1b}[31m".to_owned(),
                ..header()
            },
            "the model name is not UTF-8 text without control characters",
        ),
        (
            StreamHeader {
                family: Family::Unknown(200),
                ..header()
            },
            "codec family 200 is unknown and cannot be written",
        ),
    ];
    for (header, message) in cases {
        let error = ContainerWriter::new(Vec::new(), &header).unwrap_err();
        assert_eq!(error.to_string(), message);
    }

    // (offset in the header, byte, message)
    let cases = [
        (
            12,
            2,
            "the stream has the unknown profile 2; this library knows profiles 0 and 1",
        ),
        (
            14,
            9,
            "unknown pixel format 9; known are 1 (yuv420) and 2 (rgb)",
        ),
        (15, 17, "bit depth 17 is not within 8 to 16"),
        (
            19,
            2,
            "unknown colour range 2; known are 0 (limited) and 1 (full)",
        ),
        (
            22,
            1,
            "the coded size 66096x320 is not within 1 to 16384 a side and 134217728 pixels",
        ),
        (
            88,
            3,
            "the header says that it has 81 bytes; its fields take 80",
        ),
        (
            89,
            0xff,
            "the model name is not UTF-8 text without control characters",
        ),
    ];
    for (offset, byte, message) in cases {
        let mut bytes = header_bytes();
        bytes[offset] = byte;
        assert_eq!(open(&sealed(bytes)).unwrap_err().to_string(), message);
    }
}

#[test]
fn an_unknown_family_can_be_described() {
    let mut bytes = header_bytes();
    bytes[13] = 200;
    assert_eq!(open(&sealed(bytes)).unwrap().family, Family::Unknown(200));
    for code in 0..=255 {
        assert_eq!(Family::from_code(code).code(), code);
    }
}

#[test]
fn a_future_version_names_both() {
    let mut bytes = header_bytes();
    bytes[8..10].copy_from_slice(&(FORMAT_VERSION + 1).to_le_bytes());
    // Nothing after the version is looked at, the checksum included.
    bytes.truncate(12);
    assert_eq!(
        open(&bytes).unwrap_err().to_string(),
        "the stream has format version 2; this library reads versions 1 to 1"
    );
}

#[test]
fn something_else_is_not_a_stream() {
    let error = open(b"\x1a\x45\xdf\xa3 and the rest of an mkv").unwrap_err();
    assert!(error.to_string().starts_with("not an .aivc stream"));
    assert!(matches!(
        open(b"RIFF").unwrap_err(),
        HeaderError::Magic { .. }
    ));
    assert_eq!(
        open(b"").unwrap_err(),
        HeaderError::Truncated {
            needed: 12,
            available: 0
        }
    );
}

#[test]
fn truncation_at_every_byte_of_the_header_is_an_error() {
    let bytes = header_bytes();
    for length in 0..bytes.len() {
        let error = open(&bytes[..length]).unwrap_err();
        assert!(matches!(error, HeaderError::Truncated { needed, available }
            if available == length && needed > length));
    }
}

#[test]
fn a_flipped_bit_in_the_header_is_an_error() {
    let bytes = header_bytes();
    for bit in 0..8 * bytes.len() {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&damaged).is_err(), "bit {bit}");
    }
}

#[test]
fn a_header_of_the_longest_length_costs_64_kib_at_most() {
    let mut bytes = header_bytes();
    bytes[10..12].copy_from_slice(&[0xff, 0xff]);
    let mut endless = io::Read::chain(bytes.as_slice(), io::repeat(0));
    assert!(matches!(
        ContainerReader::new(&mut endless),
        Err(ContainerError::Header(HeaderError::Checksum { .. }))
    ));
}
