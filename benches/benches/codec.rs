//! Frames a second of the default model: whole frames in 4:2:0, colour conversion included, video
//! files and container left out.

use std::hint::black_box;

use aivc_core::frame::{BitDepth, Frame, FrameFormat, PixelFormat, Samples};
use aivc_core::model::Model;
use aivc_core::session::{Decoder, DecoderOutput, Encoder, EncoderConfig, EncoderOutput};
use aivc_core::video::{Rational, VideoProperties};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Waves of several lengths: neither flat nor noise.
fn picture(format: FrameFormat) -> Frame {
    let plane = |index: usize| {
        let size = format.plane_size(index);
        let samples = (0..size.samples()).map(|i| {
            let (x, y) = ((i % size.width) as f32, (i / size.width) as f32);
            let value =
                (x * 0.05).sin() + (y * 0.07 + x * 0.02).cos() + 0.5 * (x * 0.6 - y * 0.4).sin();
            (128.0 + 40.0 * value) as u8
        });
        Samples::U8(samples.collect())
    };
    Frame::new(format, [plane(0), plane(1), plane(2)]).expect("planes fit the format")
}

fn codec(criterion: &mut Criterion) {
    let model = Model::default_model().expect("the default model is built in");
    for (width, height) in [(560, 320), (1280, 720)] {
        let format = FrameFormat::new(width, height, PixelFormat::Yuv420, BitDepth::Eight)
            .expect("within the limits");
        let frame = picture(format);
        let properties = VideoProperties::new(format, Rational::new(30, 1).expect("not zero"));
        let mut group = criterion.benchmark_group(format!("codec {width}x{height}"));
        group.throughput(Throughput::Elements(1)).sample_size(10);

        let mut encoder = Encoder::new(&model, &properties, EncoderConfig::default())
            .expect("the default is valid");
        let mut encode = || {
            encoder.send_frame(&frame).expect("the frame fits");
            match encoder.receive_packet() {
                EncoderOutput::Packet(packet) => packet,
                other => unreachable!("a frame was sent: {other:?}"),
            }
        };
        let packet = encode();
        group.bench_function("encode", |bench| bench.iter(|| black_box(encode())));
        let mut decoder = Decoder::new(&model, encoder.header()).expect("the same model");
        group.bench_function("decode", |bench| {
            bench.iter(|| {
                decoder.send_packet(&packet).expect("just written");
                match decoder.receive_frame() {
                    DecoderOutput::Frame(frame) => black_box(frame),
                    other => unreachable!("a packet was sent: {other:?}"),
                }
            });
        });
        group.finish();
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
