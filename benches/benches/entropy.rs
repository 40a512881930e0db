//! Symbols a second of the entropy coder, beside the `constriction` crate in the same run.
//!
//! Both code the same symbols, each with a Gaussian of its own: zero mean, scales drawn from the
//! 64 of the grid with the small ones frequent, as latents have them. constriction evaluates the
//! Gaussian for every symbol (its per-symbol-distribution mode); aivc looks tables up.

use std::hint::black_box;

use aivc_entropy::gaussian::{SCALE_LEVELS, gaussian_tables, scale_grid};
use aivc_entropy::{SymbolDecoder, SymbolEncoder};
use constriction::stream::Decode;
use constriction::stream::model::DefaultLeakyQuantizer;
use constriction::stream::stack::DefaultAnsCoder;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use probability::distribution::Gaussian;

const SYMBOLS: usize = 1 << 18;

struct Material {
    indices: Vec<u16>,
    scales: Vec<f64>,
    values: Vec<i32>,
}

/// Symbols from a linear congruential generator: the same in every run.
fn material() -> Material {
    let grid = scale_grid();
    let mut state = 1u64;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut material = Material {
        indices: Vec::new(),
        scales: Vec::new(),
        values: Vec::new(),
    };
    for _ in 0..SYMBOLS {
        let index = ((uniform() * uniform()) * SCALE_LEVELS as f64) as usize;
        let normal = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        material.indices.push(index as u16);
        material.scales.push(grid[index]);
        material
            .values
            .push((normal * grid[index]).round().clamp(-400.0, 400.0) as i32);
    }
    material
}

fn entropy(criterion: &mut Criterion) {
    let material = material();
    let tables = gaussian_tables();
    let mut group = criterion.benchmark_group("entropy");
    group
        .throughput(Throughput::Elements(SYMBOLS as u64))
        .sample_size(20);

    let encode = || {
        let mut encoder = SymbolEncoder::new();
        encoder
            .encode(&tables, &material.indices, &material.values)
            .expect("indices are in range");
        encoder.finish()
    };
    let stream = encode();
    group.bench_function("aivc encode", |bench| bench.iter(|| black_box(encode())));
    let mut decoded = vec![0; SYMBOLS];
    group.bench_function("aivc decode", |bench| {
        bench.iter(|| {
            let mut decoder = SymbolDecoder::new(&stream).expect("just written");
            decoder
                .decode(&tables, &material.indices, &mut decoded)
                .expect("just written");
            black_box(&decoded);
        });
    });
    assert_eq!(decoded, material.values);

    let quantizer = DefaultLeakyQuantizer::new(-500..=500);
    let models = || {
        material
            .scales
            .iter()
            .map(|&scale| quantizer.quantize(Gaussian::new(0.0, scale)))
    };
    let encode = || {
        let mut coder = DefaultAnsCoder::new();
        let symbols = material.values.iter().copied().zip(models());
        coder
            .encode_symbols_reverse(symbols)
            .expect("values are in range");
        coder
    };
    let coder = encode();
    group.bench_function("constriction encode", |bench| {
        bench.iter(|| black_box(encode()))
    });
    group.bench_function("constriction decode", |bench| {
        bench.iter(|| {
            let mut coder = coder.clone();
            for (symbol, value) in coder.decode_symbols(models()).zip(&mut decoded) {
                *value = symbol.expect("just written");
            }
            black_box(&decoded);
        });
    });
    assert_eq!(decoded, material.values);
    group.finish();
}

criterion_group!(benches, entropy);
criterion_main!(benches);
