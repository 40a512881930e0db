//! Models that code groups of frames: sessions, containers and damage.

#![cfg(feature = "flex")]

mod support;

use std::sync::OnceLock;

use aivc_core::frame::Frame;
use aivc_core::model::{Backend, Model, ModelError};
use aivc_core::session::{
    Decoder, DecoderOutput, Encoder, EncoderConfig, EncoderOutput, FrameType, Packet, RateTarget,
    SessionError,
};
use aivc_core::video::VideoProperties;
use aivc_entropy::{ContainerReader, ContainerWriter};
use aivc_models::families::hyperprior3d::{Hyperprior3dCodec, Hyperprior3dConfig};
use aivc_models::layers::GdnTransformConfig;
use aivc_models::weights::WeightsFile;
use burn::backend::Flex;
use support::{at_quality, decoded, encoded, frame, yuv};

fn weights() -> &'static WeightsFile {
    static WEIGHTS: OnceLock<WeightsFile> = OnceLock::new();
    WEIGHTS.get_or_init(|| {
        let transform = GdnTransformConfig::new()
            .with_blocks(1)
            .with_hidden(8)
            .with_latent(16);
        let config = Hyperprior3dConfig::new()
            .with_transform(transform)
            .with_hidden(8)
            .with_hyper(8);
        let network = config.init::<Flex>(&Default::default());
        Hyperprior3dCodec::freeze(config, network).to_weights("tiny-3d")
    })
}

fn model() -> Model {
    Model::from_weights(weights(), Backend::Flex).unwrap()
}

fn packets(stream: &[u8]) -> Vec<Packet> {
    let mut container = ContainerReader::new(stream).unwrap();
    std::iter::from_fn(|| container.next_packet().unwrap()).collect()
}

/// Packets of a whole video by the session alone.
fn through_session(
    model: &Model,
    properties: &VideoProperties,
    config: EncoderConfig,
    frames: u64,
) -> Vec<Packet> {
    let mut encoder = Encoder::new(model, properties, config).unwrap();
    let mut packets = Vec::new();
    let mut drain = |encoder: &mut Encoder| {
        while let EncoderOutput::Packet(packet) = encoder.receive_packet() {
            packets.push(packet);
        }
    };
    for number in 0..frames {
        encoder.send_frame(&frame(properties, number)).unwrap();
        drain(&mut encoder);
    }
    encoder.finish().unwrap();
    drain(&mut encoder);
    assert_eq!(encoder.receive_packet(), EncoderOutput::Finished);
    packets
}

#[test]
fn videos_of_any_length_come_back_whole_and_in_order() {
    let model = model();
    for (frames, width, height) in [(1, 33, 17), (8, 32, 32), (9, 18, 40), (17, 16, 16)] {
        let stream = encoded(&model, yuv(width, height), frames);
        let types: Vec<FrameType> = packets(&stream).iter().map(|p| p.frame_type).collect();
        let expected = (0..frames).map(|number| match number % 8 {
            0 => FrameType::Key,
            _ => FrameType::Inter,
        });
        assert_eq!(types, expected.collect::<Vec<_>>());
        let (shown, summary) = decoded(&model, &stream);
        assert_eq!((shown.len() as u64, summary.damaged), (frames, 0));
        for (number, shown) in shown.iter().enumerate() {
            assert_eq!(shown.pts(), number as i64);
            assert_eq!((shown.width(), shown.height()), (width, height));
        }
    }
}

#[test]
fn the_decoder_shows_what_the_encoder_reconstructs() {
    let model = model();
    let properties = yuv(34, 18);
    let frames: Vec<Frame> = (0..5).map(|number| frame(&properties, number)).collect();
    let groups = model.frame_codec().groups().unwrap();
    let quality = at_quality(40).quality;
    let coded = groups.encode_group(&frames, quality, true).unwrap();
    let (shown, _) = decoded(&model, &encoded(&model, properties, 5));
    assert_eq!(coded.reconstructions.len(), 5);
    for (shown, seen) in shown.iter().zip(&coded.reconstructions) {
        assert_eq!(shown.planes(), seen.planes());
    }
}

#[test]
fn the_encoder_asks_for_frames_until_a_group_is_full() {
    let (model, properties) = (model(), yuv(16, 16));
    let mut encoder = Encoder::new(&model, &properties, at_quality(40)).unwrap();
    assert_eq!(encoder.header().keyframe_interval, 8);
    for number in 0..7 {
        encoder.send_frame(&frame(&properties, number)).unwrap();
        assert_eq!(encoder.receive_packet(), EncoderOutput::NeedFrame);
    }
    encoder.send_frame(&frame(&properties, 7)).unwrap();
    let early = encoder.send_frame(&frame(&properties, 8)).unwrap_err();
    assert!(matches!(early, SessionError::OutputPending), "{early}");
    for number in 0..8 {
        let EncoderOutput::Packet(packet) = encoder.receive_packet() else {
            panic!("a packet a frame");
        };
        assert_eq!(packet.presentation_ticks, number);
        assert_eq!(packet.payload.len() == 1, number > 0);
    }
    assert_eq!(encoder.receive_packet(), EncoderOutput::NeedFrame);
}

#[test]
fn a_forced_keyframe_ends_a_group_early_and_an_interval_shortens_all() {
    let (model, properties) = (model(), yuv(16, 16));
    let mut encoder = Encoder::new(&model, &properties, at_quality(40)).unwrap();
    for number in 0..3 {
        encoder.send_frame(&frame(&properties, number)).unwrap();
    }
    encoder.force_keyframe();
    encoder.send_frame(&frame(&properties, 3)).unwrap();
    let waiting = std::iter::from_fn(|| match encoder.receive_packet() {
        EncoderOutput::Packet(packet) => Some(packet),
        _ => None,
    });
    assert_eq!(waiting.count(), 3);
    encoder.finish().unwrap();
    let EncoderOutput::Packet(packet) = encoder.receive_packet() else {
        panic!("the last group");
    };
    assert_eq!(
        (packet.frame_type, packet.presentation_ticks),
        (FrameType::Key, 3)
    );

    let config = EncoderConfig {
        keyframe_interval: 2,
        ..at_quality(40)
    };
    let keys = through_session(&model, &properties, config, 5)
        .iter()
        .filter(|packet| packet.frame_type == FrameType::Key)
        .count();
    assert_eq!(keys, 3);
}

#[test]
fn a_lost_packet_costs_no_more_than_its_group() {
    let model = model();
    let stream = encoded(&model, yuv(32, 32), 24);
    let (sound, _) = decoded(&model, &stream);
    let header = ContainerReader::new(&stream[..]).unwrap().header().clone();
    for lost in [8, 11] {
        let mut packets = packets(&stream);
        packets[lost].payload[0] ^= 0xff;
        let mut writer = ContainerWriter::new(Vec::new(), &header).unwrap();
        packets
            .iter()
            .for_each(|packet| writer.write_packet(packet).unwrap());
        let (shown, summary) = decoded(&model, &writer.finish().unwrap());
        assert_eq!(shown.len(), 24);
        let last_sound = lost - 1;
        for (number, frame) in shown.iter().enumerate() {
            let expected = match number {
                number if (lost..16).contains(&number) => last_sound,
                number => number,
            };
            assert_eq!(
                frame.planes(),
                sound[expected].planes(),
                "{number} without {lost}"
            );
        }
        assert_eq!(summary.repeated, 16 - lost as u64);
    }
}

#[test]
fn positions_that_a_group_does_not_have_are_refused() {
    let (model, properties) = (model(), yuv(16, 16));
    let packets = through_session(&model, &properties, at_quality(40), 3);
    let header = Encoder::new(&model, &properties, at_quality(40)).unwrap();
    for payload in [vec![], vec![0], vec![8], vec![255], vec![1, 1]] {
        let mut decoder = Decoder::new(&model, header.header()).unwrap();
        decoder.send_packet(&packets[0]).unwrap();
        assert!(matches!(decoder.receive_frame(), DecoderOutput::Frame(_)));
        let packet = Packet {
            payload: payload.clone(),
            ..packets[1].clone()
        };
        let error = decoder.send_packet(&packet).unwrap_err();
        let refused = matches!(
            error,
            SessionError::Packet {
                source: ModelError::GroupPosition,
                ..
            }
        );
        assert!(refused, "{payload:?}: {error}");
    }
}

#[test]
fn targets_move_the_quality_from_group_to_group() {
    let (model, properties) = (model(), yuv(64, 64));
    let levels = |target| -> Vec<u8> {
        let config = EncoderConfig {
            target: Some(target),
            ..at_quality(40)
        };
        let packets = through_session(&model, &properties, config, 24);
        packets
            .iter()
            .step_by(8)
            .map(|packet| packet.quality)
            .collect()
    };
    let low = levels(RateTarget::BitsPerSecond(1e3));
    assert_eq!(low[0], 40);
    assert!(low[2] < low[0], "{low:?}");
    let high = levels(RateTarget::Psnr(90.0));
    assert!(high[2] > high[0], "{high:?}");
}
