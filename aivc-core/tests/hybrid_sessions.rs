//! Streams of the hybrid codec, with an untrained network: what holds of any weights.

#![cfg(feature = "flex")]

use std::ops::ControlFlow;
use std::sync::Arc;

use aivc_core::color::to_yuv420;
use aivc_core::frame::{BitDepth, ColorDescription, Frame, FrameFormat, PixelFormat, Samples};
use aivc_core::model::{Backend, Model, ModelError};
use aivc_core::session::{
    Decoder, DecoderOutput, Encoder, EncoderConfig, EncoderOutput, FrameRefinement, FrameType,
    Packet, Quality, RateTarget, SessionError,
};
use aivc_core::video::{Rational, VideoProperties};
use aivc_models::families::hybrid::restoration::RestorationConfig;
use aivc_models::families::hybrid::{HybridCodec, HybridConfig};
use aivc_models::weights::WeightsFile;
use burn::backend::Flex;
use burn::tensor::backend::Backend as _;

fn weights() -> WeightsFile {
    let device = Default::default();
    Flex::seed(&device, 11);
    let mut config = HybridConfig::new();
    let inter = config.inter.as_mut().expect("predicts by default");
    for coder in [&mut config.key, inter] {
        coder.hidden = 8;
        coder.blocks = 1;
        coder.hyper = 4;
        coder.context = 8;
        coder.parameters = 8;
    }
    let restoration = RestorationConfig::new();
    config.restoration = Some(restoration.with_hidden(8).with_blocks(1));
    HybridCodec::<Flex>::freeze(config.clone(), config.init(&device)).to_weights("tiny-hybrid")
}

fn model() -> Model {
    Model::from_weights(&weights(), Backend::Flex).unwrap()
}

const WIDTH: usize = 70;
const HEIGHT: usize = 50;

fn properties(depth: BitDepth) -> VideoProperties {
    let format = FrameFormat::new(WIDTH, HEIGHT, PixelFormat::Yuv420, depth).unwrap();
    VideoProperties::new(format, Rational::new(25, 1).unwrap())
}

/// A frame of a function of place, in shares of the range of samples.
fn frame(depth: BitDepth, sample: impl Fn(f64, f64) -> f64) -> Frame {
    let format = properties(depth).format;
    let plane = |index: usize| {
        let size = format.plane_size(index);
        let scale = if index == 0 { 1.0 } else { 2.0 };
        let values = (0..size.samples()).map(|at| {
            let (x, y) = (
                (at % size.width) as f64 * scale,
                (at / size.width) as f64 * scale,
            );
            let share = if index == 0 {
                sample(x, y)
            } else {
                0.5 + 0.1 * sample(y, x)
            };
            (share.clamp(0.0, 1.0) * f64::from(depth.max_sample())) as u16
        });
        match depth {
            BitDepth::Eight => Samples::U8(values.map(|value| value as u8).collect()),
            BitDepth::Ten => Samples::U16(values.collect()),
        }
    };
    Frame::new(format, [0, 1, 2].map(plane)).unwrap()
}

fn waves(x: f64, y: f64) -> f64 {
    0.5 + 0.2 * (x * 0.3 + y * 0.1).sin() + 0.2 * (y * 0.23 - x * 0.05).cos()
}

fn noise(x: f64, y: f64, seed: u64) -> f64 {
    let mixed = ((x as u64) << 32 ^ (y as u64) << 8 ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ mixed >> 31).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 40) as f64 / f64::from(1 << 24)
}

/// Codes frames, checks that the decoder shows them well enough, and gives the packets.
fn code(model: &Model, config: EncoderConfig, frames: &[Frame]) -> Vec<Packet> {
    let properties = VideoProperties::new(frames[0].format(), Rational::new(25, 1).unwrap());
    let mut encoder = Encoder::new(model, &properties, config).unwrap();
    let mut packets = Vec::new();
    for (number, frame) in frames.iter().enumerate() {
        encoder
            .send_frame(&frame.clone().with_pts(number as i64))
            .unwrap();
        while let EncoderOutput::Packet(packet) = encoder.receive_packet() {
            packets.push(packet);
        }
    }
    let shown = decode(model, encoder.header(), &packets);
    assert_eq!(shown.len(), frames.len());
    packets
}

fn decode(
    model: &Model,
    header: &aivc_core::session::StreamHeader,
    packets: &[Packet],
) -> Vec<Frame> {
    let mut decoder = Decoder::new(model, header).unwrap();
    let mut shown = Vec::new();
    for packet in packets {
        decoder.send_packet(packet).unwrap();
        let DecoderOutput::Frame(frame) = decoder.receive_frame() else {
            panic!("low delay: a frame a packet");
        };
        shown.push(frame);
    }
    shown
}

fn types(packets: &[Packet]) -> String {
    let letter = |packet: &Packet| {
        if packet.frame_type == FrameType::Key {
            'K'
        } else {
            'i'
        }
    };
    packets.iter().map(letter).collect()
}

#[test]
fn scenes_of_every_kind_work() {
    let model = model();
    let eight = BitDepth::Eight;
    let config = EncoderConfig::default();
    let still: Vec<Frame> = (0..4).map(|_| frame(eight, waves)).collect();
    assert_eq!(types(&code(&model, config, &still)), "Kiii");
    let fade: Vec<Frame> = (0..4)
        .map(|t| frame(eight, |x, y| waves(x, y) * (1.0 - 0.06 * f64::from(t))))
        .collect();
    assert_eq!(types(&code(&model, config, &fade)), "Kiii");
    let moving: Vec<Frame> = (0..4)
        .map(|t| frame(eight, |x, y| waves(x + 3.0 * f64::from(t), y)))
        .collect();
    assert_eq!(types(&code(&model, config, &moving)), "Kiii");
    let flat: Vec<Frame> = (0..3).map(|_| frame(eight, |_, _| 0.3)).collect();
    assert_eq!(types(&code(&model, config, &flat)), "Kii");
    let noisy: Vec<Frame> = (0..3)
        .map(|t| frame(eight, |x, y| noise(x, y, t)))
        .collect();
    code(&model, config, &noisy);
    let ten: Vec<Frame> = (0..3)
        .map(|t| frame(BitDepth::Ten, |x, y| waves(x + f64::from(t), y)))
        .collect();
    assert_eq!(types(&code(&model, config, &ten)), "Kii");
    for count in [1, 2] {
        code(&model, config, &still[..count]);
    }
}

#[test]
fn cuts_and_wishes_and_the_interval_make_keyframes() {
    let model = model();
    let scene = |x: f64, y: f64| noise((x / 12.0).floor(), (y / 9.0).floor(), 5);
    let frames: Vec<Frame> = (0..7)
        .map(|t| {
            frame(BitDepth::Eight, |x, y| {
                if t < 4 {
                    waves(x + f64::from(t), y)
                } else {
                    scene(x, y)
                }
            })
        })
        .collect();
    let config = EncoderConfig::default();
    assert_eq!(types(&code(&model, config, &frames)), "KiiiKii");
    let without = EncoderConfig {
        scene_cuts: false,
        ..config
    };
    assert_eq!(types(&code(&model, without, &frames)), "Kiiiiii");
    let short = EncoderConfig {
        keyframe_interval: 3,
        ..without
    };
    assert_eq!(types(&code(&model, short, &frames)), "KiiKiiK");

    let mut encoder = Encoder::new(&model, &properties(BitDepth::Eight), without).unwrap();
    let mut types = Vec::new();
    for (number, frame) in frames.iter().enumerate() {
        if number == 2 {
            encoder.force_keyframe();
        }
        encoder.send_frame(frame).unwrap();
        let EncoderOutput::Packet(packet) = encoder.receive_packet() else {
            panic!("low delay: a packet a frame");
        };
        types.push(packet.frame_type == FrameType::Key);
    }
    assert_eq!(types, [true, false, true, false, false, false, false]);
}

#[test]
fn encoders_that_look_ahead_code_the_same_frames_later() {
    let model = model();
    let config = EncoderConfig {
        lookahead: 3,
        ..EncoderConfig::default()
    };
    let frames: Vec<Frame> = (0..6)
        .map(|t| frame(BitDepth::Eight, |x, y| waves(x + f64::from(t), y)))
        .collect();
    let mut encoder = Encoder::new(&model, &properties(BitDepth::Eight), config).unwrap();
    let mut packets = Vec::new();
    for (number, frame) in frames.iter().enumerate() {
        // For this frame and those after it, though others wait.
        if number == 4 {
            encoder.force_keyframe();
            encoder.set_quality(Quality::new(10).unwrap());
        }
        encoder.send_frame(frame).unwrap();
        while let EncoderOutput::Packet(packet) = encoder.receive_packet() {
            packets.push(packet);
        }
        assert_eq!(packets.len(), (number + 1).saturating_sub(3));
    }
    assert!(encoder.code_waiting().unwrap());
    let pending = encoder.code_waiting();
    assert!(matches!(pending, Err(SessionError::OutputPending)));
    encoder.finish().unwrap();
    while let EncoderOutput::Packet(packet) = encoder.receive_packet() {
        packets.push(packet);
    }
    assert!(matches!(encoder.receive_packet(), EncoderOutput::Finished));
    assert!(!encoder.code_waiting().unwrap());
    assert_eq!(types(&packets), "KiiiKi");
    let levels: Vec<u8> = packets.iter().map(|packet| packet.quality).collect();
    // What nothing is predicted from may be bad, and the fourth knows what comes.
    assert!(levels[1] > levels[3] && levels[4] > levels[5], "{levels:?}");
    assert!(
        levels[3] > 10 && levels[4] >= 10 && levels[5] < 10,
        "{levels:?}"
    );
    let shown = decode(&model, encoder.header(), &packets);
    assert_eq!(shown.len(), 6);
}

#[test]
fn a_lost_packet_costs_the_frames_up_to_the_next_keyframe() {
    let model = model();
    let config = EncoderConfig {
        keyframe_interval: 3,
        ..EncoderConfig::default()
    };
    let frames: Vec<Frame> = (0..6)
        .map(|t| frame(BitDepth::Eight, |x, y| waves(x + f64::from(t), y)))
        .collect();
    let packets = code(&model, config, &frames);
    let encoder = Encoder::new(&model, &properties(BitDepth::Eight), config).unwrap();
    let whole = decode(&model, encoder.header(), &packets);

    let mut decoder = Decoder::new(&model, encoder.header()).unwrap();
    let mut shown = Vec::new();
    for (number, packet) in packets.iter().enumerate() {
        if number == 1 {
            decoder.packet_lost();
            continue;
        }
        match decoder.send_packet(packet) {
            Ok(()) => {
                let DecoderOutput::Frame(frame) = decoder.receive_frame() else {
                    panic!("a frame a packet");
                };
                shown.push((number, frame));
            }
            Err(SessionError::ReferenceLost { packet }) => assert_eq!((packet, number), (2, 2)),
            Err(error) => panic!("{error}"),
        }
    }
    let numbers: Vec<usize> = shown.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [0, 3, 4, 5]);
    assert!(shown.iter().all(|(number, frame)| *frame == whole[*number]));
}

#[test]
fn targets_are_checked_and_followed() {
    let model = model();
    let target = |target| EncoderConfig {
        target: Some(target),
        ..EncoderConfig::default()
    };
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        for refused in [RateTarget::BitsPerSecond(wrong), RateTarget::Psnr(wrong)] {
            let result = Encoder::new(&model, &properties(BitDepth::Eight), target(refused));
            assert!(matches!(result, Err(SessionError::Target { .. })));
        }
    }
    let frames: Vec<Frame> = (0..100)
        .map(|t| {
            frame(BitDepth::Eight, |x, y| {
                waves(x + f64::from(t), y) + 0.05 * noise(x, y, t as u64)
            })
        })
        .collect();
    let rate = |config| {
        let packets = code(&model, config, &frames);
        let bytes: usize = packets.iter().map(|packet| packet.payload.len()).sum();
        bytes as f64 * 8.0 * 25.0 / 100.0
    };
    for wanted in [100e3, 200e3] {
        let reached = rate(target(RateTarget::BitsPerSecond(wanted)));
        // Four seconds, with keyframes: on longer clips it is within 5 %.
        assert!(
            (reached / wanted - 1.0).abs() < 0.1,
            "{reached} of {wanted}"
        );
    }
    assert!(rate(target(RateTarget::Psnr(36.0))) < rate(target(RateTarget::Psnr(42.0))));
}

#[test]
fn rgb_is_converted() {
    let model = model();
    let format = FrameFormat::new(24, 18, PixelFormat::Rgb, BitDepth::Eight).unwrap();
    let properties = VideoProperties::new(format, Rational::new(25, 1).unwrap());
    let samples =
        |seed: u8| Samples::U8((0..24 * 18).map(|i| (i as u8).wrapping_mul(seed)).collect());
    let frame = Frame::new(format, [samples(3), samples(1), samples(2)]).unwrap();
    struct One(VideoProperties, Option<Frame>);
    impl aivc_core::video::VideoReader for One {
        fn properties(&self) -> &VideoProperties {
            &self.0
        }
        fn next_frame(&mut self) -> Result<Option<Frame>, aivc_core::video::VideoError> {
            Ok(self.1.take())
        }
    }
    let mut stream = Vec::new();
    aivc_core::session::encode_video(
        &mut One(properties, Some(frame.clone())),
        &mut stream,
        &model,
        EncoderConfig {
            quality: Quality::MAX,
            ..EncoderConfig::default()
        },
        None,
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    let yuv = to_yuv420(&frame, ColorDescription::UNSPECIFIED).unwrap();
    let mut container =
        aivc_core::session::ContainerReader::new(std::io::Cursor::new(&stream)).unwrap();
    let header = container.header().clone();
    let packet = container.next_packet().unwrap().unwrap();
    let shown = decode(&model, &header, &[packet]);
    assert_eq!(shown[0].format(), yuv.format());
    let psnr = aivc_core::metrics::psnr(&yuv, &shown[0]).unwrap();
    assert!(psnr.average > 30.0, "{psnr:?}");
}

/// Shows every frame upside down.
#[derive(Debug)]
struct UpsideDown;

impl FrameRefinement for UpsideDown {
    fn refine(
        &self,
        decoded: &Frame,
        _quality: Quality,
        shown: FrameFormat,
    ) -> Result<Frame, ModelError> {
        assert_eq!(decoded.format(), shown);
        let planes = [0, 1, 2].map(|index| {
            let plane = decoded.plane(index);
            let bytes = plane.as_u8().expect("8 bits");
            let rows = bytes.chunks_exact(plane.width()).rev();
            Samples::U8(rows.flatten().copied().collect())
        });
        Ok(Frame::new(decoded.format(), planes)?.with_color(decoded.color()))
    }
}

#[test]
fn refinement_is_seen_but_not_predicted_from() {
    let model = model();
    let config = EncoderConfig::default();
    let frames: Vec<Frame> = (0..3)
        .map(|t| frame(BitDepth::Eight, |x, y| waves(x + f64::from(t), y)))
        .collect();
    let packets = code(&model, config, &frames);
    let encoder = Encoder::new(&model, &properties(BitDepth::Eight), config).unwrap();
    let plain = decode(&model, encoder.header(), &packets);
    let mut decoder = Decoder::new(&model, encoder.header())
        .unwrap()
        .with_refinement(Arc::new(UpsideDown))
        .unwrap();
    for (packet, plain) in packets.iter().zip(&plain) {
        decoder.send_packet(packet).unwrap();
        let DecoderOutput::Frame(shown) = decoder.receive_frame() else {
            panic!("a frame a packet");
        };
        let format = shown.format();
        let quality = Quality::new(packet.quality).unwrap();
        let turned_back = UpsideDown.refine(&shown, quality, format).unwrap();
        assert_eq!(turned_back.planes(), plain.planes());
    }
}
