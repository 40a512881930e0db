//! The hyperprior of groups of frames, from frames to symbols and back.

#![cfg(feature = "flex")]

mod support;

use aivc_entropy::{SymbolDecoder, SymbolEncoder};
use aivc_models::ModelBackend;
use aivc_models::families::hyperprior::{HyperpriorCodec, HyperpriorConfig};
use aivc_models::families::hyperprior3d::{Hyperprior3dCodec, Hyperprior3dConfig};
use aivc_models::families::{CodecError, PictureSize, Quantization, Rounding};
use aivc_models::layers::{GdnTransformConfig, Quality};
use aivc_models::weights::{WeightsError, WeightsFile};
use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use support::picture;

fn transform() -> GdnTransformConfig {
    GdnTransformConfig::new()
        .with_blocks(1)
        .with_hidden(8)
        .with_latent(16)
}

fn config() -> Hyperprior3dConfig {
    Hyperprior3dConfig::new()
        .with_transform(transform())
        .with_hidden(8)
        .with_hyper(8)
}

fn codec() -> Hyperprior3dCodec<Flex> {
    Hyperprior3dCodec::freeze(config(), config().init(&Default::default()))
}

fn quality(level: u8) -> Quality {
    Quality::new(level).unwrap()
}

/// A window that moves over a picture by a pixel a frame, `[1, 3, frames, height, width]`.
fn clip<B: ModelBackend>(frames: usize, height: usize, width: usize) -> Tensor<B, 5> {
    let wide = picture::<B>(height, width + frames);
    let windows = (0..frames).map(|at| wide.clone().narrow(3, at, width).unsqueeze_dim(2));
    Tensor::cat(windows.collect(), 2)
}

fn encode(
    codec: &Hyperprior3dCodec<Flex>,
    clip: Tensor<Flex, 5>,
    level: u8,
) -> (Vec<u8>, Vec<TensorData>) {
    let frames = clip.dims()[2];
    let mut encoder = SymbolEncoder::new();
    let rounding = Rounding::RateAware;
    let latents = codec
        .compress(clip, quality(level), rounding, &mut encoder)
        .unwrap();
    let decoded = codec.reconstruct(latents, frames).map(Tensor::into_data);
    (encoder.finish(), decoded.collect())
}

fn decode<B: ModelBackend>(
    codec: &Hyperprior3dCodec<B>,
    bytes: &[u8],
    (frames, height, width): (usize, usize, usize),
    level: u8,
) -> Result<Vec<TensorData>, CodecError> {
    let mut decoder = SymbolDecoder::new(bytes)?;
    let size = PictureSize { height, width };
    let latents = codec.decompress(size, quality(level), &mut decoder, &Default::default())?;
    decoder.finish()?;
    Ok(codec
        .reconstruct(latents, frames)
        .map(Tensor::into_data)
        .collect())
}

#[test]
fn the_decoder_gives_the_encoders_reconstruction() {
    let codec = codec();
    for (frames, height, width) in [(1, 1, 1), (2, 17, 33), (8, 32, 64), (5, 65, 40)] {
        for level in [0, 31, 63] {
            let (bytes, seen) = encode(&codec, clip(frames, height, width), level);
            let decoded = decode(&codec, &bytes, (frames, height, width), level).unwrap();
            assert_eq!(decoded.len(), frames);
            assert_eq!(decoded[frames - 1].shape[..], [1, 3, height, width]);
            assert_eq!(decoded, seen);
        }
    }
}

#[test]
fn clips_of_any_length_are_padded_and_cropped_in_time() {
    let network = config().init::<Flex>(&Default::default());
    let (y, z) = (Quantization::Round, Quantization::Round);
    let bits = [1, 8, 9].map(|frames| {
        let clips = clip::<Flex>(frames, 40, 33).repeat_dim(0, 2);
        let output = network.forward(clips, &[quality(9), quality(40)], y, z);
        assert_eq!(output.reconstruction.dims(), [2, 3, frames, 40, 33]);
        assert_eq!(output.y_bits.dims(), [2]);
        output.z_bits.sum().into_scalar()
    });
    // A ninth frame begins another group.
    assert!(bits[2] > 1.5 * bits[1], "{bits:?}");
}

/// What stands still has one coefficient in place of eight.
#[test]
fn a_still_clip_costs_less_than_half_of_a_moving_one() {
    let codec = codec();
    let still = picture::<Flex>(64, 64)
        .unsqueeze_dim::<5>(2)
        .repeat_dim(2, 8);
    let (still, _) = encode(&codec, still, 50);
    let (moving, _) = encode(&codec, clip(8, 64, 64), 50);
    assert!(
        2 * still.len() < moving.len(),
        "{} {}",
        still.len(),
        moving.len()
    );
}

#[test]
fn streams_are_as_long_as_estimated() {
    let codec = codec();
    let (y, z) = (Quantization::Round, Quantization::Round);
    let clip = clip::<Flex>(8, 96, 96);
    let output = codec.network().forward(clip.clone(), &[quality(20)], y, z);
    let estimate = f64::from((output.y_bits + output.z_bits).into_scalar());
    let mut encoder = SymbolEncoder::new();
    codec
        .compress(clip, quality(20), Rounding::Nearest, &mut encoder)
        .unwrap();
    let stream = 8.0 * encoder.finish().len() as f64;
    // An untrained model has values in tails, where a table has no bin and the estimate is rough.
    assert!(
        (stream / estimate - 1.0).abs() < 0.05,
        "{stream} {estimate}"
    );
}

#[test]
fn a_weights_file_gives_the_same_codec_again() {
    let codec = codec();
    let bytes = codec.to_weights("test").to_bytes().unwrap();
    let file = WeightsFile::from_bytes(&bytes).unwrap();
    assert_eq!(file.family(), "hyperprior3d");
    let again = Hyperprior3dCodec::<Flex>::from_weights(&file, &Default::default()).unwrap();
    assert_eq!(again.to_weights("test").to_bytes().unwrap(), bytes);
    let (stream, seen) = encode(&codec, clip(3, 20, 20), 40);
    assert_eq!(decode(&again, &stream, (3, 20, 20), 40).unwrap(), seen);
    for bound in again.exact_layer_bounds().unwrap() {
        assert!(bound.share() < 1.0, "{bound:?}");
    }
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    let load =
        |file: &WeightsFile| Hyperprior3dCodec::<Flex>::from_weights(file, &Default::default());
    let network = config().init::<Flex>(&Default::default());
    let mut without_integers = WeightsFile::new("hyperprior3d", "test", &config());
    without_integers.store_parameters(&network);
    assert!(matches!(
        load(&without_integers),
        Err(WeightsError::ElementType { .. } | WeightsError::Missing { .. })
    ));
    let too_wide = WeightsFile::new("hyperprior3d", "test", &config().with_hyper(100_000));
    assert!(matches!(load(&too_wide), Err(WeightsError::Config(_))));
    let mut left_over = codec().to_weights("test");
    let tables = left_over.tables("tables.gaussian", 64).unwrap();
    left_over.store_tables("tables.other", &tables);
    assert!(matches!(
        load(&left_over),
        Err(WeightsError::Unexpected { .. })
    ));
}

#[test]
fn picture_weights_are_taken_over_and_others_refused() {
    let pictures = HyperpriorConfig::new()
        .with_transform(transform())
        .with_hyper(8);
    let codec =
        HyperpriorCodec::<Flex>::freeze(pictures.clone(), pictures.init(&Default::default()));
    let file = codec.to_weights("pictures");
    let network = config()
        .init_with_pictures::<Flex>(&file, &Default::default())
        .unwrap();
    let ours = Hyperprior3dCodec::freeze(config(), network).to_weights("test");
    let part = |file: &WeightsFile, name: &str| {
        let bytes = file.to_bytes().unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        tensors.tensor(name).unwrap().data().to_vec()
    };
    for name in [
        "analysis.latent.convolution.weight",
        "synthesis.blocks.0.normalize.gamma",
    ] {
        assert_eq!(part(&ours, name), part(&file, name), "{name}");
    }

    let wider = config().with_transform(transform().with_latent(24));
    let refused = wider.init_with_pictures::<Flex>(&file, &Default::default());
    assert!(matches!(refused, Err(WeightsError::Shape { .. })));
}

#[cfg(feature = "ndarray")]
#[test]
fn a_stream_from_flex_decodes_on_ndarray() {
    let codec = codec();
    let file = codec.to_weights("test");
    let elsewhere =
        Hyperprior3dCodec::<burn::backend::NdArray>::from_weights(&file, &Default::default())
            .unwrap();
    for level in [0, 20, 63] {
        let (bytes, seen) = encode(&codec, clip(8, 40, 33), level);
        // Another symbol or table anywhere would change the coder's final state.
        let decoded = decode(&elsewhere, &bytes, (8, 40, 33), level).unwrap();
        for (ours, theirs) in decoded.iter().zip(&seen) {
            let pairs = ours
                .to_vec::<f32>()
                .unwrap()
                .into_iter()
                .zip(theirs.to_vec::<f32>().unwrap());
            for (a, b) in pairs {
                assert!((a - b).abs() <= 1.0 / 255.0, "{a} {b}");
            }
        }
    }
}

#[test]
fn a_truncated_stream_is_an_error() {
    let codec = codec();
    let (bytes, _) = encode(&codec, clip(2, 17, 17), 40);
    for length in (0..bytes.len()).step_by(3) {
        let decoded = decode(&codec, &bytes[..length], (2, 17, 17), 40);
        assert!(decoded.is_err(), "{length} of {} bytes", bytes.len());
    }
}
