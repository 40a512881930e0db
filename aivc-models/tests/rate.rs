//! Estimated bits against the bytes of real streams, on a natural picture
//! (`assets/picosdeeuropa.png`, Aitzol Berasategi, CC BY 4.0).

#![cfg(feature = "flex")]

use std::path::Path;

use aivc_entropy::SymbolEncoder;
use aivc_models::families::factorized::{FactorizedConfig, FactorizedNetwork};
use aivc_models::families::hyperprior::{HyperpriorConfig, HyperpriorNetwork};
use aivc_models::families::{PictureCodec, Quantization, TrainableNetwork};
use aivc_models::layers::{GdnTransformConfig, Quality};
use aivc_models::losses::{Distortion, RateDistortionLoss, RateDistortionLossConfig};
use aivc_models::priors::bits;
use aivc_models::weights::WeightsFile;
use burn::backend::{Autodiff, Flex};
use burn::optim::{AdamConfig, GradientsParams, Optimizer};
use burn::tensor::{Tensor, TensorData};

type Training = Autodiff<Flex>;

/// Height and width of the part that is coded.
const SIDE: usize = 256;
/// Steps of training before rates are compared. An untrained model finds values in the far tails,
/// which cost less as escapes than their likelihoods say.
const STEPS: usize = 100;
/// Quality levels that are trained here.
const TRAINED: [u8; 2] = [0, 31];

fn photo() -> Tensor<Flex, 4> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/picosdeeuropa.png");
    let picture = image::open(path)
        .expect("an asset of this repository")
        .into_rgb8();
    let mut values = vec![0f32; 3 * SIDE * SIDE];
    for y in 0..SIDE {
        for x in 0..SIDE {
            for (channel, level) in picture
                .get_pixel(x as u32, 100 + y as u32)
                .0
                .into_iter()
                .enumerate()
            {
                values[(channel * SIDE + y) * SIDE + x] = f32::from(level) / 255.0;
            }
        }
    }
    Tensor::from_data(
        TensorData::new(values, [1, 3, SIDE, SIDE]),
        &Default::default(),
    )
}

/// A few steps on the photo itself: enough for a rate whose statistics the model knows.
fn train<N: TrainableNetwork<Training>>(config: &N::Config, steps: usize) -> PictureCodec<Flex> {
    let device = Default::default();
    let mut network = N::init(config, &device).unwrap();
    let mut optimizer = AdamConfig::new().init();
    let loss = RateDistortionLoss::new(RateDistortionLossConfig {
        distortion: Distortion::MeanSquaredError,
        lambda_lowest: 0.002,
        lambda_highest: 0.02,
    });
    let photo = Tensor::<Training, 4>::from_inner(photo());
    for step in 0..steps {
        let part = photo
            .clone()
            .narrow(2, step % 2 * 128, 128)
            .narrow(3, step / 2 % 2 * 128, 128);
        let quality = [Quality::new(TRAINED[step / 4 % 2]).unwrap()];
        let output = network.forward_training(part.clone(), &quality);
        let bits_per_pixel = output.bits / (128.0 * 128.0);
        let grads = loss
            .forward(part, output.reconstruction, bits_per_pixel, &quality)
            .backward();
        let grads = GradientsParams::from_grads(grads, &network);
        network = optimizer.step(3e-3, network, grads);
    }
    N::freeze(config, network.valid())
}

/// Bits that the likelihoods of the rounded latents promise, and bits of the stream.
fn estimate_and_stream(codec: &PictureCodec<Flex>, quality: Quality) -> (f64, f64) {
    let estimate = match codec {
        PictureCodec::Factorized(codec) => bits(
            codec
                .network()
                .forward(photo(), Quantization::Round)
                .y_likelihoods,
        ),
        PictureCodec::Hyperprior(codec) => {
            let output = codec
                .network()
                .forward(photo(), &[quality], Quantization::Round);
            for (n, l) in [("y", &output.y_likelihoods), ("z", &output.z_likelihoods)] {
                let p = l.clone().into_data().to_vec::<f32>().unwrap();
                let tail: Vec<f64> = p.iter().filter(|&&p| p < 1.5e-5).map(|&p| -f64::from(p.max(1e-9)).log2()).collect();
                let all: f64 = p.iter().map(|&p| -f64::from(p.max(1e-9)).log2()).sum();
                println!("{n} {:?}: {} values, {all} bits, tail {} values {} bits", quality, p.len(), tail.len(), tail.iter().sum::<f64>());
            }
            bits(output.y_likelihoods) + bits(output.z_likelihoods)
        }
        _ => unreachable!("a family without this test"),
    };
    let mut encoder = SymbolEncoder::new();
    codec.compress(photo(), quality, &mut encoder).unwrap();
    println!("{quality:?} {:?} {}", estimate, encoder.symbols());
    (
        estimate.into_scalar().into(),
        8.0 * encoder.finish().len() as f64,
    )
}

fn assert_agreement(name: &str, codec: &PictureCodec<Flex>, levels: &[u8]) {
    for &level in levels {
        let (estimate, stream) = estimate_and_stream(codec, Quality::new(level).unwrap());
        assert!(
            stream > 2000.0,
            "{name}, quality {level}: a stream of {stream} bits proves nothing"
        );
        let ratio = stream / estimate;
        // One percent, and the flush of the coder.
        assert!(
            (stream - estimate).abs() <= 0.01 * estimate + 64.0,
            "{name}, quality {level}: {ratio}"
        );
    }
}

fn transform() -> GdnTransformConfig {
    GdnTransformConfig::new()
        .with_quarter(12)
        .with_eighth(16)
        .with_latent(24)
}

#[test]
fn factorized_streams_are_as_long_as_estimated() {
    let config = FactorizedConfig::new().with_transform(transform());
    assert_agreement(
        "trained here",
        &train::<FactorizedNetwork<Training>>(&config, STEPS),
        &TRAINED,
    );
}

#[test]
fn hyperprior_streams_are_as_long_as_estimated() {
    let config = HyperpriorConfig::new()
        .with_transform(transform())
        .with_hyper(16);
    assert_agreement(
        "trained here",
        &train::<HyperpriorNetwork<Training>>(&config, STEPS),
        &TRAINED,
    );
}

#[test]
fn streams_of_the_shipped_weights_are_as_long_as_estimated() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../aivc-core/weights");
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "safetensors")
        {
            let file = WeightsFile::from_bytes(&std::fs::read(&path).unwrap()).unwrap();
            let codec = PictureCodec::from_weights(&file, &Default::default()).unwrap();
            assert_agreement(file.name(), &codec, &[0, 31, 63]);
        }
    }
}
