//! The hybrid codec with untrained networks: what holds of any weights.

use aivc_entropy::SymbolEncoder;
use aivc_models::ModelBackend;
use aivc_models::families::hybrid::lookahead::Importance;
use aivc_models::families::hybrid::motion::{SamplePlane, Yuv420Picture};
use aivc_models::families::hybrid::restoration::RestorationConfig;
use aivc_models::families::hybrid::{HybridCodec, HybridConfig, HybridFrame, HybridNetwork};
use aivc_models::families::{CodecError, PictureSize};
use aivc_models::layers::Quality;
use aivc_models::weights::WeightsFile;
use burn::backend::{Flex, NdArray};
use burn::tensor::backend::Backend;

fn small_config() -> HybridConfig {
    let mut config = HybridConfig::new();
    let inter = config.inter.as_mut().expect("predicts by default");
    for coder in [&mut config.key, inter] {
        coder.hidden = 16;
        coder.blocks = 1;
        coder.hyper = 8;
        coder.context = 12;
        coder.parameters = 16;
    }
    let restoration = RestorationConfig::new();
    config.with_restoration(Some(restoration.with_hidden(8).with_blocks(1)))
}

fn codec() -> HybridCodec<Flex> {
    let device = Default::default();
    Flex::seed(&device, 7);
    let config = small_config();
    HybridCodec::freeze(config.clone(), config.init(&device))
}

/// Waves and an edge, moved a little from frame to frame.
fn picture(width: usize, height: usize, maximum: u16, frame: usize) -> Yuv420Picture {
    let plane = |width: usize, height: usize, scale: f64| {
        let sample = |index: usize| {
            let x = (index % width) as f64 * scale + frame as f64 * 1.5;
            let y = (index / width) as f64 * scale + frame as f64 * 0.5;
            let edge = if x + y * 0.4 > 20.0 { 0.25 } else { 0.0 };
            let wave = (x * 0.31).sin() * 0.15 + (y * 0.17 + x * 0.05).cos() * 0.2;
            ((0.45 + edge + wave).clamp(0.0, 1.0) * f64::from(maximum)) as u16
        };
        SamplePlane::new(width, height, (0..width * height).map(sample).collect())
    };
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    Yuv420Picture {
        planes: [
            plane(width, height, 1.0),
            plane(half_width, half_height, 2.0),
            plane(half_width, half_height, 2.0),
        ],
        maximum,
    }
}

/// Payloads and decoded frames of a key and two inter frames, the first two of which have parts that matter
/// more than others.
fn encode<B: ModelBackend>(
    codec: &HybridCodec<B>,
    (width, height, maximum): (usize, usize, u16),
    quality: Quality,
) -> Vec<(Vec<u8>, HybridFrame)> {
    let device = B::Device::default();
    let mut frames: Vec<(Vec<u8>, HybridFrame)> = Vec::new();
    for index in 0..3 {
        let picture = picture(width, height, maximum, index);
        let macroblocks = height.div_ceil(16) * width.div_ceil(16);
        let octaves = (0..macroblocks).map(|place| (place * 7 % 5 * 4) as f32);
        let importance = (index < 2).then(|| Importance::new(octaves.collect()));
        let importance = importance.as_ref();
        let mut encoder = SymbolEncoder::new();
        let frame = match frames.last() {
            None => codec.compress_key(&picture, quality, importance, &mut encoder, &device),
            Some((_, last)) => {
                codec.compress_inter(&picture, last, quality, importance, &mut encoder, &device)
            }
        };
        frames.push((encoder.finish(), frame.unwrap()));
    }
    frames
}

fn decode<B: ModelBackend>(
    codec: &HybridCodec<B>,
    payloads: &[Vec<u8>],
    (width, height, maximum): (usize, usize, u16),
    quality: Quality,
) -> Result<Vec<HybridFrame>, CodecError> {
    let device = B::Device::default();
    let mut frames: Vec<HybridFrame> = Vec::new();
    for payload in payloads {
        let frame = match frames.last() {
            None => {
                let size = PictureSize { height, width };
                codec.decompress_key(size, maximum, quality, payload, &device)?
            }
            Some(last) => codec.decompress_inter(last, quality, payload, &device)?,
        };
        frames.push(frame);
    }
    Ok(frames)
}

#[test]
fn decoders_see_what_the_encoder_saw_on_every_backend() {
    let codec = codec();
    let file = codec.to_weights("test");
    let bytes = file.to_bytes().unwrap();
    let file = WeightsFile::from_bytes(&bytes).unwrap();
    let loaded = HybridCodec::<Flex>::from_weights(&file, &Default::default()).unwrap();
    let other = HybridCodec::<NdArray>::from_weights(&file, &Default::default()).unwrap();
    assert_eq!(loaded.to_weights("test").to_bytes().unwrap(), bytes);
    for (format, level) in [
        ((1, 1, 255), 30),
        ((17, 33, 255), 63),
        ((70, 50, 1023), 20),
        ((64, 48, 255), 0),
    ] {
        let quality = Quality::new(level).unwrap();
        let coded = encode(&codec, format, quality);
        let payloads: Vec<Vec<u8>> = coded.iter().map(|(payload, _)| payload.clone()).collect();
        let seen: Vec<&HybridFrame> = coded.iter().map(|(_, frame)| frame).collect();
        let decoded = decode(&loaded, &payloads, format, quality).unwrap();
        assert_eq!(decoded.iter().collect::<Vec<_>>(), seen, "{format:?}");
        let decoded = decode(&other, &payloads, format, quality).unwrap();
        assert_eq!(decoded.iter().collect::<Vec<_>>(), seen, "{format:?}");
    }
}

#[test]
fn what_restoration_shows_is_not_what_later_frames_are_predicted_from() {
    let restoring = codec();
    let plain = {
        let device = Default::default();
        Flex::seed(&device, 7);
        let config = small_config();
        let network = config.init(&device);
        let config = config.with_restoration(None);
        let restoration = None;
        HybridCodec::<Flex>::freeze(
            config,
            HybridNetwork {
                restoration,
                ..network
            },
        )
    };
    let mut restored = 0;
    for level in [0, 20, 40] {
        let quality = Quality::new(level).unwrap();
        let format = (64, 48, 255);
        let with = encode(&restoring, format, quality);
        let without = encode(&plain, format, quality);
        for (index, ((_, with), (_, without))) in with.iter().zip(&without).enumerate() {
            assert_eq!(with.picture, without.picture, "{level} {index}");
            assert_eq!(without.shown(), &without.picture);
            restored += usize::from(with.shown() != &with.picture);
        }
        assert_eq!(with[0].1, without[0].1, "keyframes are shown as they are");
    }
    assert!(restored > 0, "even an untrained network is of some use");
}

#[test]
fn better_qualities_are_closer_and_an_untrained_transform_keeps_pictures() {
    let codec = codec();
    let format = (80, 64, 255);
    let error = |level| {
        let coded = encode(&codec, format, Quality::new(level).unwrap());
        let (_, last) = &coded[2];
        let original = picture(80, 64, 255, 2);
        let pairs = original.planes[0].samples().iter();
        let pairs = pairs.zip(last.shown().planes[0].samples());
        let squares = pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
        squares.sum::<f64>() / 80.0 / 64.0
    };
    let (worst, best) = (error(0), error(63));
    assert!(best < worst / 4.0, "{worst} to {best}");
    // 38 dB.
    assert!(best < 10.0, "{best}");
}

#[test]
fn damaged_payloads_are_errors() {
    let codec = codec();
    let (format, quality) = ((48, 32, 255), Quality::new(40).unwrap());
    let coded = encode(&codec, format, quality);
    let payloads: Vec<Vec<u8>> = coded.into_iter().map(|(payload, _)| payload).collect();
    for packet in 0..payloads.len() {
        for cut in 0..payloads[packet].len() {
            let mut damaged = payloads.clone();
            damaged[packet].truncate(cut);
            assert!(decode(&codec, &damaged, format, quality).is_err());
        }
        for bit in 0..8 * payloads[packet].len() {
            let mut damaged = payloads.clone();
            damaged[packet][bit / 8] ^= 1 << (bit % 8);
            // The container's checksum finds all of these; here none may panic.
            let _ = decode(&codec, &damaged[..=packet], format, quality);
        }
    }
}
