//! The vector-quantized autoencoder: its codebooks, from picture to symbols and back.

#![cfg(feature = "flex")]

mod support;

use aivc_entropy::{SymbolDecoder, SymbolEncoder};
use aivc_models::families::vqvae::{VqvaeCodec, VqvaeConfig, VqvaeNetwork};
use aivc_models::families::{CodecError, PictureCodec, PictureSize, TrainableNetwork};
use aivc_models::layers::{GdnTransformConfig, Quality};
use aivc_models::weights::{WeightsError, WeightsFile};
use burn::backend::{Autodiff, Flex};
use burn::tensor::{Tensor, TensorData};
use support::picture;

type B = Autodiff<Flex>;

const SIZES: [(usize, usize); 4] = [(1, 1), (17, 33), (64, 64), (65, 128)];

fn config() -> VqvaeConfig {
    let transform = GdnTransformConfig::new()
        .with_blocks(1)
        .with_hidden(8)
        .with_latent(20);
    VqvaeConfig::new()
        .with_transform(transform)
        .with_stages(4)
        .with_codes(16)
}

fn quality(level: u8) -> Quality {
    Quality::new(level).unwrap()
}

/// A network whose codebooks a few batches have filled.
fn network() -> VqvaeNetwork<B> {
    let config = config();
    let fresh: VqvaeNetwork<B> = config.init(&Default::default());
    (0..6).fold(fresh, |network, turn| {
        let output = network.forward(&config, picture(128, 128), &[quality(63)]);
        network.with_codebooks_updated(&output.statistics, turn)
    })
}

fn codec() -> PictureCodec<Flex> {
    <VqvaeNetwork<B> as TrainableNetwork<B>>::freeze(
        &config(),
        burn::module::AutodiffModule::valid(&network()),
    )
}

fn encode(
    codec: &PictureCodec<Flex>,
    picture: Tensor<Flex, 4>,
    quality: Quality,
) -> (Vec<u8>, TensorData) {
    let mut encoder = SymbolEncoder::new();
    let latents = codec.compress(picture, quality, &mut encoder).unwrap();
    (encoder.finish(), codec.reconstruct(latents).into_data())
}

fn decode(
    codec: &PictureCodec<Flex>,
    bytes: &[u8],
    (height, width): (usize, usize),
    quality: Quality,
) -> Result<TensorData, CodecError> {
    let mut decoder = SymbolDecoder::new(bytes)?;
    let size = PictureSize { height, width };
    let latents = codec.decompress(size, quality, &mut decoder, &Default::default())?;
    decoder.finish()?;
    Ok(codec.reconstruct(latents).into_data())
}

#[test]
fn the_decoder_gives_the_encoders_reconstruction() {
    let codec = codec();
    for (height, width) in SIZES {
        for level in [0, 20, 40, 63] {
            let (bytes, reconstruction) = encode(&codec, picture(height, width), quality(level));
            let decoded = decode(&codec, &bytes, (height, width), quality(level)).unwrap();
            assert_eq!(decoded.shape[..], [1, 3, height, width]);
            assert_eq!(decoded, reconstruction);
        }
    }
}

#[test]
fn every_stage_costs_bits_and_comes_nearer() {
    let codec = codec();
    let original = picture::<Flex>(128, 128);
    let measured = [0, 16, 32, 48].map(|level| {
        let (bytes, decoded) = encode(&codec, original.clone(), quality(level));
        let decoded = Tensor::<Flex, 4>::from_data(decoded, &Default::default());
        let error = (decoded - original.clone()).powf_scalar(2.0).mean();
        (bytes.len(), error.into_scalar())
    });
    for pair in measured.windows(2) {
        assert!(
            pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1,
            "{measured:?}"
        );
    }
}

#[test]
fn the_levels_of_a_stage_give_the_same_stream() {
    let config = config();
    let stages = [0, 15, 16, 31, 32, 47, 48, 63].map(|level| config.stages_of(quality(level)));
    assert_eq!(stages, [1, 1, 2, 2, 3, 3, 4, 4]);
    let codec = codec();
    let stream = |level| encode(&codec, picture(64, 64), quality(level)).0;
    assert_eq!(stream(16), stream(31));
    assert_ne!(stream(31), stream(32));
}

#[test]
fn streams_are_as_long_as_their_frequencies_say() {
    let network = network();
    let output = network.forward(&config(), picture(256, 256), &[quality(63)]);
    let estimate = f64::from(output.bits.into_scalar());
    let codec = <VqvaeNetwork<B> as TrainableNetwork<B>>::freeze(
        &config(),
        burn::module::AutodiffModule::valid(&network),
    );
    let (bytes, _) = encode(&codec, picture(256, 256), quality(63));
    let stream = 8.0 * bytes.len() as f64;
    // 16-bit frequencies and weights, which change a choice here and there, and the coder's flush.
    assert!(
        (stream - estimate).abs() < 0.01 * estimate + 64.0,
        "{stream} {estimate}"
    );
}

/// Past the codes, decoder and encoder see the latent's own gradient, and nothing else of it: the
/// commitment loss apart, the picture's error is handed on unchanged.
#[test]
fn gradients_pass_straight_through_the_codes() {
    let network = network();
    let config = config();
    let input = picture::<B>(64, 64).require_grad();
    let output = network.forward(&config, input.clone(), &[quality(63)]);
    let gradients = output.reconstruction.sum().backward();
    let past_codes = input.grad(&gradients).unwrap();
    // The same sum without anything between analysis and synthesis: both start as transforms that
    // are each other's inverse on the channels that are kept, so a level up of a flat picture comes
    // out as a level up.
    let total = past_codes.sum().into_scalar();
    let expected = 3.0 * 64.0 * 64.0;
    assert!((total / expected - 1.0).abs() < 0.1, "{total} {expected}");

    let input = picture::<B>(64, 64).require_grad();
    let output = network.forward(&config, input.clone(), &[quality(63)]);
    assert!(output.commitment.clone().into_scalar() > 0.0);
    let gradients = output.commitment.sum().backward();
    assert!(input.grad(&gradients).unwrap().abs().max().into_scalar() > 0.0);
}

#[test]
fn a_weights_file_gives_the_same_codec_again() {
    let codec = codec();
    let bytes = codec.to_weights("test").to_bytes().unwrap();
    let file = WeightsFile::from_bytes(&bytes).unwrap();
    assert_eq!(file.family(), "vqvae");
    let again = PictureCodec::<Flex>::from_weights(&file, &Default::default()).unwrap();
    assert_eq!(again.to_weights("test").to_bytes().unwrap(), bytes);
    let (stream, reconstruction) = encode(&codec, picture(33, 65), quality(50));
    assert_eq!(
        decode(&again, &stream, (33, 65), quality(50)).unwrap(),
        reconstruction
    );
}

#[test]
fn weights_of_another_configuration_are_refused() {
    let config = config().with_codes(8);
    let network = config.init::<Flex>(&Default::default());
    let file = VqvaeCodec::freeze(config, network).to_weights("test");
    // The file's own configuration, but with the tensors of fewer codes.
    let mut other = WeightsFile::new("vqvae", "test", &self::config());
    other.store_parameters(
        &self::config()
            .with_codes(8)
            .init::<Flex>(&Default::default()),
    );
    let refused = VqvaeCodec::<Flex>::from_weights(&other, &Default::default());
    assert!(
        matches!(refused, Err(WeightsError::Shape { .. })),
        "{refused:?}"
    );
    assert!(VqvaeCodec::<Flex>::from_weights(&file, &Default::default()).is_ok());
}

#[test]
fn a_truncated_stream_is_an_error() {
    let codec = codec();
    let (bytes, _) = encode(&codec, picture(17, 33), quality(40));
    for length in 0..bytes.len() {
        let decoded = decode(&codec, &bytes[..length], (17, 33), quality(40));
        assert!(decoded.is_err(), "{length} of {} bytes", bytes.len());
    }
}

#[test]
fn codes_that_no_codebook_has_are_refused() {
    let codec = codec();
    let count = config().splits().len();
    let tables = codec
        .to_weights("test")
        .tables("tables.codes", 4 * count)
        .unwrap();
    for value in [i32::MIN, -1, 16, i32::MAX] {
        let mut encoder = SymbolEncoder::new();
        let mut codes = vec![0; count];
        codes[1] = value;
        let numbers: Vec<u16> = (0..count as u16).collect();
        encoder.encode(&tables, &numbers, &codes).unwrap();
        let result = decode(&codec, &encoder.finish(), (1, 1), quality(0));
        assert!(
            matches!(result, Err(CodecError::CodeRange { value: found, count: 16 }) if found == value),
            "{value}"
        );
    }
}
