//! The refinement of decoded pictures: where it starts, how it is cut up, trained and stored.

#![cfg(feature = "flex")]

use aivc_models::families::PictureCodec;
use aivc_models::layers::{Quality, bicubic_double};
use aivc_models::refinement::{AdversarialRefinement, RefinementConfig, RefinementModel};
use aivc_models::weights::{WeightsError, WeightsFile};
use burn::backend::{Autodiff, Flex};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Distribution, Tensor};

type Train = Autodiff<Flex>;

fn config(scale: usize) -> RefinementConfig {
    RefinementConfig::new()
        .with_scale(scale)
        .with_hidden(6)
        .with_blocks(2)
}

fn picture(height: usize, width: usize) -> Tensor<Flex, 4> {
    let values: Vec<f32> = (0..3 * height * width)
        .map(|i| ((i * 7919 + i / 5 * 104_729) % 257) as f32 / 256.0)
        .collect();
    Tensor::<Flex, 1>::from_floats(values.as_slice(), &Default::default())
        .reshape([1, 3, height, width])
}

/// Parameters away from where they start, the same at every call.
struct Moved(u32);

impl ModuleMapper<Flex> for Moved {
    fn map_float<const D: usize>(
        &mut self,
        param: Param<Tensor<Flex, D>>,
    ) -> Param<Tensor<Flex, D>> {
        param.map(|tensor| {
            let shape = tensor.shape();
            let values: Vec<f32> = (0..shape.num_elements())
                .map(|_| {
                    self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (self.0 >> 16) as f32 / 65_536.0 * 0.4 - 0.2
                })
                .collect();
            Tensor::<Flex, 1>::from_floats(values.as_slice(), &tensor.device()).reshape(shape)
        })
    }
}

/// A model whose every parameter does something.
fn moved_model(scale: usize) -> RefinementModel<Flex> {
    let network = config(scale).init(&Default::default()).map(&mut Moved(1));
    RefinementModel::freeze(config(scale), network)
}

fn greatest_difference(a: Tensor<Flex, 4>, b: Tensor<Flex, 4>) -> f32 {
    assert_eq!(a.dims(), b.dims());
    (a - b).abs().max().into_scalar()
}

#[test]
fn before_training_it_shows_the_picture_or_its_bicubic_enlargement() {
    for (height, width) in [(8, 8), (5, 7), (1, 1)] {
        let decoded = picture(height, width);
        for (scale, expected) in [(1, decoded.clone()), (2, bicubic_double(decoded.clone()))] {
            let network = config(scale).init::<Flex>(&Default::default());
            let shown = network.forward(decoded.clone(), &[Quality::MIN]);
            assert_eq!(greatest_difference(shown, expected), 0.0);
        }
    }
}

#[test]
fn a_picture_in_bands_is_the_picture_as_a_whole() {
    // More than two bands, an odd rest.
    let decoded = picture(531, 5);
    let quality = Quality::new(20).unwrap();
    for scale in [1, 2] {
        let model = moved_model(scale);
        let whole = model.network().forward(decoded.clone(), &[quality]);
        let error = greatest_difference(model.refine(decoded.clone(), quality), whole);
        // The same sums, perhaps in another order.
        assert!(error < 1e-4, "scale {scale}: {error}");
    }
}

#[test]
fn every_quality_has_its_own_refinement() {
    let model = moved_model(1);
    let residual = |level| model.residual(picture(8, 8), Quality::new(level).unwrap());
    assert!(greatest_difference(residual(10), residual(50)) > 1e-3);
}

#[test]
fn a_weights_file_gives_the_same_refinement_again() {
    let device = Default::default();
    for scale in [1, 2] {
        let model = moved_model(scale);
        let bytes = model.to_weights("tiny").to_bytes().unwrap();
        let file = WeightsFile::from_bytes(&bytes).unwrap();
        let loaded = RefinementModel::<Flex>::from_weights(&file, &device).unwrap();
        let refined = |model: &RefinementModel<Flex>| model.refine(picture(6, 9), Quality::MAX);
        assert_eq!(greatest_difference(refined(&model), refined(&loaded)), 0.0);
    }
}

#[test]
fn weights_of_codecs_and_refinements_are_not_taken_for_each_other() {
    let device = Default::default();
    let refinement = moved_model(1).to_weights("tiny");
    let error = PictureCodec::<Flex>::from_weights(&refinement, &device).unwrap_err();
    assert!(matches!(error, WeightsError::NoCodec), "{error}");
    let codec = WeightsFile::new("hyperprior", "tiny", &config(1));
    let error = RefinementModel::<Flex>::from_weights(&codec, &device).unwrap_err();
    assert!(
        matches!(error, WeightsError::NoRefinement { .. }),
        "{error}"
    );
}

#[test]
fn hostile_widths_are_refused_before_memory_is_taken() {
    let device = Default::default();
    for config in [
        config(3),
        config(0),
        config(1).with_hidden(1 << 40),
        config(2).with_blocks(1 << 40),
    ] {
        let file = WeightsFile::new("refinement", "hostile", &config);
        let error = RefinementModel::<Flex>::from_weights(&file, &device).unwrap_err();
        assert!(matches!(error, WeightsError::Config(_)), "{error}");
    }
}

/// How many parameters of a module have a gradient that is not 0, and how many have none.
#[derive(Default)]
struct Moving {
    gradients: GradientsParams,
    moving: usize,
    still: usize,
}

impl ModuleVisitor<Train> for Moving {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
        match self.gradients.get::<Flex, D>(param.id) {
            Some(gradient) if gradient.clone().abs().max().into_scalar() > 0.0 => self.moving += 1,
            _ => self.still += 1,
        }
    }
}

/// Moving and still parameters of refinement and discriminator under a loss.
fn moving(pair: &AdversarialRefinement<Train>, loss: Tensor<Train, 1>) -> [(usize, usize); 2] {
    let mut gradients = loss.backward();
    let count = |gradients, visit: &dyn Fn(&mut Moving)| {
        let mut moving = Moving {
            gradients,
            ..Moving::default()
        };
        visit(&mut moving);
        (moving.moving, moving.still)
    };
    let of_refinement = GradientsParams::from_module(&mut gradients, &pair.refinement);
    let of_discriminator = GradientsParams::from_module(&mut gradients, &pair.discriminator);
    [
        count(of_refinement, &|moving| pair.refinement.visit(moving)),
        count(of_discriminator, &|moving| pair.discriminator.visit(moving)),
    ]
}

#[test]
fn each_side_of_the_adversarial_pair_is_moved_by_its_own_loss_alone() {
    let device = Default::default();
    for scale in [1, 2] {
        let mut pair = AdversarialRefinement::<Train>::init(&config(scale), &device);
        // The last layer starts at zero, where the layers before it have no gradient yet.
        pair.refinement = pair.refinement.map(&mut MovedTrained(3));
        let random = |side| {
            Tensor::<Train, 4>::random([2, 3, side, side], Distribution::Uniform(0., 1.), &device)
        };
        let qualities = [Quality::MIN, Quality::MAX];
        let (original, decoded) = (random(16), random(16 / scale));
        let losses = || {
            let base = pair.refinement.base(decoded.clone());
            let refined = pair.refinement.forward(decoded.clone(), &qualities);
            pair.losses(original.clone(), refined, base)
        };
        // Head, two blocks of five parameters, tail, strengths. Of the discriminator's three layers with biases,
        // the last bias is in all scores alike, and only their differences count.
        assert_eq!(moving(&pair, losses().refinement), [(15, 0), (0, 6)]);
        assert_eq!(moving(&pair, losses().discriminator), [(0, 15), (5, 1)]);
    }
}

/// [`Moved`], for what is trained.
struct MovedTrained(u32);

impl ModuleMapper<Train> for MovedTrained {
    fn map_float<const D: usize>(
        &mut self,
        param: Param<Tensor<Train, D>>,
    ) -> Param<Tensor<Train, D>> {
        let inner = Param::from_tensor(param.val().inner());
        let moved = Moved(self.0).map_float(inner);
        self.0 += 1;
        Param::initialized(param.id, Tensor::from_inner(moved.val()).require_grad())
    }
}
