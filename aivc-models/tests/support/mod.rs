//! What several test files need: numbers by formula, and a module's parameters by name.

#![allow(dead_code, reason = "every test file uses its own part")]

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

/// Numbers that look random and are the same everywhere (SplitMix64).
pub struct Mixer(pub u64);

impl Mixer {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// From 0 to 1.
    pub fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// The `i`-th number of a sequence in 0 to 1 that `fixtures/expected.py` generates too.
pub fn formula(i: usize, salt: usize) -> f64 {
    ((i * 7919 + salt * 104_729 + 17) % 1009) as f64 / 1009.0
}

pub fn formula_values(count: usize, salt: usize, low: f64, high: f64) -> Vec<f32> {
    (0..count)
        .map(|i| (low + (high - low) * formula(i, salt)) as f32)
        .collect()
}

/// Sets every float parameter to what `values` gives for its path and number of elements.
pub fn fill<B: Backend, M: Module<B>>(module: M, values: impl FnMut(&str, usize) -> Vec<f32>) -> M {
    module.map(&mut Fill {
        values,
        path: Vec::new(),
    })
}

struct Fill<F> {
    values: F,
    path: Vec<String>,
}

impl<B: Backend, F: FnMut(&str, usize) -> Vec<f32>> ModuleMapper<B> for Fill<F> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        let values = (self.values)(&self.path.join("."), param.shape().num_elements());
        param.map(|tensor| {
            let filled = TensorData::new(values, tensor.shape());
            Tensor::from_data(filled, &tensor.device()).require_grad()
        })
    }
}

/// A picture with edges, slopes and texture, values from 0 to 1, `[1, 3, height, width]`.
pub fn picture<B: Backend>(height: usize, width: usize) -> Tensor<B, 4> {
    let mut mixer = Mixer(7);
    let mut values = Vec::with_capacity(3 * height * width);
    for channel in 0..3 {
        for y in 0..height {
            for x in 0..width {
                let (y, x) = (y as f32, x as f32);
                let slope = 0.5 + 0.3 * (0.05 * x + 0.08 * y + channel as f32).sin();
                let edge = if (x + 2.0 * y) % 40.0 < 20.0 {
                    0.12
                } else {
                    -0.12
                };
                values.push((slope + edge + 0.1 * (mixer.unit() - 0.5)).clamp(0.0, 1.0));
            }
        }
    }
    Tensor::from_data(
        TensorData::new(values, [1, 3, height, width]),
        &Default::default(),
    )
}
