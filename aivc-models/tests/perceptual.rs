//! LPIPS against values that `fixtures/lpips.py` computes independently, and that the Python package
//! lpips 0.1.4 gives for the same weights.

#![cfg(feature = "flex")]

mod support;

use aivc_models::perceptual::{Lpips, LpipsError};
use burn::backend::Flex;
use burn::tensor::{Tensor, TensorData};
use support::formula_values;

const WEIGHTS: &[u8] = include_bytes!("fixtures/lpips.safetensors");

/// A picture and what `fixtures/lpips.py` adds to it.
fn pair(height: usize, width: usize) -> [Tensor<Flex, 4>; 2] {
    let count = 3 * height * width;
    let a = formula_values(count, 1, 0.0, 1.0);
    let noise = formula_values(count, 2, -0.3, 0.3);
    let b = a.iter().zip(noise);
    let b = b.map(|(a, noise)| (a + noise).clamp(0.0, 1.0)).collect();
    [a, b].map(|values| {
        let data = TensorData::new(values, [1, 3, height, width]);
        Tensor::from_data(data, &Default::default())
    })
}

fn distances(network: &Lpips<Flex>, a: Tensor<Flex, 4>, b: Tensor<Flex, 4>) -> Vec<f32> {
    network.forward(a, b).into_data().to_vec().unwrap()
}

fn network() -> Lpips<Flex> {
    Lpips::from_safetensors(WEIGHTS, &Default::default()).unwrap()
}

#[test]
fn distances_equal_those_of_numpy_and_of_the_python_package() {
    for (height, width, expected) in [(31, 31, 0.170697478), (47, 66, 0.270746549)] {
        let [a, b] = pair(height, width);
        let distance = distances(&network(), a, b)[0];
        // Single precision, sums of up to 363 terms.
        assert!((f64::from(distance) - expected).abs() < 2e-6, "{distance}");
    }
}

#[test]
fn pictures_of_a_batch_do_not_mix() {
    let network = network();
    let [a, b] = pair(31, 31);
    let batch = distances(
        &network,
        Tensor::cat(vec![a.clone(), b.clone()], 0),
        Tensor::cat(vec![b.clone(), b.clone()], 0),
    );
    assert_eq!(batch[1], 0.0);
    assert!((batch[0] - distances(&network, a, b)[0]).abs() < 1e-6);
}

#[test]
fn a_file_that_is_no_such_network_is_refused_by_the_tensor() {
    let load = |bytes: &[u8]| Lpips::<Flex>::from_safetensors(bytes, &Default::default());
    let renamed = |from: &str, to: &str| {
        let at = WEIGHTS
            .windows(from.len())
            .position(|part| part == from.as_bytes());
        let mut bytes = WEIGHTS.to_vec();
        bytes[at.unwrap()..][..to.len()].copy_from_slice(to.as_bytes());
        load(&bytes)
    };
    let missing = renamed("net.slice4.8.bias", "net.slice4.8.bios");
    assert!(
        matches!(&missing, Err(LpipsError::Missing { name }) if name == "net.slice4.8.bias"),
        "{missing:?}"
    );
    let shape = renamed("[1,8,1,1]", "[8,1,1,1]");
    assert!(
        matches!(&shape, Err(LpipsError::Shape { name, .. }) if name == "lin1.model.1.weight"),
        "{shape:?}"
    );
    let kind = renamed("\"F32\"", "\"I32\"");
    assert!(matches!(kind, Err(LpipsError::Type { .. })), "{kind:?}");
    let cut = load(&WEIGHTS[..WEIGHTS.len() - 1]);
    assert!(matches!(cut, Err(LpipsError::Safetensors(_))), "{cut:?}");
}

/// Heads have the name of the list that PyTorch keeps them in, too.
#[test]
fn heads_may_have_either_name() {
    let mut bytes = WEIGHTS.to_vec();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = String::from_utf8(bytes[8..8 + length].to_vec()).unwrap();
    let renamed = header.trim_end().replace("lin0.model", "lins.0.model");
    bytes.splice(8..8 + length, renamed.bytes());
    bytes[..8].copy_from_slice(&(renamed.len() as u64).to_le_bytes());
    let [a, b] = pair(31, 31);
    let other = Lpips::from_safetensors(&bytes, &Default::default()).unwrap();
    assert_eq!(
        distances(&other, a.clone(), b.clone()),
        distances(&network(), a, b)
    );
}
