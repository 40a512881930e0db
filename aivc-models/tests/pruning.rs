//! Models with fewer channels.

#![cfg(feature = "flex")]

mod support;

use aivc_entropy::{SymbolDecoder, SymbolEncoder};
use aivc_models::families::factorized::{FactorizedCodec, FactorizedConfig};
use aivc_models::families::hyperprior::{HyperpriorCodec, HyperpriorConfig};
use aivc_models::families::{PictureCodec, PictureSize};
use aivc_models::layers::{GdnTransformConfig, Quality};
use aivc_models::pruning::{ChannelImportance, PruningError, Widths};
use aivc_models::weights::WeightsFile;
use burn::backend::Flex;
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};
use support::picture;

const QUALITY: u8 = 63;

fn transform() -> GdnTransformConfig {
    GdnTransformConfig::new()
        .with_blocks(2)
        .with_hidden(4)
        .with_latent(6)
}

fn config() -> HyperpriorConfig {
    HyperpriorConfig::new()
        .with_transform(transform())
        .with_hyper(4)
}

fn hyperprior() -> WeightsFile {
    let config = config();
    let network = config.init::<Flex>(&Default::default());
    HyperpriorCodec::freeze(config, network).to_weights("whole")
}

fn factorized() -> WeightsFile {
    let config = FactorizedConfig::new().with_transform(transform());
    let network = config.init::<Flex>(&Default::default());
    FactorizedCodec::freeze(config, network).to_weights("whole")
}

fn load(file: &WeightsFile) -> PictureCodec<Flex> {
    PictureCodec::from_weights(file, &Default::default()).unwrap()
}

fn judged(file: &WeightsFile) -> ChannelImportance {
    let mut importance = ChannelImportance::new();
    let quality = Quality::new(QUALITY).unwrap();
    importance
        .add(&load(file), picture(64, 64), quality)
        .unwrap();
    importance
}

/// What a codec decodes a picture to.
fn decoded(codec: &PictureCodec<Flex>) -> Vec<f32> {
    let (quality, device) = (Quality::new(QUALITY).unwrap(), Default::default());
    let mut encoder = SymbolEncoder::new();
    let latents = codec
        .compress(picture(64, 64), quality, &mut encoder)
        .unwrap();
    let seen = codec.reconstruct(latents).into_data();
    let bytes = encoder.finish();
    let mut decoder = SymbolDecoder::new(&bytes).unwrap();
    let size = PictureSize {
        height: 64,
        width: 64,
    };
    let latents = codec
        .decompress(size, quality, &mut decoder, &device)
        .unwrap();
    decoder.finish().unwrap();
    let shown = codec.reconstruct(latents).into_data();
    assert_eq!(shown, seen, "decoders show what the encoder saw");
    shown.to_vec().unwrap()
}

#[test]
fn what_is_left_is_a_codec_of_the_smaller_widths() {
    for (file, hyper) in [(hyperprior(), Some(3)), (factorized(), None)] {
        let widths = Widths {
            hidden: 3,
            latent: 4,
            hyper,
        };
        let pruned = judged(&file).prune(&file, &widths).unwrap();
        assert_eq!(Widths::of(&pruned).unwrap(), widths);
        assert!(pruned.parameters() < file.parameters());
        let bytes = pruned.to_bytes().unwrap();
        decoded(&load(&WeightsFile::from_bytes(&bytes).unwrap()));
    }
}

#[test]
fn a_model_of_8_bit_kernels_is_cut_as_the_same_one_of_floats() {
    let file = hyperprior();
    let int8 = file.with_int8_kernels().unwrap();
    let floats = load(&int8).to_weights("whole");
    let widths = Widths::of(&file).unwrap().share(0.5).unwrap();
    let cut = |file: &WeightsFile| {
        judged(file)
            .prune(file, &widths)
            .unwrap()
            .to_bytes()
            .unwrap()
    };
    assert!(cut(&int8) == cut(&floats));
}

/// The integers of every exact layer are among those before, so its bound holds with room to spare.
#[test]
fn bounds_of_exact_layers_can_only_fall() {
    let file = hyperprior();
    let all = Widths::of(&file).unwrap();
    let pruned = judged(&file)
        .prune(&file, &all.share(0.5).unwrap())
        .unwrap();
    let bounds = |file: &WeightsFile| load(file).exact_layer_bounds().unwrap();
    let (before, after) = (bounds(&file), bounds(&pruned));
    assert_eq!(before.len(), 4);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.layer, after.layer);
        assert!(
            after.worst_partial_sum <= before.worst_partial_sum,
            "{after:?}"
        );
    }
}

/// Makes the hidden channels 0 and 2 of every block zero.
struct Idle(Vec<String>);

impl ModuleMapper<Flex> for Idle {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.0.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.0.pop();
    }

    fn map_float<const D: usize>(
        &mut self,
        param: Param<Tensor<Flex, D>>,
    ) -> Param<Tensor<Flex, D>> {
        let path = self.0.join(".");
        let writes_hidden = ["narrow.convolution", "space.convolution"];
        if !writes_hidden.iter().any(|layer| path.contains(layer)) {
            return param;
        }
        param.map(|tensor| {
            let shape = tensor.dims();
            let mut values = tensor.into_data().to_vec::<f32>().unwrap();
            let row = values.len() / shape[0];
            for channel in [0, 2] {
                values[channel * row..][..row].fill(0.0);
            }
            Tensor::from_data(TensorData::new(values, shape), &Default::default())
        })
    }
}

#[test]
fn hidden_channels_that_carry_nothing_go_first_and_are_not_missed() {
    let config = config();
    let network = config.init::<Flex>(&Default::default());
    let network = network.map(&mut Idle(Vec::new()));
    let idle = HyperpriorCodec::freeze(config, network).to_weights("idle");
    let widths = Widths {
        hidden: 2,
        ..Widths::of(&idle).unwrap()
    };
    let pruned = judged(&idle).prune(&idle, &widths).unwrap();
    let (whole, cut) = (decoded(&load(&idle)), decoded(&load(&pruned)));
    let pairs = whole.iter().zip(&cut);
    let worst = pairs.fold(0f32, |worst, (a, b)| worst.max((a - b).abs()));
    // The same products without those of zeros, added in another order.
    assert!(worst < 1e-4, "{worst}");
}

#[test]
fn targets_that_cannot_be_met_are_refused() {
    let file = hyperprior();
    let all = Widths::of(&file).unwrap();
    let importance = judged(&file);
    let refused = |widths: Widths| importance.prune(&file, &widths).unwrap_err();
    assert!(matches!(refused(all), PruningError::NothingToCut));
    let more = Widths { latent: 7, ..all };
    assert!(matches!(
        refused(more),
        PruningError::Width {
            name: "latent",
            value: 7,
            maximum: 6
        }
    ));
    let none = Widths {
        hyper: Some(0),
        ..all
    };
    assert!(matches!(
        refused(none),
        PruningError::Width {
            name: "hyper",
            value: 0,
            ..
        }
    ));
    for share in [0.0, 1.0, -0.5, f64::NAN] {
        assert!(
            matches!(all.share(share), Err(PruningError::Share { .. })),
            "{share}"
        );
    }
    assert!(matches!(
        all.for_decoder_kmac(&file, 0.01),
        Err(PruningError::Cost { .. })
    ));
    let nothing_seen = ChannelImportance::new().prune(&file, &all.share(0.5).unwrap());
    assert!(matches!(nothing_seen, Err(PruningError::NothingSeen)));
    let stranger = WeightsFile::new("hybrid", "test", &());
    assert!(matches!(
        Widths::of(&stranger),
        Err(PruningError::Family { family }) if family == "hybrid"
    ));
}

#[test]
fn a_cost_of_the_decoder_is_kept_by_the_largest_share_that_does() {
    let file = hyperprior();
    let all = Widths::of(&file).unwrap();
    let cost = |file: &WeightsFile| {
        let config: HyperpriorConfig = file.config().unwrap();
        config.decoder_macs_per_pixel() / 1000.0
    };
    // Most of a model as small as this one is its cosine transform, which stays.
    let limit = 0.95 * cost(&file);
    let widths = all.for_decoder_kmac(&file, limit).unwrap();
    let pruned = judged(&file).prune(&file, &widths).unwrap();
    assert!(cost(&pruned) <= limit && widths != all, "{widths:?}");
}
