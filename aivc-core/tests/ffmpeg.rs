//! Containers through ffmpeg, its program and its libraries, where both are: with the cargo
//! feature `ffmpeg`.
#![cfg(feature = "ffmpeg")]

use std::fs;
use std::path::Path;

use aivc_core::frame::{
    BitDepth, ColorDescription, Frame, FrameFormat, MatrixCoefficients, PixelFormat, Samples,
};
use aivc_core::video::{
    FfmpegProgramReader, Rational, ReaderOptions, VideoError, VideoProperties, VideoReader,
    WriterOptions, create_writer, open_reader,
};

fn properties(bit_depth: BitDepth) -> VideoProperties {
    // VP9 and H.264 in 4:2:0 are happiest with even sizes; FFV1 takes any.
    let format = FrameFormat::new(34, 18, PixelFormat::Yuv420, bit_depth).unwrap();
    let color = ColorDescription::BT709;
    VideoProperties {
        color,
        ..VideoProperties::new(format, Rational::new(30000, 1001).unwrap())
    }
}

fn frames(properties: &VideoProperties) -> Vec<Frame> {
    let format = properties.format;
    let frame = |number: i64| {
        let planes = [0, 1, 2].map(|plane| {
            let sample = |index: usize| 64 + (index * 5 + plane * 50 + number as usize * 3) % 128;
            let samples = 0..format.plane_size(plane).samples();
            match format.bit_depth() {
                BitDepth::Eight => Samples::U8(samples.map(|i| sample(i) as u8).collect()),
                BitDepth::Ten => Samples::U16(samples.map(|i| sample(i) as u16 * 4 + 1).collect()),
            }
        });
        Frame::new(format, planes)
            .unwrap()
            .with_color(properties.color)
            .with_pts(number)
    };
    (0..5).map(frame).collect()
}

fn write(path: &Path, properties: &VideoProperties, frames: &[Frame]) {
    let mut writer = create_writer(path, properties, &WriterOptions::default()).unwrap();
    for frame in frames {
        writer.write_frame(frame).unwrap();
    }
    writer.finish().unwrap();
}

/// A reader of the program and one of the libraries.
fn readers(path: &Path) -> [Box<dyn VideoReader>; 2] {
    let options = ReaderOptions::default();
    [
        Box::new(FfmpegProgramReader::open(path, &options).unwrap()),
        open_reader(path, &options).unwrap(),
    ]
}

fn round_trip(name: &str, properties: &VideoProperties) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let frames = frames(properties);
    write(&path, properties, &frames);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "temporary files are gone"
    );
    for mut reader in readers(&path) {
        assert_eq!(reader.properties().format, properties.format);
        assert_eq!(reader.properties().color, properties.color);
        assert_eq!(reader.properties().frame_rate, properties.frame_rate);
        for frame in &frames {
            assert_eq!(reader.next_frame().unwrap().as_ref(), Some(frame));
        }
        assert_eq!(reader.next_frame().unwrap(), None);
    }
}

#[test]
fn matroska_is_lossless_in_8_and_10_bit() {
    round_trip("a.mkv", &properties(BitDepth::Eight));
    round_trip("a.mkv", &properties(BitDepth::Ten));
}

#[test]
fn mp4_is_lossless_in_8_and_10_bit() {
    round_trip("a.mp4", &properties(BitDepth::Eight));
    round_trip("a.mp4", &properties(BitDepth::Ten));
}

#[test]
fn quicktime_and_webm_are_lossless() {
    round_trip("a.mov", &properties(BitDepth::Eight));
    round_trip("a.webm", &properties(BitDepth::Eight));
}

#[test]
fn odd_sizes_survive_matroska() {
    let format = FrameFormat::new(17, 33, PixelFormat::Yuv420, BitDepth::Eight).unwrap();
    round_trip(
        "a.mkv",
        &VideoProperties {
            format,
            ..properties(BitDepth::Eight)
        },
    );
}

#[test]
fn what_is_no_video_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    fs::write(&path, "not a video at all").unwrap();
    let options = ReaderOptions::default();
    let program = FfmpegProgramReader::open(&path, &options).err().unwrap();
    assert!(matches!(program, VideoError::FfmpegProgram { .. }));
    assert!(
        program.to_string().contains("a.mkv: Invalid data"),
        "{program}"
    );
    let library = open_reader(&path, &options).err().unwrap();
    assert!(matches!(library, VideoError::FfmpegLibrary { .. }));
    assert!(
        library.to_string().contains("a.mkv: Invalid data"),
        "{library}"
    );
}

/// Both readers convert RGB by BT.601 in limited range, say so, and agree to a level.
#[test]
fn rgb_video_is_converted_alike_by_program_and_libraries() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mkv");
    let status = std::process::Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=s=64x48:d=0.2:r=25",
        ])
        .args(["-c:v", "ffv1", "-pix_fmt", "bgr0"])
        .arg(&path)
        .status();
    assert!(status.unwrap().success());
    let [mut program, mut library] = readers(&path);
    assert_eq!(
        program.properties().color.matrix,
        MatrixCoefficients::Smpte170M
    );
    assert_eq!(program.properties(), library.properties());
    let [a, b] = [program.next_frame(), library.next_frame()].map(|frame| frame.unwrap().unwrap());
    for (a, b) in a.planes().iter().zip(b.planes()) {
        let pairs = a.as_u8().unwrap().iter().zip(b.as_u8().unwrap());
        assert!(pairs.into_iter().all(|(a, b)| a.abs_diff(*b) <= 1));
    }
}

/// Phones store what they see and leave the turning to the player.
#[test]
fn turned_video_is_read_upright() {
    let folder = tempfile::tempdir().unwrap();
    let stored = folder.path().join("stored.mp4");
    let properties = properties(BitDepth::Eight);
    write(&stored, &properties, &frames(&properties));
    let mut bytes = fs::read(&stored).unwrap();
    // The unit matrix of the track header, after its version and flags, times, track, duration,
    // layer, group and volume (ISO/IEC 14496-12, 8.3.2).
    let header = bytes.windows(4).position(|name| name == b"tkhd").unwrap() + 4;
    let matrix = header + 40;
    let one = 0x1_0000i32.to_be_bytes();
    assert_eq!(bytes[matrix..matrix + 4], one);
    for (degrees, values) in [
        (90, [0, 1, 0, -1, 0, 0]),
        (180, [-1, 0, 0, 0, -1, 0]),
        (270, [0, -1, 0, 1, 0, 0]),
    ] {
        for (index, value) in values.into_iter().enumerate() {
            let word = matrix + 4 * index;
            bytes[word..word + 4].copy_from_slice(&(value * 0x1_0000i32).to_be_bytes());
        }
        let path = folder.path().join("turned.mp4");
        fs::write(&path, &bytes).unwrap();
        let [mut program, mut library] = readers(&path);
        assert_eq!(
            library.properties().format,
            program.properties().format,
            "{degrees}"
        );
        assert_eq!(
            library.properties().format.width(),
            if degrees == 180 { 34 } else { 18 }
        );
        while let Some(frame) = program.next_frame().unwrap() {
            assert_eq!(library.next_frame().unwrap(), Some(frame), "{degrees}");
        }
    }
}
