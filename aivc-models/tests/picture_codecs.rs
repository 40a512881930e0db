//! The codec families from picture to symbols and back.

#![cfg(feature = "flex")]

mod support;

use aivc_entropy::{SymbolDecoder, SymbolEncoder};
use aivc_models::ModelBackend;
use aivc_models::families::factorized::{FactorizedCodec, FactorizedConfig};
use aivc_models::families::hyperprior::{HyperpriorCodec, HyperpriorConfig};
use aivc_models::families::{CodecError, PictureCodec, PictureSize, Quantization};
use aivc_models::layers::{GdnTransformConfig, Quality};
use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use support::{Mixer, picture};

const SIZES: [(usize, usize); 4] = [(1, 1), (17, 33), (64, 64), (65, 128)];

fn transform() -> GdnTransformConfig {
    GdnTransformConfig::new()
        .with_blocks(1)
        .with_hidden(8)
        .with_latent(16)
}

fn hyperprior() -> HyperpriorConfig {
    HyperpriorConfig::new()
        .with_transform(transform())
        .with_hyper(8)
}

fn codecs() -> [PictureCodec<Flex>; 2] {
    let device = Default::default();
    let factorized = FactorizedConfig::new().with_transform(transform());
    let (network, of_hyperprior) = (factorized.init(&device), hyperprior().init(&device));
    [
        PictureCodec::Factorized(FactorizedCodec::freeze(factorized, network)),
        PictureCodec::Hyperprior(HyperpriorCodec::freeze(hyperprior(), of_hyperprior)),
    ]
}

fn quality(level: u8) -> Quality {
    Quality::new(level).unwrap()
}

/// The stream of a picture and the encoder's own reconstruction.
fn encode(
    codec: &PictureCodec<Flex>,
    picture: Tensor<Flex, 4>,
    quality: Quality,
) -> (Vec<u8>, TensorData) {
    let mut encoder = SymbolEncoder::new();
    let latents = codec.compress(picture, quality, &mut encoder).unwrap();
    (encoder.finish(), codec.reconstruct(latents).into_data())
}

fn decode<B: ModelBackend>(
    codec: &PictureCodec<B>,
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
fn forward_keeps_the_shape_and_gives_likelihoods_of_every_latent() {
    let probable = |likelihoods: Tensor<Flex, 4>, shape: [usize; 4]| {
        assert_eq!(likelihoods.dims(), shape);
        let values = likelihoods.into_data().to_vec::<f32>().unwrap();
        assert!(values.iter().all(|&p| (0.0..=1.0).contains(&p)));
        // Zero is what the far tail of a Gaussian rounds to: an untrained model, whose weights are
        // random, has many of the values of a bright picture there, but not all.
        assert!(values.iter().any(|&p| p > 0.0));
    };
    let device = Default::default();
    let factorized = FactorizedConfig::new()
        .with_transform(transform())
        .init::<Flex>(&device);
    let hyperprior = hyperprior().init::<Flex>(&device);
    for (height, width) in SIZES {
        let pictures = picture::<Flex>(height, width).repeat_dim(0, 2);
        for quantization in [Quantization::Noise, Quantization::Round] {
            let output = factorized.forward(pictures.clone(), quantization);
            assert_eq!(output.reconstruction.dims(), [2, 3, height, width]);
            probable(
                output.y_likelihoods,
                [2, 16, height.div_ceil(16), width.div_ceil(16)],
            );

            let output =
                hyperprior.forward(pictures.clone(), &[quality(9), quality(40)], quantization);
            assert_eq!(output.reconstruction.dims(), [2, 3, height, width]);
            let (rows, columns) = (height.div_ceil(64), width.div_ceil(64));
            probable(output.y_likelihoods, [2, 16, 4 * rows, 4 * columns]);
            probable(output.z_likelihoods, [2, 8, rows, columns]);
        }
    }
}

#[test]
fn the_decoder_gives_the_encoders_reconstruction() {
    for codec in codecs() {
        for (height, width) in SIZES {
            for level in [0, 31, 63] {
                let (bytes, reconstruction) =
                    encode(&codec, picture(height, width), quality(level));
                let decoded = decode(&codec, &bytes, (height, width), quality(level)).unwrap();
                assert_eq!(decoded.shape[..], [1, 3, height, width]);
                assert_eq!(decoded, reconstruction);
                let values = decoded.to_vec::<f32>().unwrap();
                assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
            }
        }
    }
}

#[test]
fn an_untrained_stream_is_ten_times_smaller_than_its_input() {
    for codec in codecs() {
        for level in [0, 31, 63] {
            let (bytes, _) = encode(&codec, picture(64, 64), quality(level));
            assert!(
                bytes.len() * 10 <= 64 * 64 * 3 * 4,
                "quality {level}: {} bytes",
                bytes.len()
            );
        }
    }
}

#[test]
fn a_higher_quality_is_nearer_to_the_latent_and_costs_more() {
    let [_, codec] = codecs();
    // An untrained model's lowest levels, which round nearly everything to zero, are alike.
    let sizes = [0, 42, 63].map(|level| encode(&codec, picture(128, 128), quality(level)).0.len());
    assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2], "{sizes:?}");
}

#[cfg(feature = "ndarray")]
#[test]
fn a_stream_from_flex_decodes_on_ndarray() {
    for codec in codecs() {
        let bytes = codec.to_weights("test").to_bytes().unwrap();
        let file = aivc_models::weights::WeightsFile::from_bytes(&bytes).unwrap();
        let elsewhere =
            PictureCodec::<burn::backend::NdArray>::from_weights(&file, &Default::default())
                .unwrap();
        for (height, width) in SIZES {
            for level in [0, 20, 63] {
                let (bytes, reconstruction) =
                    encode(&codec, picture(height, width), quality(level));
                // Another symbol or table anywhere would change the coder's final state.
                let decoded = decode(&elsewhere, &bytes, (height, width), quality(level)).unwrap();
                let reconstruction = reconstruction.to_vec::<f32>().unwrap();
                for (a, b) in decoded
                    .to_vec::<f32>()
                    .unwrap()
                    .into_iter()
                    .zip(reconstruction)
                {
                    assert!((a - b).abs() <= 1.0 / 255.0, "{a} {b}");
                }
            }
        }
    }
}

#[test]
fn a_truncated_stream_is_an_error() {
    for codec in codecs() {
        let (bytes, _) = encode(&codec, picture(17, 33), quality(40));
        for length in 0..bytes.len() {
            let decoded = decode(&codec, &bytes[..length], (17, 33), quality(40));
            assert!(decoded.is_err(), "{length} of {} bytes", bytes.len());
        }
    }
}

/// Whether it is an error is up to chance; the container's checksum catches what is not.
#[test]
fn a_damaged_stream_is_an_error_or_a_picture() {
    let mut mixer = Mixer(3);
    for codec in codecs() {
        let (bytes, _) = encode(&codec, picture(17, 33), quality(40));
        let mut errors = 0;
        for _ in 0..200 {
            let mut damaged = bytes.clone();
            for _ in 0..1 + mixer.below(3) {
                let bit = mixer.below(8 * bytes.len() as u64) as usize;
                damaged[bit / 8] ^= 1 << (bit % 8);
            }
            match decode(&codec, &damaged, (17, 33), quality(40)) {
                Ok(decoded) => assert_eq!(decoded.shape[..], [1, 3, 17, 33]),
                Err(_) => errors += 1,
            }
        }
        assert!(
            errors > 100,
            "the final state shows most damage, not {errors} of 200"
        );
    }
}

/// The greatest distance that an escape can say must not slip through as `i32::MIN`, whose
/// absolute value overflows.
#[test]
fn hyper_latents_beyond_the_range_are_refused() {
    let [_, codec] = codecs();
    let PictureCodec::Hyperprior(codec) = codec else {
        unreachable!("the second is the hyperprior")
    };
    let tables = codec
        .to_weights("test")
        .tables("tables.hyper_prior", 8)
        .unwrap();
    for value in [i32::MIN, i32::MIN + 1, -128, 128, i32::MAX] {
        let mut encoder = SymbolEncoder::new();
        encoder
            .encode(
                &tables,
                &[0, 1, 2, 3, 4, 5, 6, 7],
                &[0, 0, 0, value, 0, 0, 0, 0],
            )
            .unwrap();
        let bytes = encoder.finish();
        let mut decoder = SymbolDecoder::new(&bytes).unwrap();
        let size = PictureSize {
            height: 1,
            width: 1,
        };
        let result = codec.decompress(size, quality(0), &mut decoder, &Default::default());
        assert!(
            matches!(result, Err(CodecError::HyperLatentRange { value: found }) if found == value),
            "{value}"
        );
    }
}
