use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use crate::families::hybrid::qualities::MacroblockLevels;
use crate::layers::Quality;

/// What an encoder wrote of a frame and what its decoder knew before, to learn distributions from. Channels
/// one after another, each row by row; empty where a coder does not have it.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenFrame {
    /// Macroblocks of a column and of a row.
    pub macroblocks: [usize; 2],
    /// The quality level of each macroblock: `[rows, columns]`.
    pub levels: Vec<u8>,
    /// Sizes and signed sizes of the prediction's coefficients and sizes of the last residual, in
    /// sixteenths of an octave: `[1152, rows, columns]`.
    pub features: Vec<i16>,
    /// ẑ: `[hyper, ⌈rows/4⌉, ⌈columns/4⌉]`.
    pub hyper_latent: Vec<i16>,
    /// ŷ in sixteenths of a quantization step: `[384, rows, columns]`.
    pub latent: Vec<i16>,
    /// Bits that it takes by the tables, without motion.
    pub bits: f64,
}

/// A batch of pieces of [`WrittenFrame`]s, in octaves, integers and steps.
#[derive(Debug, Clone)]
pub struct WrittenLatents<B: Backend> {
    /// The quality of the frame of each piece.
    pub qualities: Vec<Quality>,
    /// The levels of each piece's macroblocks.
    pub levels: Vec<MacroblockLevels>,
    /// `[batch, 1152, rows, columns]`; none of keyframes.
    pub features: Option<Tensor<B, 4>>,
    /// `[batch, hyper, ⌈rows/4⌉, ⌈columns/4⌉]`, if the coder has a hyper-latent.
    pub hyper_latent: Option<Tensor<B, 4>>,
    /// `[batch, 384, rows, columns]`.
    pub latent: Tensor<B, 4>,
}
