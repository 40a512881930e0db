//! Every parameter of every family is trained.

#![cfg(feature = "flex")]

use aivc_models::families::Quantization;
use aivc_models::families::factorized::FactorizedConfig;
use aivc_models::families::hybrid::coder::{FrameCoderConfig, Prediction};
use aivc_models::families::hybrid::{FrameTensors, LATENT_CHANNELS};
use aivc_models::families::hyperprior::{HyperpriorCodec, HyperpriorConfig};
use aivc_models::families::hyperprior3d::Hyperprior3dConfig;
use aivc_models::families::vqvae::{VqvaeConfig, VqvaeNetwork};
use aivc_models::layers::{GdnTransformConfig, Quality};
use aivc_models::losses::frame_squared_error;
use burn::backend::{Autodiff, Flex};
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Distribution, Tensor};

type B = Autodiff<Flex>;

struct Untrained<'a> {
    gradients: &'a <B as AutodiffBackend>::Gradients,
    path: Vec<String>,
    found: Vec<String>,
}

impl ModuleVisitor<B> for Untrained<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<B, D>>) {
        let gradient = parameter.val().grad(self.gradients);
        let moves = gradient.is_some_and(|g| g.abs().max().into_scalar() > 0.0);
        if !moves {
            self.found.push(self.path.join("."));
        }
    }
}

fn untrained<M: Module<B>>(network: &M, loss: Tensor<B, 1>) -> Vec<String> {
    let gradients = loss.backward();
    let mut visitor = Untrained {
        gradients: &gradients,
        path: Vec::new(),
        found: Vec::new(),
    };
    network.visit(&mut visitor);
    visitor.found
}

fn picture() -> Tensor<B, 4> {
    Tensor::random(
        [2, 3, 64, 64],
        Distribution::Uniform(0.0, 1.0),
        &Default::default(),
    )
}

fn rate(likelihoods: Tensor<B, 4>) -> Tensor<B, 1> {
    -(likelihoods + 1e-6).log().sum()
}

fn transform() -> GdnTransformConfig {
    GdnTransformConfig::new()
        .with_blocks(1)
        .with_hidden(8)
        .with_latent(16)
}

#[test]
fn hyperprior() {
    let config = HyperpriorConfig::new()
        .with_transform(transform())
        .with_hyper(8);
    let network = config.init::<B>(&Default::default());
    let qualities = [0, 63].map(|level| Quality::new(level).unwrap());
    // Qualities at both ends and one in each interval between two knots would be needed for all
    // gains; their tensor as a whole is what counts here.
    let output = network.forward(picture(), &qualities, Quantization::Noise);
    let error = (output.reconstruction - picture()).powf_scalar(2.0).sum();
    let loss = error * 100.0 + rate(output.y_likelihoods) + rate(output.z_likelihoods);
    assert_eq!(untrained(&network, loss), Vec::<String>::new());
}

#[test]
fn factorized() {
    let config = FactorizedConfig::new().with_transform(transform());
    let network = config.init::<B>(&Default::default());
    let output = network.forward(picture(), Quantization::Noise);
    let error = (output.reconstruction - picture()).powf_scalar(2.0).sum();
    let loss = error * 100.0 + rate(output.y_likelihoods);
    assert_eq!(untrained(&network, loss), Vec::<String>::new());
}

#[test]
fn hyperprior3d() {
    let config = Hyperprior3dConfig::new()
        .with_transform(transform())
        .with_hidden(8)
        .with_hyper(8);
    let pictures = HyperpriorConfig::new()
        .with_transform(transform())
        .with_hyper(8);
    let weights =
        HyperpriorCodec::<Flex>::freeze(pictures.clone(), pictures.init(&Default::default()));
    let file = weights.to_weights("pictures");
    let clips = Tensor::<B, 5>::random(
        [2, 3, 8, 64, 64],
        Distribution::Uniform(0.0, 1.0),
        &Default::default(),
    );
    let qualities = [0, 63].map(|level| Quality::new(level).unwrap());
    let from_pictures = config.init_with_pictures::<B>(&file, &Default::default());
    for network in [
        config.init::<B>(&Default::default()),
        from_pictures.unwrap(),
    ] {
        let (y, z) = (Quantization::Round, Quantization::Noise);
        let output = network.forward(clips.clone(), &qualities, y, z);
        let error = (output.reconstruction - clips.clone())
            .powf_scalar(2.0)
            .sum();
        let loss = error * 100.0 + (output.y_bits + output.z_bits).sum();
        assert_eq!(untrained(&network, loss), Vec::<String>::new());
    }
}

/// All but the codebooks, which learn without gradients.
#[test]
fn vqvae() {
    let config = VqvaeConfig::new()
        .with_transform(transform())
        .with_stages(1)
        .with_codes(4);
    let qualities = [0, 63].map(|level| Quality::new(level).unwrap());
    let network: VqvaeNetwork<B> = config.init(&Default::default());
    let output = network.forward(&config, picture(), &qualities);
    let network = network.with_codebooks_updated(&output.statistics, 0);
    let output = network.forward(&config, picture(), &qualities);
    let error = (output.reconstruction - picture()).powf_scalar(2.0).sum();
    let found = untrained(&network, error * 100.0 + output.commitment.sum());
    let others = found.iter().filter(|name| !name.starts_with("quantizers."));
    assert_eq!(others.count(), 0, "{found:?}");
    assert!(found.len() == 2 * config.splits().len(), "{found:?}");
}

fn frames() -> FrameTensors<B> {
    let random = |shape: [usize; 4]| {
        Tensor::random(
            shape,
            Distribution::Uniform(-100.0, 100.0),
            &Default::default(),
        )
    };
    FrameTensors {
        luma: random([2, 1, 64, 64]),
        chroma: random([2, 2, 32, 32]),
    }
}

#[test]
fn hybrid() {
    for predicts in [false, true] {
        let config = FrameCoderConfig::new(predicts)
            .with_hidden(8)
            .with_blocks(1)
            .with_hyper(4)
            .with_context(8)
            .with_parameters(8);
        let network = config.init::<B>(&Default::default());
        let qualities = [0, 63].map(|level| Quality::new(level).unwrap());
        let prediction = predicts.then(|| Prediction {
            frames: frames(),
            last_residual: Some(Tensor::random(
                [2, LATENT_CHANNELS, 4, 4],
                Distribution::Uniform(-30.0, 30.0),
                &Default::default(),
            )),
        });
        let original = frames();
        let output = network.forward(
            original.clone(),
            prediction,
            &qualities,
            Quantization::Noise,
        );
        let error = frame_squared_error(original, output.reconstruction).sum();
        let loss = error * 100.0 + output.bits.sum();
        assert_eq!(untrained(&network, loss), Vec::<String>::new());
    }
}
