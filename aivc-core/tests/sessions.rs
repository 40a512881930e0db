//! Frames to packets and back.

#![cfg(feature = "flex")]

mod support;

use std::ops::ControlFlow;

use aivc_core::frame::{
    BitDepth, ColorDescription, Frame, MatrixCoefficients, PixelFormat, Samples,
};
use aivc_core::model::{Backend, Model, ModelError};
use aivc_core::session::{
    Decoder, DecoderOutput, Encoder, EncoderConfig, EncoderOutput, SessionError, decode_video,
    encode_video, properties_of_stream,
};
use aivc_core::video::{Rational, VideoProperties};
use aivc_entropy::{ContainerReader, FrameType, IndexStatus, Packet};
use aivc_models::layers::Quality;
use support::{
    GeneratedVideo, at_quality, decoded, encoded, frame, properties, tiny_model, tiny_weights,
    try_decode, weights_of_width, yuv,
};

const FORMATS: [(PixelFormat, BitDepth); 4] = [
    (PixelFormat::Yuv420, BitDepth::Eight),
    (PixelFormat::Yuv420, BitDepth::Ten),
    (PixelFormat::Rgb, BitDepth::Eight),
    (PixelFormat::Rgb, BitDepth::Ten),
];

/// Frames by the two sessions alone, without a container.
fn through_sessions(model: &Model, properties: &VideoProperties, frames: &[Frame]) -> Vec<Frame> {
    let mut encoder = Encoder::new(model, properties, at_quality(40)).unwrap();
    let mut decoder = Decoder::new(model, encoder.header()).unwrap();
    let mut decoded = Vec::new();
    for frame in frames {
        encoder.send_frame(frame).unwrap();
        let EncoderOutput::Packet(packet) = encoder.receive_packet() else {
            panic!("a picture codec gives a packet a frame");
        };
        assert_eq!(encoder.receive_packet(), EncoderOutput::NeedFrame);
        decoder.send_packet(&packet).unwrap();
        let DecoderOutput::Frame(frame) = decoder.receive_frame() else {
            panic!("and a frame a packet");
        };
        assert_eq!(decoder.receive_frame(), DecoderOutput::NeedPacket);
        decoded.push(frame);
    }
    encoder.finish().unwrap();
    decoder.finish();
    assert_eq!(encoder.receive_packet(), EncoderOutput::Finished);
    assert_eq!(decoder.receive_frame(), DecoderOutput::Finished);
    decoded
}

fn largest_difference(a: &Frame, b: &Frame) -> u16 {
    let samples = |frame: &Frame| -> Vec<u16> {
        let of_plane = |samples: &Samples| -> Vec<u16> {
            (0..samples.len()).map(|index| samples.at(index)).collect()
        };
        let planes = frame.planes().iter();
        planes.flat_map(|plane| of_plane(plane.samples())).collect()
    };
    let pairs = samples(a).into_iter().zip(samples(b));
    pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0)
}

fn in_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.unwrap().install(work)
}

#[test]
fn every_decoder_gives_the_same_frames_of_every_format_and_size() {
    let model = tiny_model();
    for size in [[1, 1], [17, 33], [64, 64]] {
        for (pixel_format, bit_depth) in FORMATS {
            let properties = properties(size[0], size[1], pixel_format, bit_depth);
            let stream = encoded(&model, properties, 2);
            let (frames, summary) = decoded(&model, &stream);
            assert_eq!((summary.frames, summary.damaged), (2, 0));
            assert_eq!(summary.index, IndexStatus::Complete);
            for (number, frame) in frames.iter().enumerate() {
                assert_eq!(frame.format(), properties.format);
                assert_eq!(frame.color(), properties.color);
                assert_eq!(frame.pts(), number as i64);
            }
            let sent: Vec<Frame> = (0..2).map(|number| frame(&properties, number)).collect();
            assert_eq!(through_sessions(&model, &properties, &sent), frames);
        }
    }
}

#[test]
fn the_header_says_what_the_video_was_like() {
    let model = tiny_model();
    for (pixel_format, bit_depth) in FORMATS {
        let properties = properties(17, 33, pixel_format, bit_depth);
        let encoder = Encoder::new(&model, &properties, EncoderConfig::default()).unwrap();
        assert_eq!(properties_of_stream(encoder.header()).unwrap(), properties);
        assert_eq!(encoder.header().model_name, "tiny");
        assert_eq!(encoder.header().weights_hash, *model.hash().as_bytes());
    }
}

/// Odd in both directions, and larger than what the transforms do in one piece.
#[test]
fn a_picture_of_1919x1081_comes_back_in_its_size() {
    let model = tiny_model();
    let properties = yuv(1919, 1081);
    let (frames, summary) = decoded(&model, &encoded(&model, properties, 1));
    assert_eq!(frames.len(), 1);
    assert_eq!(
        (frames[0].format(), summary.damaged),
        (properties.format, 0)
    );
}

/// Wide enough that convolutions are divided among threads.
#[test]
fn the_number_of_threads_changes_neither_stream_nor_frames() {
    let model = Model::from_weights(&weights_of_width(64), Backend::Flex).unwrap();
    let properties = yuv(321, 243);
    let streams = [1, 2].map(|threads| in_threads(threads, || encoded(&model, properties, 2)));
    assert!(streams[0] == streams[1], "streams differ");
    let frames = [1, 2].map(|threads| in_threads(threads, || decoded(&model, &streams[0]).0));
    assert!(frames[0] == frames[1], "frames differ");
}

#[cfg(feature = "ndarray")]
#[test]
fn a_stream_of_flex_decodes_on_ndarray_within_one_level() {
    let model = tiny_model();
    let other = Model::from_weights(tiny_weights(), Backend::NdArray).unwrap();
    assert_eq!(other.hash(), model.hash());
    for (pixel_format, bit_depth) in FORMATS {
        let properties = properties(65, 130, pixel_format, bit_depth);
        let stream = encoded(&model, properties, 2);
        let (frames, _) = decoded(&model, &stream);
        // That no packet is damaged means that every symbol was the same: the symbol decoder
        // checks that it ends where the encoder began.
        let (others, summary) = decoded(&other, &stream);
        assert_eq!(summary.damaged, 0);
        for (frame, other) in frames.iter().zip(&others) {
            // Reconstruction is in floats; 10-bit levels are finer than 8-bit ones by 4.
            assert!(
                largest_difference(frame, other) <= 1,
                "{}",
                properties.format
            );
        }
    }
}

#[test]
fn quality_changes_from_frame_to_frame() {
    let model = tiny_model();
    let properties = yuv(64, 64);
    let mut encoder = Encoder::new(&model, &properties, at_quality(0)).unwrap();
    let mut payloads = Vec::new();
    for quality in [Quality::MIN, Quality::MAX] {
        encoder.set_quality(quality);
        encoder.send_frame(&frame(&properties, 0)).unwrap();
        let EncoderOutput::Packet(packet) = encoder.receive_packet() else {
            panic!("a packet a frame");
        };
        assert_eq!(packet.quality, quality.level());
        assert_eq!(packet.frame_type, FrameType::Key);
        payloads.push(packet.payload);
    }
    // Which is longer, training decides.
    assert_ne!(payloads[0], payloads[1]);
}

#[test]
fn a_quality_that_no_model_has_is_refused() {
    assert!(Quality::new(64).is_err());
    let model = tiny_model();
    let encoder = Encoder::new(&model, &yuv(16, 16), EncoderConfig::default()).unwrap();
    let mut decoder = Decoder::new(&model, encoder.header()).unwrap();
    decoder.packet_lost();
    let packet = Packet {
        frame_type: FrameType::Key,
        presentation_ticks: 0,
        quality: 64,
        payload: Vec::new(),
    };
    let error = decoder.send_packet(&packet).unwrap_err();
    assert_eq!(
        error.to_string(),
        "packet 1: quality 64 is out of range 0..=63"
    );
}

#[test]
fn a_keyframe_interval_of_zero_is_refused() {
    let config = EncoderConfig {
        keyframe_interval: 0,
        ..EncoderConfig::default()
    };
    let error = Encoder::new(&tiny_model(), &yuv(16, 16), config).unwrap_err();
    assert!(matches!(error, SessionError::KeyframeInterval));
}

#[test]
fn an_inter_frame_for_a_picture_codec_is_an_error_of_its_packet() {
    let model = tiny_model();
    let properties = yuv(16, 16);
    let mut encoder = Encoder::new(&model, &properties, EncoderConfig::default()).unwrap();
    let mut decoder = Decoder::new(&model, encoder.header()).unwrap();
    encoder.send_frame(&frame(&properties, 0)).unwrap();
    let EncoderOutput::Packet(mut packet) = encoder.receive_packet() else {
        panic!("a packet a frame");
    };
    packet.frame_type = FrameType::Inter;
    let error = decoder.send_packet(&packet).unwrap_err();
    assert!(
        matches!(
            error,
            SessionError::Packet {
                packet: 0,
                source: ModelError::InterFrame
            }
        ),
        "{error}"
    );
    packet.frame_type = FrameType::Key;
    decoder.send_packet(&packet).unwrap();
}

#[test]
fn other_weights_are_refused_and_both_named() {
    let other = Model::from_weights(&weights_of_width(4), Backend::Flex).unwrap();
    let stream = encoded(&other, yuv(16, 16), 1);
    let model = tiny_model();
    let error = try_decode(&model, &stream).unwrap_err();
    assert!(matches!(
        error,
        SessionError::Model(ModelError::OtherWeights { .. })
    ));
    let message = error.to_string();
    assert!(message.contains(&other.hash().to_string()), "{message}");
    assert!(message.contains(&model.hash().to_string()), "{message}");
}

#[test]
fn a_stream_of_unknown_weights_says_which_it_needs() {
    let model = tiny_model();
    let stream = encoded(&model, yuv(16, 16), 1);
    let header = ContainerReader::new(&stream[..]).unwrap().header().clone();
    let error = Model::for_stream(&header, Backend::Flex).unwrap_err();
    assert!(matches!(error, ModelError::WeightsNeeded { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("`tiny`"), "{message}");
    assert!(message.contains(&model.hash().to_string()), "{message}");
}

#[test]
fn a_frame_of_another_format_is_refused_and_the_session_goes_on() {
    let model = tiny_model();
    let properties = yuv(16, 16);
    let mut encoder = Encoder::new(&model, &properties, EncoderConfig::default()).unwrap();
    let error = encoder.send_frame(&frame(&yuv(16, 18), 0)).unwrap_err();
    assert!(matches!(error, SessionError::FrameFormat { number: 0, .. }));
    assert!(error.to_string().contains("16x18"), "{error}");
    assert_eq!(encoder.receive_packet(), EncoderOutput::NeedFrame);
    encoder.send_frame(&frame(&properties, 0)).unwrap();
}

#[test]
fn input_waits_until_the_output_was_received() {
    let model = tiny_model();
    let properties = yuv(16, 16);
    let mut encoder = Encoder::new(&model, &properties, EncoderConfig::default()).unwrap();
    let mut decoder = Decoder::new(&model, encoder.header()).unwrap();
    encoder.send_frame(&frame(&properties, 0)).unwrap();
    let again = encoder.send_frame(&frame(&properties, 1)).unwrap_err();
    assert!(matches!(again, SessionError::OutputPending));
    let EncoderOutput::Packet(packet) = encoder.receive_packet() else {
        panic!("a packet a frame");
    };
    assert_eq!(packet.presentation_ticks, 0);
    decoder.send_packet(&packet).unwrap();
    let again = decoder.send_packet(&packet).unwrap_err();
    assert!(matches!(again, SessionError::OutputPending));
    assert!(matches!(decoder.receive_frame(), DecoderOutput::Frame(_)));
}

#[test]
fn a_finished_session_gives_its_last_output_and_takes_no_input() {
    let model = tiny_model();
    let properties = yuv(16, 16);
    let mut encoder = Encoder::new(&model, &properties, EncoderConfig::default()).unwrap();
    let mut decoder = Decoder::new(&model, encoder.header()).unwrap();
    encoder.send_frame(&frame(&properties, 0)).unwrap();
    encoder.finish().unwrap();
    let EncoderOutput::Packet(packet) = encoder.receive_packet() else {
        panic!("finishing loses no packet");
    };
    assert_eq!(encoder.receive_packet(), EncoderOutput::Finished);
    let late = encoder.send_frame(&frame(&properties, 1)).unwrap_err();
    assert!(matches!(late, SessionError::Finished));

    decoder.send_packet(&packet).unwrap();
    decoder.finish();
    assert!(matches!(decoder.receive_frame(), DecoderOutput::Frame(_)));
    assert_eq!(decoder.receive_frame(), DecoderOutput::Finished);
    let late = decoder.send_packet(&packet).unwrap_err();
    assert!(matches!(late, SessionError::Finished));
}

#[test]
fn a_cancelled_encode_leaves_a_stream_without_an_index() {
    let model = tiny_model();
    let mut bytes = Vec::new();
    let mut reader = GeneratedVideo::new(yuv(16, 16), 5);
    let mut stop_after_two = |progress: &aivc_core::session::Progress| match progress.frames {
        2 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let error = encode_video(
        &mut reader,
        &mut bytes,
        &model,
        at_quality(40),
        None,
        &mut stop_after_two,
    )
    .unwrap_err();
    assert!(matches!(error, SessionError::Cancelled { frames: 2 }));
    let (frames, summary) = decoded(&model, &bytes);
    assert_eq!((frames.len(), summary.damaged), (2, 0));
    assert_eq!(summary.index, IndexStatus::Missing);
}

#[test]
fn a_cancelled_decode_has_given_out_the_frames_so_far() {
    let model = tiny_model();
    let stream = encoded(&model, yuv(16, 16), 5);
    let mut frames = 0;
    let mut count = |_: &Frame| {
        frames += 1;
        Ok(())
    };
    let error = decode_video(
        &mut ContainerReader::new(&stream[..]).unwrap(),
        &model,
        &mut count,
        &mut |progress| match progress.frames {
            3 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        },
    )
    .unwrap_err();
    assert!(matches!(error, SessionError::Cancelled { frames: 3 }));
    assert_eq!(frames, 3);
}

#[test]
fn a_video_without_frames_is_a_stream_without_packets() {
    let model = tiny_model();
    let (frames, summary) = decoded(&model, &encoded(&model, yuv(16, 16), 0));
    assert_eq!((frames.len(), summary.damaged), (0, 0));
    assert_eq!(summary.index, IndexStatus::Complete);
}

#[test]
fn no_more_frames_are_coded_than_asked_for() {
    let model = tiny_model();
    for (available, limit, expected) in [(5, 0, 0), (5, 1, 1), (5, 5, 5), (3, 5, 3)] {
        let mut bytes = Vec::new();
        let mut reported = Vec::new();
        let summary = encode_video(
            &mut GeneratedVideo::new(yuv(16, 16), available),
            &mut bytes,
            &model,
            EncoderConfig::default(),
            Some(limit),
            &mut |progress| {
                assert_eq!(progress.frames_expected, Some(limit));
                reported.push(progress.frames);
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        assert_eq!(summary.frames, expected);
        assert_eq!(reported, (1..=expected).collect::<Vec<_>>());
        // 30000/1001 frames a second.
        let seconds = expected as f64 * 1001.0 / 30000.0;
        assert!((summary.duration_seconds - seconds).abs() < 1e-12);
        assert_eq!(decoded(&model, &bytes).0.len() as u64, expected);
    }
}

#[test]
fn colours_that_cannot_be_converted_are_refused_at_the_start() {
    let model = tiny_model();
    let mut properties = yuv(16, 16);
    let mut header = Encoder::new(&model, &properties, EncoderConfig::default())
        .unwrap()
        .header()
        .clone();
    header.matrix_coefficients = MatrixCoefficients::ICtCp.code_point();
    let error = Decoder::new(&model, &header).unwrap_err();
    assert!(matches!(error, SessionError::Color(_)), "{error}");
    properties.color = ColorDescription {
        matrix: MatrixCoefficients::ICtCp,
        ..properties.color
    };
    let error = Encoder::new(&model, &properties, EncoderConfig::default()).unwrap_err();
    assert!(matches!(error, SessionError::Color(_)), "{error}");
}

#[test]
fn headers_beyond_this_version_are_refused_by_field() {
    let model = tiny_model();
    let encoder = Encoder::new(&model, &yuv(16, 16), EncoderConfig::default()).unwrap();
    let refuse = |field: &str, change: &dyn Fn(&mut aivc_entropy::StreamHeader)| {
        let mut header = encoder.header().clone();
        change(&mut header);
        let error = Decoder::new(&model, &header).unwrap_err();
        assert!(error.to_string().contains(field), "{error}");
    };
    refuse("display size", &|header| header.display_width = 15);
    refuse("time base", &|header| header.time_base.denominator = 90_000);
    refuse("12", &|header| header.bit_depth = 12);
    refuse("colour primaries", &|header| header.color_primaries = 3);
}

#[test]
fn a_picture_larger_than_a_stream_may_hold_is_refused_at_the_start() {
    let error = Encoder::new(
        &tiny_model(),
        &yuv(16_384, 16_384),
        EncoderConfig::default(),
    );
    let error = error.unwrap_err();
    assert!(matches!(error, SessionError::Container(_)), "{error}");
    assert!(error.to_string().contains("16384x16384"), "{error}");
}

#[test]
fn frame_rates_are_kept_as_they_were_given() {
    let model = tiny_model();
    let properties = VideoProperties {
        frame_rate: Rational::new(50, 2).unwrap(),
        ..yuv(16, 16)
    };
    let encoder = Encoder::new(&model, &properties, EncoderConfig::default()).unwrap();
    let found = properties_of_stream(encoder.header()).unwrap();
    assert_eq!(found.frame_rate.to_string(), "50/2");
}
