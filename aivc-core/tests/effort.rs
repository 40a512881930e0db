//! The encoder's search, on a natural picture (`assets/picosdeeuropa.png`, Aitzol Berasategi, CC BY 4.0)
//! with the weights that ship.

#![cfg(feature = "flex")]

use std::path::Path;

use aivc_core::frame::{BitDepth, Frame, FrameFormat, PixelFormat, Samples};
use aivc_core::metrics::psnr;
use aivc_core::model::{Backend, Model};
use aivc_core::session::{
    Decoder, DecoderOutput, Effort, Encoder, EncoderConfig, EncoderOutput, Packet, Quality,
};
use aivc_core::video::{Rational, VideoProperties};

const SIDE: usize = 128;
/// λ of the shipped hyperprior's training (`recipes/hyperprior.toml`), lowest and highest.
const LAMBDAS: [f64; 2] = [0.001, 0.1];

fn photo() -> Frame {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/picosdeeuropa.png");
    let picture = image::open(path).unwrap().into_rgb8();
    let plane = |color: usize| {
        let samples = (0..SIDE * SIDE).map(|index| {
            let (x, y) = (200 + index % SIDE, 150 + index / SIDE);
            picture.get_pixel(x as u32, y as u32).0[color]
        });
        Samples::U8(samples.collect())
    };
    let format = FrameFormat::new(SIDE, SIDE, PixelFormat::Rgb, BitDepth::Eight).unwrap();
    Frame::new(format, [0, 1, 2].map(plane)).unwrap()
}

fn coded(model: &Model, frame: &Frame, level: u8, effort: u8) -> (Packet, Frame) {
    let properties = VideoProperties::new(frame.format(), Rational::new(25, 1).unwrap());
    let config = EncoderConfig {
        quality: Quality::new(level).unwrap(),
        effort: Effort::new(effort).unwrap(),
        ..EncoderConfig::default()
    };
    let mut encoder = Encoder::new(model, &properties, config).unwrap();
    encoder.send_frame(frame).unwrap();
    let EncoderOutput::Packet(packet) = encoder.receive_packet() else {
        panic!("no packet")
    };
    let mut decoder = Decoder::new(model, encoder.header()).unwrap();
    decoder.send_packet(&packet).unwrap();
    let DecoderOutput::Frame(decoded) = decoder.receive_frame() else {
        panic!("no frame")
    };
    (packet, decoded)
}

/// Bits and PSNR of a stream that was decoded.
fn bits_and_psnr(model: &Model, frame: &Frame, level: u8, effort: u8) -> (f64, f64) {
    let (packet, decoded) = coded(model, frame, level, effort);
    let bits = 8.0 * packet.payload.len() as f64;
    (bits, psnr(frame, &decoded).unwrap().pooled)
}

#[test]
fn effort_five_costs_less_than_none_and_levels_keep_their_meaning() {
    let model = Model::find("hyperprior-small", Backend::Flex).unwrap();
    let frame = photo();
    for level in [8, 32, 56] {
        let (plain_bits, plain_psnr) = bits_and_psnr(&model, &frame, level, 0);
        let (bits, psnr) = bits_and_psnr(&model, &frame, level, 5);
        let lambda = LAMBDAS[0] * (LAMBDAS[1] / LAMBDAS[0]).powf(f64::from(level) / 63.0);
        let cost = |bits: f64, psnr: f64| {
            let squared_error = 255.0 * 255.0 * 10f64.powf(-psnr / 10.0);
            bits + lambda * squared_error * (SIDE * SIDE) as f64
        };
        let (plain, searched) = (cost(plain_bits, plain_psnr), cost(bits, psnr));
        let case = format!("{level}: {plain_bits} at {plain_psnr}, {bits} at {psnr}");
        assert!(searched < 0.98 * plain, "{case}");
        // Eight levels are twice the rate, or 2 dB.
        assert!((0.8..1.25).contains(&(bits / plain_bits)), "{case}");
        assert!((0.0..1.5).contains(&(psnr - plain_psnr)), "{case}");
    }
}

#[test]
fn a_search_finds_the_same_again() {
    let model = Model::find("hyperprior-small", Backend::Flex).unwrap();
    let frame = photo();
    let (first, _) = coded(&model, &frame, 20, 1);
    let (second, _) = coded(&model, &frame, 20, 1);
    assert_eq!(first.payload, second.payload);
    let (plain, _) = coded(&model, &frame, 20, 0);
    assert_ne!(first.payload, plain.payload, "nothing was found");
}

#[test]
fn families_without_a_search_code_the_same_at_every_effort() {
    let frame = photo();
    for name in ["vqvae-small", "autoencoder-small"] {
        let model = Model::find(name, Backend::Flex).unwrap();
        let (plain, _) = coded(&model, &frame, 20, 0);
        let (searched, _) = coded(&model, &frame, 20, 9);
        assert_eq!(plain.payload, searched.payload, "{name}");
    }
}
