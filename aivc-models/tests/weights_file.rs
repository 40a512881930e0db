//! Weights files: round trips, and one attack after the other.

#![cfg(feature = "flex")]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use aivc_entropy::{CdfTable, SymbolDecoder, SymbolEncoder, TableSet};
use aivc_models::families::factorized::{FactorizedCodec, FactorizedConfig};
use aivc_models::families::hyperprior::{HyperpriorCodec, HyperpriorConfig};
use aivc_models::families::{PictureCodec, PictureSize};
use aivc_models::layers::{DyadicWeightsError, GdnTransformConfig, Quality};
use aivc_models::weights::{WeightsError, WeightsFile};
use burn::backend::Flex;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::{Value, json};
use support::picture;

fn transform() -> GdnTransformConfig {
    GdnTransformConfig::new()
        .with_blocks(1)
        .with_hidden(2)
        .with_latent(4)
}

fn hyperprior() -> PictureCodec<Flex> {
    let config = HyperpriorConfig::new()
        .with_transform(transform())
        .with_hyper(2);
    let network = config.init(&Default::default());
    PictureCodec::Hyperprior(HyperpriorCodec::freeze(config, network))
}

fn factorized() -> PictureCodec<Flex> {
    let config = FactorizedConfig::new().with_transform(transform());
    let network = config.init(&Default::default());
    PictureCodec::Factorized(FactorizedCodec::freeze(config, network))
}

fn load(bytes: &[u8]) -> Result<PictureCodec<Flex>, WeightsError> {
    PictureCodec::from_weights(&WeightsFile::from_bytes(bytes)?, &Default::default())
}

/// A file taken apart, to be put together wrongly. The hash is made right, from its description
/// in the documentation, unless it is what the attack is about.
#[derive(Clone)]
struct Parts {
    metadata: Value,
    tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
}

impl Parts {
    fn of(codec: &PictureCodec<Flex>) -> Self {
        Self::of_bytes(&codec.to_weights("test").to_bytes().unwrap())
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        let (_, header) = SafeTensors::read_metadata(bytes).unwrap();
        let metadata = serde_json::from_str(&header.metadata().as_ref().unwrap()["aivc"]).unwrap();
        let tensors = SafeTensors::deserialize(bytes).unwrap();
        let tensors = tensors
            .iter()
            .map(|(name, view)| {
                (
                    name.to_owned(),
                    (view.dtype(), view.shape().to_vec(), view.data().to_vec()),
                )
            })
            .collect();
        Self { metadata, tensors }
    }

    fn hash(&self) -> String {
        fn field(hasher: &mut blake3::Hasher, bytes: &[u8]) {
            hasher
                .update(&(bytes.len() as u64).to_le_bytes())
                .update(bytes);
        }
        let mut hasher = blake3::Hasher::new();
        let version = self.metadata["format_version"].as_u64().unwrap_or(1) as u32;
        field(&mut hasher, &version.to_le_bytes());
        field(
            &mut hasher,
            self.metadata["family"]
                .as_str()
                .unwrap_or_default()
                .as_bytes(),
        );
        let mut config = self.metadata["config"].clone();
        config.sort_all_objects();
        field(&mut hasher, config.to_string().as_bytes());
        for (name, (dtype, shape, bytes)) in &self.tensors {
            field(&mut hasher, name.as_bytes());
            field(&mut hasher, format!("{dtype:?}").as_bytes());
            let sides = [shape.len()].into_iter().chain(shape.iter().copied());
            let sides: Vec<u8> = sides.flat_map(|side| (side as u64).to_le_bytes()).collect();
            field(&mut hasher, &sides);
            field(&mut hasher, bytes);
        }
        hasher.finalize().to_hex().to_string()
    }

    fn to_bytes_as_is(&self) -> Vec<u8> {
        let views = self.tensors.iter().map(|(name, (dtype, shape, bytes))| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        let metadata = HashMap::from([("aivc".to_owned(), self.metadata.to_string())]);
        safetensors::serialize(views, Some(metadata)).unwrap()
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut parts = self.clone();
        parts.metadata["hash"] = parts.hash().into();
        parts.to_bytes_as_is()
    }

    fn tables(&mut self, name: &str, change: impl FnOnce(&mut Vec<CdfTable>)) {
        let (_, shape, bytes) = self.tensors.get_mut(name).unwrap();
        let mut tables = TableSet::from_bytes(bytes).unwrap().tables().to_vec();
        change(&mut tables);
        *bytes = TableSet::new(tables).unwrap().to_bytes();
        *shape = vec![bytes.len()];
    }
}

/// The error of loading a hyperprior file after `change`.
fn attack(change: impl FnOnce(&mut Parts)) -> WeightsError {
    // Making a codec takes longer than loading one.
    static INTACT: OnceLock<Parts> = OnceLock::new();
    let mut parts = INTACT.get_or_init(|| Parts::of(&hyperprior())).clone();
    change(&mut parts);
    load(&parts.to_bytes()).expect_err("refused")
}

macro_rules! assert_error {
    ($error:expr, $pattern:pat $(if $guard:expr)?) => {
        let error = $error;
        assert!(matches!(&error, $pattern $(if $guard)?), "{error:?}");
    };
}

#[test]
fn a_loaded_codec_writes_the_same_file_and_the_same_streams() {
    for codec in [hyperprior(), factorized()] {
        let file = codec.to_weights("test");
        let bytes = file.to_bytes().unwrap();
        let read = WeightsFile::from_bytes(&bytes).unwrap();
        assert_eq!(
            (read.hash(), read.name(), read.family()),
            (file.hash(), "test", file.family())
        );
        assert_eq!(read.to_bytes().unwrap(), bytes);

        let loaded = PictureCodec::<Flex>::from_weights(&read, &Default::default()).unwrap();
        assert_eq!(loaded.to_weights("test").to_bytes().unwrap(), bytes);
        assert_eq!(
            loaded.exact_layer_bounds().unwrap(),
            codec.exact_layer_bounds().unwrap()
        );
        for level in [0, 40] {
            let quality = Quality::new(level).unwrap();
            let [(stream, reconstruction), again] = [&codec, &loaded].map(|codec| {
                let mut encoder = SymbolEncoder::new();
                let latents = codec
                    .compress(picture(40, 70), quality, &mut encoder)
                    .unwrap();
                (encoder.finish(), codec.reconstruct(latents).into_data())
            });
            assert_eq!(again, (stream.clone(), reconstruction.clone()));
            let mut decoder = SymbolDecoder::new(&stream).unwrap();
            let size = PictureSize {
                height: 40,
                width: 70,
            };
            let latents = loaded
                .decompress(size, quality, &mut decoder, &Default::default())
                .unwrap();
            assert_eq!(loaded.reconstruct(latents).into_data(), reconstruction);
        }
    }
}

/// Quantizing the floats of such a layer again would give other integers.
#[test]
fn integers_near_the_bound_come_back_as_they_were() {
    let codec = hyperprior();
    let mut file = codec.to_weights("test");
    let layer = "hyper_synthesis.full";
    let mut weights = file.exact(layer, [8, 2, 3, 3]).unwrap();
    weights.mantissas[..18].copy_from_slice(&[101; 18]);
    weights.exponents[0] = 8;
    weights.bias[0] = -((1 << 24) - 1 - 18 * 101 * 1023 - (1 << 7));
    file.store_exact(layer, &weights);
    let loaded = PictureCodec::<Flex>::from_weights(&file, &Default::default()).unwrap();
    assert_eq!(
        loaded.exact_layer_bounds().unwrap()[1].worst_partial_sum,
        (1 << 24) - 1
    );
    assert_eq!(
        loaded.to_weights("test").to_bytes().unwrap(),
        file.to_bytes().unwrap()
    );
}

#[test]
fn the_hash_covers_all_but_the_display_name() {
    let parts = Parts::of(&hyperprior());
    assert_eq!(
        parts.metadata["hash"],
        parts.hash(),
        "the documentation describes the hash"
    );
    let codec = hyperprior();
    assert_eq!(codec.to_weights("a").hash(), codec.to_weights("b").hash());
    let mut other = Parts::of(&codec);
    other.tensors.get_mut("gain.log_gain").unwrap().2[0] ^= 1;
    assert_error!(
        WeightsFile::from_bytes(&other.to_bytes_as_is()).unwrap_err(),
        WeightsError::Hash { .. }
    );
    let mut other = Parts::of(&codec);
    other.metadata["config"]["hyper"] = 3.into();
    assert_error!(
        WeightsFile::from_bytes(&other.to_bytes_as_is()).unwrap_err(),
        WeightsError::Hash { .. }
    );
    let mut other = Parts::of(&codec);
    other.metadata["family"] = "factorized".into();
    assert_error!(
        WeightsFile::from_bytes(&other.to_bytes_as_is()).unwrap_err(),
        WeightsError::Hash { .. }
    );
}

#[test]
fn a_flipped_bit_is_an_error_or_in_the_name() {
    let codec = hyperprior();
    let bytes = codec.to_weights("test").to_bytes().unwrap();
    let hash = codec.to_weights("test").hash();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    // All of the header, and every region of the tensors.
    for position in (0..header).chain((header..bytes.len()).step_by(97)) {
        for bit in [1, 5] {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1 << bit;
            if let Ok(file) = WeightsFile::from_bytes(&damaged) {
                assert!(position < header, "byte {position}");
                assert_eq!(file.hash(), hash);
                assert_ne!(file.name(), "test");
            }
        }
    }
}

#[test]
fn a_truncated_file_is_an_error() {
    let bytes = hyperprior().to_weights("test").to_bytes().unwrap();
    for length in (0..600)
        .chain((600..bytes.len()).step_by(101))
        .chain([bytes.len() - 1])
    {
        assert!(
            WeightsFile::from_bytes(&bytes[..length]).is_err(),
            "{length} bytes"
        );
    }
}

#[test]
fn other_files_are_refused() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0";
    assert_error!(
        WeightsFile::from_bytes(png).unwrap_err(),
        WeightsError::Safetensors(_)
    );
    let huge_header = [0xff; 64];
    assert_error!(
        WeightsFile::from_bytes(&huge_header).unwrap_err(),
        WeightsError::Safetensors(_)
    );
    let view = TensorView::new(Dtype::U8, vec![3], &[1, 2, 3]).unwrap();
    let stranger = safetensors::serialize([("weight", view)], None).unwrap();
    assert_error!(
        WeightsFile::from_bytes(&stranger).unwrap_err(),
        WeightsError::NoMetadata
    );
}

#[test]
fn metadata_that_makes_no_sense_is_refused() {
    let error = attack(|parts| parts.metadata["format_version"] = 3.into());
    assert_error!(
        error,
        WeightsError::Version {
            found: 3,
            supported: 2
        }
    );
    // A future version may have metadata of another form.
    let error = attack(|parts| parts.metadata = json!({ "format_version": 7, "hash": "" }));
    assert_error!(error, WeightsError::Version { found: 7, .. });
    let error = attack(|parts| parts.metadata["name"] = json!(["a"]));
    assert_error!(error, WeightsError::Metadata(_));
    let error = attack(|parts| parts.metadata["family"] = "wavelet".into());
    assert_error!(error, WeightsError::UnknownFamily { family } if family == "wavelet");
    for config in [
        json!(null),
        json!([1, 2]),
        json!({ "hyper": -1 }),
        json!({ "hyper": "many" }),
    ] {
        assert_error!(
            attack(|parts| parts.metadata["config"] = config),
            WeightsError::Metadata(_)
        );
    }
}

#[test]
fn widths_out_of_range_are_refused() {
    for (pointer, value) in [
        ("/hyper", 0u64),
        ("/hyper", 1025),
        ("/hyper", u64::MAX),
        ("/transform/blocks", 1 << 40),
        ("/transform/hidden", 0),
        ("/transform/latent", u64::MAX / 3),
    ] {
        let error =
            attack(|parts| *parts.metadata["config"].pointer_mut(pointer).unwrap() = value.into());
        let width = pointer.rsplit('/').next().unwrap();
        assert_error!(error, WeightsError::Config(error) if error.name == width && error.value as u64 == value);
    }
}

/// A kilobyte of file must not allocate the gigabyte that the largest configuration takes: the
/// first tensor that is too small ends it.
#[test]
fn the_largest_widths_are_refused_by_the_first_small_tensor() {
    let error = attack(|parts| {
        parts.metadata["config"] = json!({
            "hyper": 512,
            "transform": { "blocks": 16, "hidden": 512, "latent": 768 },
        });
    });
    assert_error!(
        error,
        WeightsError::Shape { name, actual, expected }
            if name == "analysis.blocks.0.narrow.convolution.weight"
                && actual[..] == [2, 192, 1, 1]
                && expected[..] == [512, 192, 1, 1]
    );
}

#[test]
fn missing_and_unexpected_tensors_are_refused() {
    let names: Vec<String> = Parts::of(&hyperprior()).tensors.into_keys().collect();
    assert!(
        names
            .iter()
            .any(|name| name == "hyper_synthesis.mean.exponents")
    );
    for removed in names {
        let error = attack(|parts| drop(parts.tensors.remove(&removed)));
        assert_error!(error, WeightsError::Missing { name } if *name == removed);
    }
    for added in [
        "analysis.extra",
        "tables.extra",
        "hyper_synthesis.half.extra",
        "zzz",
    ] {
        let error = attack(|parts| {
            parts
                .tensors
                .insert(added.to_owned(), (Dtype::F16, vec![1], vec![0, 0]));
        });
        assert_error!(error, WeightsError::Unexpected { name } if name == added);
    }
}

#[test]
fn tensors_of_another_shape_or_type_are_refused() {
    for (name, parts) in Parts::of(&hyperprior()).tensors {
        let is_table = name.starts_with("tables.");
        let (dtype, shape, bytes) = parts;
        if !is_table {
            // The same bytes, as a vector with an empty axis more or less.
            let error = attack(|parts| {
                let mut other = shape.clone();
                other.push(1);
                parts
                    .tensors
                    .insert(name.clone(), (dtype, other, bytes.clone()));
            });
            assert_error!(error, WeightsError::Shape { name: found, .. } if *found == name);
            let error = attack(|parts| {
                let hostile = vec![0, usize::MAX, usize::MAX, usize::MAX];
                parts
                    .tensors
                    .insert(name.clone(), (dtype, hostile, Vec::new()));
            });
            assert_error!(error, WeightsError::Shape { name: found, .. } if *found == name);
        }
        let error = attack(|parts| {
            let other = if dtype == Dtype::U8 {
                Dtype::I8
            } else {
                Dtype::U8
            };
            parts
                .tensors
                .insert(name.clone(), (other, vec![bytes.len()], bytes.clone()));
        });
        assert_error!(error, WeightsError::ElementType { name: found, .. } if *found == name);
    }
}

#[test]
fn weights_that_are_not_finite_are_refused() {
    for bits in [0x7e00u16, 0x7c00, 0xfc00] {
        let error = attack(|parts| {
            let bytes = &mut parts
                .tensors
                .get_mut("synthesis.blocks.0.normalize.gamma")
                .unwrap()
                .2;
            bytes[4..6].copy_from_slice(&bits.to_le_bytes());
        });
        assert_error!(error, WeightsError::NotFinite { name } if name == "synthesis.blocks.0.normalize.gamma");
    }
}

#[test]
fn exact_layers_beyond_the_bound_are_refused() {
    let change = |tensor: &str, bytes: &[u8]| {
        attack(|parts| {
            let tensor = parts
                .tensors
                .get_mut(&format!("hyper_synthesis.mean.{tensor}"))
                .unwrap();
            tensor.2[..bytes.len()].copy_from_slice(bytes);
        })
    };
    for bias in [1 << 24, -(1 << 24), i32::MIN, i32::MAX] {
        assert_error!(
            change("bias", &bias.to_le_bytes()),
            WeightsError::Exact { layer, source: DyadicWeightsError::PartialSum { channel: 0, .. } }
                if layer == "hyper_synthesis.mean"
        );
    }
    for exponent in [-17i8, 31, i8::MIN, i8::MAX] {
        assert_error!(
            change("exponents", &[exponent as u8]),
            WeightsError::Exact {
                source: DyadicWeightsError::Exponent { channel: 0, .. },
                ..
            }
        );
    }
    assert_error!(
        change("weight", &[0x80]),
        WeightsError::Exact {
            source: DyadicWeightsError::Weight {
                channel: 0,
                value: -128
            },
            ..
        }
    );
}

#[test]
fn tables_that_do_not_fit_the_model_are_refused() {
    let hyper = "tables.hyper_prior";
    let error = attack(|parts| parts.tables(hyper, |tables| drop(tables.pop())));
    assert_error!(
        error,
        WeightsError::TableCount {
            actual: 1,
            expected: 2,
            ..
        }
    );
    let error =
        attack(|parts| parts.tables("tables.gaussian", |tables| tables.push(tables[0].clone())));
    assert_error!(
        error,
        WeightsError::TableCount {
            actual: 65,
            expected: 64,
            ..
        }
    );

    for (minimum, symbols) in [(-128, 20), (-100, 229), (i32::MIN, 3), (i32::MAX - 5, 3)] {
        let wide = CdfTable::from_weights(minimum, &vec![1.0; symbols], 0.1).unwrap();
        let error = attack(|parts| parts.tables(hyper, |tables| tables[1] = wide));
        assert_error!(
            error,
            WeightsError::TableReach {
                table: 1,
                limit: 127,
                ..
            }
        );
    }

    let error = attack(|parts| {
        let (_, shape, bytes) = parts.tensors.get_mut(hyper).unwrap();
        bytes.pop();
        *shape = vec![bytes.len()];
    });
    assert_error!(error, WeightsError::Tables { name, .. } if name == hyper);
    let error = attack(|parts| {
        parts
            .tensors
            .insert(hyper.to_owned(), (Dtype::U8, vec![0], Vec::new()));
    });
    assert_error!(error, WeightsError::Tables { name, .. } if name == hyper);
}

#[test]
fn a_file_of_one_family_is_not_a_codec_of_the_other() {
    let file = factorized().to_weights("test");
    assert!(HyperpriorCodec::<Flex>::from_weights(&file, &Default::default()).is_err());
    let file = hyperprior().to_weights("test");
    assert!(FactorizedCodec::<Flex>::from_weights(&file, &Default::default()).is_err());
}

/// The kernels of the layers, in float and exact ones, of a file.
fn kernels(parts: &Parts) -> Vec<(&String, Dtype)> {
    let kernels = parts
        .tensors
        .iter()
        .filter(|(_, (_, shape, _))| shape.len() == 4);
    kernels.map(|(name, (dtype, ..))| (name, *dtype)).collect()
}

fn int8_parts() -> Parts {
    let file = hyperprior().to_weights("test");
    Parts::of_bytes(&file.with_int8_kernels().unwrap().to_bytes().unwrap())
}

#[test]
fn kernels_of_8_bits_are_another_model_of_the_same_form() {
    let file = hyperprior().to_weights("test");
    let int8 = file.with_int8_kernels().unwrap();
    assert!(int8.has_int8_kernels() && !file.has_int8_kernels());
    assert_ne!(int8.hash(), file.hash());
    assert_eq!(int8.parameters(), file.parameters());
    let bytes = int8.to_bytes().unwrap();
    assert_eq!(WeightsFile::from_bytes(&bytes).unwrap().hash(), int8.hash());
    let (before, after) = (Parts::of(&hyperprior()), Parts::of_bytes(&bytes));
    assert!(kernels(&after).iter().all(|(_, dtype)| *dtype == Dtype::I8));
    assert_eq!(kernels(&before).len(), kernels(&after).len());
    let error = int8.with_int8_kernels().unwrap_err();
    assert_error!(error, WeightsError::NoFloatKernels);
}

/// Whatever chooses tables is untouched, so any model's streams keep their form.
#[test]
fn kernels_of_8_bits_leave_exact_layers_and_tables_alone() {
    let codec = hyperprior();
    let file = codec.to_weights("test");
    let int8 = file.with_int8_kernels().unwrap().to_bytes().unwrap();
    let before = Parts::of_bytes(&file.to_bytes().unwrap());
    let after = Parts::of_bytes(&int8);
    let exact = before
        .tensors
        .iter()
        .filter(|(_, (dtype, ..))| *dtype != Dtype::F16);
    let mut count = 0;
    for (name, tensor) in exact {
        assert_eq!(&after.tensors[name], tensor, "{name}");
        count += 1;
    }
    // Four layers of three tensors, and two sets of tables.
    assert_eq!(count, 14);
    assert_eq!(
        load(&int8).unwrap().exact_layer_bounds().unwrap(),
        codec.exact_layer_bounds().unwrap()
    );
}

/// What is loaded are 16-bit floats, which a file without integers holds as they are.
#[test]
fn kernels_of_8_bits_are_computed_with_as_a_file_of_floats_would_have_them() {
    let file = hyperprior().to_weights("test");
    let int8 = load(&file.with_int8_kernels().unwrap().to_bytes().unwrap()).unwrap();
    let floats = load(&int8.to_weights("floats").to_bytes().unwrap()).unwrap();
    let coded = |codec: &PictureCodec<Flex>| {
        let mut encoder = SymbolEncoder::new();
        let quality = Quality::new(40).unwrap();
        let latents = codec
            .compress(picture(64, 64), quality, &mut encoder)
            .unwrap();
        (encoder.finish(), codec.reconstruct(latents).into_data())
    };
    assert_eq!(coded(&int8), coded(&floats));
}

#[test]
fn kernels_of_8_bits_that_are_wrong_are_refused() {
    const KERNEL: &str = "analysis.latent.convolution.weight";
    let refused = |change: &dyn Fn(&mut Parts)| {
        let mut parts = int8_parts();
        change(&mut parts);
        load(&parts.to_bytes()).expect_err("refused")
    };
    let scales = format!("{KERNEL}.scales");
    assert_error!(
        refused(&|parts| drop(parts.tensors.remove(&scales))),
        WeightsError::Missing { name } if *name == scales
    );
    assert_error!(
        refused(&|parts| {
            let (_, shape, bytes) = parts.tensors.get_mut(&scales).unwrap();
            shape[0] -= 1;
            bytes.truncate(4 * shape[0] * shape[1]);
        }),
        WeightsError::Shape { name, .. } if *name == scales
    );
    for scale in [f32::NAN, f32::INFINITY, 1e9] {
        let error = refused(&|parts| {
            let (.., bytes) = parts.tensors.get_mut(&scales).unwrap();
            bytes[..4].copy_from_slice(&scale.to_le_bytes());
        });
        assert_error!(error, WeightsError::NotFinite { name } if name == KERNEL);
    }
    // Integers in a file of the first version, and floats in one of the second.
    assert_error!(
        refused(&|parts| parts.metadata["format_version"] = 1.into()),
        WeightsError::ElementType { name, .. } if name.ends_with(".weight")
    );
    assert_error!(
        attack(|parts| parts.metadata["format_version"] = 2.into()),
        WeightsError::ElementType { name, .. } if name.ends_with(".weight")
    );
}
