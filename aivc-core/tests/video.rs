//! Reading and writing video files.

use std::fs;
use std::path::Path;

use aivc_core::color::to_interleaved_rgb8;
use aivc_core::frame::{
    BitDepth, ColorDescription, ColorRange, Frame, FrameFormat, PixelFormat, Samples,
};
use aivc_core::video::{
    Rational, ReaderOptions, VideoError, VideoProperties, VideoReader, WriterOptions, Y4mReader,
    create_writer, open_reader,
};
use proptest::prelude::*;

fn properties(width: usize, height: usize, format: PixelFormat) -> VideoProperties {
    let format = FrameFormat::new(width, height, format, BitDepth::Eight).unwrap();
    VideoProperties::new(format, Rational::new(30000, 1001).unwrap())
}

fn in_ten_bits(properties: VideoProperties) -> VideoProperties {
    VideoProperties {
        format: properties.format.with_bit_depth(BitDepth::Ten),
        ..properties
    }
}

/// Frames that all differ, numbered from 0.
fn frames(properties: &VideoProperties, count: i64) -> Vec<Frame> {
    let format = properties.format;
    let frame = |number: i64| {
        let planes = [0, 1, 2].map(|plane| {
            let sample = |index: usize| index * 7 + plane * 50 + number as usize * 3;
            let samples = 0..format.plane_size(plane).samples();
            match format.bit_depth() {
                BitDepth::Eight => Samples::U8(samples.map(|i| sample(i) as u8).collect()),
                BitDepth::Ten => Samples::U16(samples.map(|i| sample(i) as u16 % 1024).collect()),
            }
        });
        Frame::new(format, planes)
            .unwrap()
            .with_color(properties.color)
            .with_pts(number)
    };
    (0..count).map(frame).collect()
}

fn write(path: impl AsRef<Path>, properties: &VideoProperties, frames: &[Frame]) {
    let mut writer = create_writer(path, properties, &WriterOptions::default()).unwrap();
    for frame in frames {
        writer.write_frame(frame).unwrap();
    }
    writer.finish().unwrap();
}

fn read_all(reader: &mut dyn VideoReader) -> Result<Vec<Frame>, VideoError> {
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame()? {
        frames.push(frame);
    }
    Ok(frames)
}

fn read(path: impl AsRef<Path>) -> Vec<Frame> {
    read_all(
        open_reader(path, &ReaderOptions::default())
            .unwrap()
            .as_mut(),
    )
    .unwrap()
}

#[test]
fn y4m_files_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    for (index, size) in [[1, 1], [17, 33], [16, 8]].into_iter().enumerate() {
        let mut eight = properties(size[0], size[1], PixelFormat::Yuv420);
        eight.color.range = ColorRange::Full;
        for properties in [eight, in_ten_bits(eight)] {
            let path = folder.path().join(format!("{index}.y4m"));
            let frames = frames(&properties, 3);
            write(&path, &properties, &frames);
            let mut reader = open_reader(&path, &ReaderOptions::default()).unwrap();
            assert_eq!(reader.properties(), &properties);
            assert_eq!(read_all(reader.as_mut()).unwrap(), frames);
        }
    }
}

#[test]
fn raw_files_round_trip_with_their_format_given() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yuv");
    let properties = in_ten_bits(properties(17, 33, PixelFormat::Yuv420));
    let frames = frames(&properties, 3);
    write(&path, &properties, &frames);

    let refused = open_reader(&path, &ReaderOptions::default()).err().unwrap();
    assert!(matches!(refused, VideoError::RawFormat { .. }));

    let options = ReaderOptions {
        raw: Some(properties),
        ..ReaderOptions::default()
    };
    let mut reader = open_reader(&path, &options).unwrap();
    assert_eq!(reader.properties().frame_count, Some(3));
    assert_eq!(read_all(reader.as_mut()).unwrap(), frames);
}

#[test]
fn image_sequences_round_trip_by_pattern_and_by_folder() {
    let folder = tempfile::tempdir().unwrap();
    let pattern = folder.path().join("frame_%03d.png");
    let mut properties = properties(5, 3, PixelFormat::Rgb);
    properties.color = ColorDescription::SRGB;
    let frames = frames(&properties, 11);
    write(&pattern, &properties, &frames);
    fs::write(folder.path().join("notes.txt"), "no image").unwrap();
    assert_eq!(read(&pattern), frames);
    assert_eq!(read(folder.path()), frames);
    assert_eq!(
        read(folder.path().join("frame_010.png"))[0].md5(),
        frames[10].md5()
    );
}

#[test]
fn an_image_is_known_by_its_first_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let properties = properties(5, 3, PixelFormat::Rgb);
    write(
        folder.path().join("a.png"),
        &properties,
        &frames(&properties, 1),
    );
    fs::rename(folder.path().join("a.png"), folder.path().join("a.bin")).unwrap();
    assert_eq!(read(folder.path().join("a.bin")).len(), 1);
}

#[test]
fn images_of_different_sizes_are_no_video() {
    let folder = tempfile::tempdir().unwrap();
    for (name, width) in [("a.png", 5), ("b.png", 6)] {
        let properties = properties(width, 3, PixelFormat::Rgb);
        write(
            folder.path().join(name),
            &properties,
            &frames(&properties, 1),
        );
    }
    let mut reader = open_reader(folder.path(), &ReaderOptions::default()).unwrap();
    let error = read_all(reader.as_mut()).unwrap_err();
    assert!(matches!(error, VideoError::FormatChange { frame: 1, .. }));
}

#[test]
fn an_empty_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = open_reader(folder.path(), &ReaderOptions::default())
        .err()
        .unwrap();
    assert!(matches!(error, VideoError::NoImages { .. }));
}

#[test]
fn a_damaged_image_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    fs::write(&path, b"\x89PNG\r\n\x1a\nnonsense").unwrap();
    let error = open_reader(&path, &ReaderOptions::default()).err().unwrap();
    assert!(error.to_string().contains("a.png"), "{error}");
}

#[test]
fn rgb_frames_become_limited_4_2_0_in_y4m() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.y4m");
    let properties = properties(4, 4, PixelFormat::Rgb);
    let red = [255, 0, 0].map(|value| Samples::filled(BitDepth::Eight, value, 16));
    write(
        &path,
        &properties,
        &[Frame::new(properties.format, red).unwrap()],
    );
    let frame = &read(&path)[0];
    assert_eq!(
        frame.planes().each_ref().map(|plane| plane.samples().at(0)),
        [81, 90, 240]
    );
}

#[test]
fn yuv_frames_become_rgb_in_png() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    let properties = in_ten_bits(properties(5, 3, PixelFormat::Yuv420));
    let frames = frames(&properties, 1);
    write(&path, &properties, &frames);
    let written = to_interleaved_rgb8(&read(&path)[0]).unwrap();
    assert_eq!(written, to_interleaved_rgb8(&frames[0]).unwrap());
}

#[test]
fn a_single_image_takes_no_second_frame() {
    let folder = tempfile::tempdir().unwrap();
    let properties = properties(5, 3, PixelFormat::Rgb);
    let path = folder.path().join("a.png");
    let mut writer = create_writer(&path, &properties, &WriterOptions::default()).unwrap();
    let frames = frames(&properties, 2);
    writer.write_frame(&frames[0]).unwrap();
    let error = writer.write_frame(&frames[1]).unwrap_err();
    assert!(matches!(error, VideoError::SinglePicture { .. }));
}

#[test]
fn an_unfinished_file_does_not_appear() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.y4m", "a.yuv", "a.png"] {
        let properties = properties(5, 3, PixelFormat::Yuv420);
        let path = folder.path().join(name);
        let mut writer = create_writer(&path, &properties, &WriterOptions::default()).unwrap();
        writer.write_frame(&frames(&properties, 1)[0]).unwrap();
        drop(writer);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_frame_of_another_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let other = properties(6, 3, PixelFormat::Yuv420);
    for name in ["a.y4m", "a.yuv", "%d.png"] {
        let properties = properties(5, 3, PixelFormat::Yuv420);
        let path = folder.path().join(name);
        let mut writer = create_writer(&path, &properties, &WriterOptions::default()).unwrap();
        let error = writer.write_frame(&frames(&other, 1)[0]).unwrap_err();
        assert!(
            matches!(error, VideoError::FormatChange { frame: 0, .. }),
            "{name}"
        );
    }
}

#[test]
fn an_unknown_extension_is_refused_by_name() {
    let properties = properties(5, 3, PixelFormat::Yuv420);
    let error = create_writer("a.doc", &properties, &WriterOptions::default())
        .err()
        .unwrap();
    assert!(error.to_string().contains(".mkv"), "{error}");
}

#[test]
fn a_missing_file_is_an_error_that_names_it() {
    let error = open_reader("no/such/file.mkv", &ReaderOptions::default())
        .err()
        .unwrap();
    assert!(
        error.to_string().starts_with("no/such/file.mkv: "),
        "{error}"
    );
}

const STREAM: &[u8] = b"YUV4MPEG2 W3 H1 F25:1 C420jpeg\nFRAME Ixyz\nabcdefgFRAME\nhijklmn";

fn read_stream(bytes: &[u8]) -> Result<Vec<Frame>, VideoError> {
    read_all(&mut Y4mReader::new(bytes, "test")?)
}

/// A stream cut between two frames is a shorter stream; cut anywhere else it is an error.
#[test]
fn a_y4m_stream_may_be_cut_at_any_byte() {
    let header = STREAM.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let first = header + b"FRAME Ixyz\nabcdefg".len();
    for length in 0..STREAM.len() {
        let result = read_stream(&STREAM[..length]);
        match length {
            _ if length == header => assert_eq!(result.unwrap().len(), 0),
            _ if length == first => assert_eq!(result.unwrap().len(), 1),
            _ => assert!(result.is_err(), "cut at {length}"),
        }
    }
    assert_eq!(read_stream(STREAM).unwrap().len(), 2);
}

/// 16384 x 16384 pixels are within the limits, and 400 MB are not taken for 10 bytes.
#[test]
fn a_large_claim_with_little_behind_it_is_truncated() {
    let stream = b"YUV4MPEG2 W16384 H16384 F25:1 C420\nFRAME\n0123456789";
    assert!(matches!(
        read_stream(stream),
        Err(VideoError::Truncated { frame: 0 })
    ));
}

#[test]
fn a_ten_bit_sample_out_of_range_is_an_error() {
    let stream = b"YUV4MPEG2 W1 H1 F25:1 C420p10\nFRAME\n\x00\x04\x00\x00\x00\x00";
    assert!(matches!(read_stream(stream), Err(VideoError::Frame(_))));
}

proptest! {
    #[test]
    fn damaged_y4m_never_panics(position in 0..STREAM.len(), value: u8, tail: Vec<u8>) {
        let mut stream = STREAM.to_vec();
        stream[position] = value;
        stream.extend(tail);
        let _ = read_stream(&stream);
    }

    #[test]
    fn any_header_never_panics(fields in "[WHFCXAI 0-9:a-z]{0,40}") {
        let _ = read_stream(format!("YUV4MPEG2 {fields}\nFRAME\nabc").as_bytes());
    }
}
