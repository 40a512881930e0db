//! Frames a second of the models for pictures and for video: whole frames in 4:2:0, colour conversion included,
//! video files and container left out.

use std::hint::black_box;

use aivc_core::frame::{BitDepth, Frame, FrameFormat, PixelFormat, Samples};
use aivc_core::model::{Backend, Model};
use aivc_core::session::{Decoder, DecoderOutput, Encoder, EncoderConfig, EncoderOutput, Packet};
use aivc_core::video::{Rational, VideoProperties};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// A keyframe and three frames after it, for models that predict.
const FRAMES: usize = 4;

/// Waves of several lengths, neither flat nor noise, that move by three samples a frame.
fn picture(format: FrameFormat, time: usize) -> Frame {
    let plane = |index: usize| {
        let size = format.plane_size(index);
        let moved = 3 * time / if index == 0 { 1 } else { 2 };
        let samples = (0..size.samples()).map(|i| {
            let (x, y) = ((i % size.width + moved) as f32, (i / size.width) as f32);
            let value =
                (x * 0.05).sin() + (y * 0.07 + x * 0.02).cos() + 0.5 * (x * 0.6 - y * 0.4).sin();
            (128.0 + 40.0 * value) as u8
        });
        Samples::U8(samples.collect())
    };
    Frame::new(format, [plane(0), plane(1), plane(2)]).expect("planes fit the format")
}

fn encode(encoder: &mut Encoder, frames: &[Frame]) -> Vec<Packet> {
    let code = |frame| {
        encoder.send_frame(frame).expect("the frame fits");
        match encoder.receive_packet() {
            EncoderOutput::Packet(packet) => packet,
            other => unreachable!("a frame was sent: {other:?}"),
        }
    };
    frames.iter().map(code).collect()
}

fn decode(decoder: &mut Decoder, packets: &[Packet]) {
    for packet in packets {
        decoder.send_packet(packet).expect("just written");
        match decoder.receive_frame() {
            DecoderOutput::Frame(frame) => drop(black_box(frame)),
            other => unreachable!("a packet was sent: {other:?}"),
        }
    }
}

fn codec(criterion: &mut Criterion) {
    for name in ["hyperprior-small", "hybrid-small"] {
        let model = Model::find(name, Backend::default()).expect("built in");
        for (width, height) in [(560, 320), (1280, 720)] {
            let format = FrameFormat::new(width, height, PixelFormat::Yuv420, BitDepth::Eight)
                .expect("within the limits");
            let frames = (0..FRAMES).map(|time| picture(format, time));
            let frames = frames.collect::<Vec<_>>();
            let properties = VideoProperties::new(format, Rational::new(30, 1).expect("not zero"));
            let encoder = || {
                Encoder::new(&model, &properties, EncoderConfig::default())
                    .expect("the default is valid")
            };
            let mut group = criterion.benchmark_group(format!("{name} {width}x{height}"));
            let elements = Throughput::Elements(FRAMES as u64);
            group.throughput(elements).sample_size(10);
            group.bench_function("encode", |bench| {
                bench.iter(|| black_box(encode(&mut encoder(), &frames)));
            });
            let mut encoder = encoder();
            let packets = encode(&mut encoder, &frames);
            let mut decoder = Decoder::new(&model, encoder.header()).expect("the same model");
            group.bench_function("decode", |bench| {
                bench.iter(|| decode(&mut decoder, &packets));
            });
            group.finish();
        }
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
