//! Evaluations: of streams, against what their decoder gives, and of other videos.

use std::ops::ControlFlow;

use aivc_core::color;
use aivc_core::evaluation::{
    Evaluation, EvaluationError, EvaluationNote, EvaluationOptions, PsnrReport, evaluate_stream,
    evaluate_video,
};
use aivc_core::frame::{
    BitDepth, ColorDescription, ColorRange, Frame, FrameFormat, PixelFormat, Samples,
};
use aivc_core::metrics::ClipQuality;
use aivc_core::model::Model;
use aivc_core::session::{ContainerReader, EncoderConfig, decode_video, encode_video};
use aivc_core::video::{Rational, VideoError, VideoProperties, VideoReader};

const WIDTH: usize = 40;
const HEIGHT: usize = 24;

/// Frames in memory.
struct Frames {
    properties: VideoProperties,
    frames: std::vec::IntoIter<Frame>,
}

impl Frames {
    fn new(frames: Vec<Frame>) -> Self {
        let properties = VideoProperties::new(frames[0].format(), Rational::whole(25));
        let properties = VideoProperties {
            color: frames[0].color(),
            ..properties
        };
        Self {
            properties,
            frames: frames.into_iter(),
        }
    }
}

impl VideoReader for Frames {
    fn properties(&self) -> &VideoProperties {
        &self.properties
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, VideoError> {
        Ok(self.frames.next())
    }
}

fn frame(number: usize) -> Frame {
    let format = FrameFormat::new(WIDTH, HEIGHT, PixelFormat::Yuv420, BitDepth::Eight).unwrap();
    let plane = |index: usize| {
        let samples = format.plane_size(index).samples();
        Samples::U8(
            (0..samples)
                .map(|i| 40 + ((i * 7 + number * 11) % 150) as u8)
                .collect(),
        )
    };
    Frame::new(format, [plane(0), plane(1), plane(2)])
        .unwrap()
        .with_color(ColorDescription::BT709)
        .with_pts(number as i64)
}

fn clip(frames: usize) -> Vec<Frame> {
    (0..frames).map(frame).collect()
}

fn stream(model: &Model, frames: usize) -> Vec<u8> {
    let mut stream = Vec::new();
    let config = EncoderConfig::default();
    encode_video(
        &mut Frames::new(clip(frames)),
        &mut stream,
        model,
        config,
        None,
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    stream
}

fn on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn of_stream(
    reference: Vec<Frame>,
    stream: &[u8],
    options: &EvaluationOptions,
) -> Result<Evaluation, EvaluationError> {
    let model = Model::default_model().unwrap();
    let mut container = ContainerReader::new(stream).unwrap();
    let bytes = stream.len() as u64;
    evaluate_stream(
        &mut Frames::new(reference),
        &mut container,
        bytes,
        &model,
        options,
        &mut on,
    )
}

fn of_video(reference: Vec<Frame>, video: Vec<Frame>) -> Result<Evaluation, EvaluationError> {
    let options = EvaluationOptions::default();
    evaluate_video(
        &mut Frames::new(reference),
        &mut Frames::new(video),
        96,
        &options,
        &mut on,
    )
}

#[test]
fn a_stream_is_as_good_as_the_frames_that_it_decodes_to() {
    let model = Model::default_model().unwrap();
    let stream = stream(&model, 3);
    let options = EvaluationOptions {
        per_frame: true,
        ..EvaluationOptions::default()
    };
    let evaluation = of_stream(clip(3), &stream, &options).unwrap();

    let mut expected = ClipQuality::new();
    let mut container = ContainerReader::new(&stream[..]).unwrap();
    let mut number = 0;
    let mut sink = |decoded: &Frame| {
        expected.add(&frame(number), decoded).unwrap();
        number += 1;
        Ok(())
    };
    let summary = decode_video(&mut container, &model, &mut sink, &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    let expected = expected.mean().unwrap();
    let PsnrReport::Yuv {
        psnr_y,
        psnr_avg611,
        ..
    } = evaluation.quality.psnr
    else {
        panic!("{:?}", evaluation.quality)
    };
    assert_eq!(
        (psnr_y, psnr_avg611),
        (expected.psnr.planes[0], expected.psnr.average)
    );
    assert_eq!(evaluation.quality.ssim, expected.ssim);
    assert_eq!(evaluation.quality.ms_ssim, None);

    let rate = evaluation.rate.unwrap();
    assert_eq!(rate.bytes, stream.len() as u64);
    assert_eq!(rate.payload_bytes, Some(summary.payload_bytes));
    assert_eq!(
        rate.container_bytes,
        Some(rate.bytes - summary.payload_bytes)
    );
    assert_eq!(rate.bits_per_second, rate.bytes as f64 * 8.0 * 25.0 / 3.0);
    let payloads: u64 = evaluation
        .per_frame
        .iter()
        .map(|frame| frame.payload_bytes.unwrap())
        .sum();
    assert_eq!(
        (evaluation.per_frame.len(), payloads),
        (3, summary.payload_bytes)
    );
    assert_eq!(evaluation.speed.encode_frames_timed, 2);
    assert_eq!(evaluation.notes, []);
}

#[test]
fn a_stream_of_the_beginning_is_compared_with_it() {
    let model = Model::default_model().unwrap();
    let evaluation = of_stream(clip(5), &stream(&model, 2), &EvaluationOptions::default()).unwrap();
    let note = EvaluationNote::Prefix {
        distorted: 2,
        reference: 5,
    };
    assert_eq!((evaluation.frames, evaluation.notes), (2, vec![note]));
}

#[test]
fn a_limited_evaluation_has_the_rate_of_its_payloads() {
    let model = Model::default_model().unwrap();
    let stream = stream(&model, 3);
    let options = EvaluationOptions {
        frame_limit: Some(2),
        per_frame: true,
        ..Default::default()
    };
    let evaluation = of_stream(clip(3), &stream, &options).unwrap();
    let payloads: u64 = evaluation
        .per_frame
        .iter()
        .map(|frame| frame.payload_bytes.unwrap())
        .sum();
    assert_eq!((evaluation.frames, evaluation.distorted_frames), (2, None));
    assert_eq!(evaluation.rate.unwrap().bytes, payloads);
    assert_eq!(evaluation.notes, [EvaluationNote::PayloadBytes]);
}

#[test]
fn a_stream_that_is_longer_than_the_reference_is_refused() {
    let model = Model::default_model().unwrap();
    let result = of_stream(clip(1), &stream(&model, 2), &EvaluationOptions::default());
    assert!(
        matches!(result, Err(EvaluationError::ReferenceShorter { frames: 1 })),
        "{result:?}"
    );
}

#[test]
fn a_damaged_or_unfinished_stream_is_refused() {
    let model = Model::default_model().unwrap();
    let whole = stream(&model, 2);
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let result = of_stream(clip(2), &damaged, &EvaluationOptions::default());
    assert!(
        matches!(result, Err(EvaluationError::Damaged { .. })),
        "{result:?}"
    );
    // Without the trailer of 16 bytes, the packets are whole.
    let result = of_stream(
        clip(2),
        &whole[..whole.len() - 16],
        &EvaluationOptions::default(),
    );
    assert!(
        matches!(result, Err(EvaluationError::Incomplete)),
        "{result:?}"
    );
}

#[test]
fn an_equal_video_is_perfect_and_its_rate_that_of_the_file() {
    let evaluation = of_video(clip(4), clip(4)).unwrap();
    let PsnrReport::Yuv { psnr_avg611, .. } = evaluation.quality.psnr else {
        panic!()
    };
    assert_eq!(psnr_avg611, 100.0);
    // SSIM is summed in f32.
    assert!((evaluation.quality.ssim.unwrap() - 1.0).abs() < 1e-6);
    let rate = evaluation.rate.unwrap();
    assert_eq!(
        rate.bits_per_pixel,
        96.0 * 8.0 / (WIDTH * HEIGHT * 4) as f64
    );
    assert_eq!(evaluation.stream, None);
}

#[test]
fn videos_of_different_length_or_size_are_refused() {
    let result = of_video(clip(2), clip(3));
    assert!(
        matches!(result, Err(EvaluationError::ReferenceShorter { frames: 2 })),
        "{result:?}"
    );
    let result = of_video(clip(3), clip(2));
    assert!(
        matches!(result, Err(EvaluationError::DistortedShorter { frames: 2 })),
        "{result:?}"
    );
    let format = FrameFormat::new(WIDTH, 2, PixelFormat::Yuv420, BitDepth::Eight).unwrap();
    let small = Frame::from_bytes(format, &vec![0; format.frame_bytes()]).unwrap();
    let result = of_video(clip(1), vec![small]);
    assert!(
        matches!(result, Err(EvaluationError::Size { .. })),
        "{result:?}"
    );
}

#[test]
fn other_formats_are_converted_and_noted() {
    let reference = clip(1);
    let full = ColorDescription {
        range: ColorRange::Full,
        ..ColorDescription::BT709
    };
    let full = reference[0].clone().with_color(full);
    let evaluation = of_video(reference.clone(), vec![full]).unwrap();
    assert_eq!(evaluation.notes, [EvaluationNote::ConvertedRange]);

    let rgb = color::to_rgb(&reference[0]).unwrap();
    let evaluation = of_video(vec![rgb.clone()], reference.clone()).unwrap();
    let note = EvaluationNote::Converted {
        from: reference[0].format(),
        to: rgb.format(),
    };
    assert_eq!(evaluation.notes, [note]);
    let PsnrReport::Rgb { psnr_rgb, .. } = evaluation.quality.psnr else {
        panic!()
    };
    assert_eq!(psnr_rgb, 100.0);
}

#[test]
fn an_observer_can_stop_an_evaluation() {
    let result = evaluate_video(
        &mut Frames::new(clip(3)),
        &mut Frames::new(clip(3)),
        1,
        &EvaluationOptions::default(),
        &mut |frames| {
            if frames == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        },
    );
    assert!(
        matches!(result, Err(EvaluationError::Cancelled { frames: 2 })),
        "{result:?}"
    );
}
