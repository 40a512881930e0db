//! What layers cost in training, forward and backward: as matrix products, and as burn's own convolutions.
//!
//! Shapes are those of a batch of eight crops of 128×128 pixels in the transforms of `hyperprior-small`.

use std::hint::black_box;

use aivc_models::layers::{EdgeConv2dConfig, pad_edges};
use burn::backend::{Autodiff, Flex};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2dConfig;
use burn::tensor::{Distribution, Tensor};
use criterion::{Criterion, criterion_group, criterion_main};

type B = Autodiff<Flex>;

/// A loss whose gradient differs from place to place.
fn energy(output: Tensor<B, 4>) -> Tensor<B, 1> {
    (output.clone() * output).sum()
}

fn layers(criterion: &mut Criterion) {
    let device = Default::default();
    // Name, channels in and out, kernel, side of the features.
    let shapes = [
        ("1x1, 192 to 192 channels, 16x16", 192, 192, 1, 16),
        ("3x3, 64 to 64 channels, 16x16", 64, 64, 3, 16),
    ];
    for (name, channels_in, channels_out, kernel, side) in shapes {
        let random = |shape| Tensor::<B, 4>::random(shape, Distribution::Default, &device);
        let input = random([8, channels_in, side, side]).require_grad();
        let layer = EdgeConv2dConfig::new(channels_in, channels_out)
            .with_kernel(kernel)
            .init::<B>(&device);
        let convolution = Conv2dConfig::new([channels_in, channels_out], [kernel; 2])
            .with_padding(PaddingConfig2d::Valid)
            .init::<B>(&device);
        let mut group = criterion.benchmark_group(format!("train {name}"));
        group.sample_size(20);
        group.bench_function("as matrix products", |bench| {
            bench.iter(|| black_box(energy(layer.forward(input.clone())).backward()));
        });
        group.bench_function("as burn's convolution", |bench| {
            bench.iter(|| {
                let padded = pad_edges(input.clone(), kernel / 2);
                black_box(energy(convolution.forward(padded)).backward())
            });
        });
        group.finish();
    }
}

criterion_group!(benches, layers);
criterion_main!(benches);
