//! The GDN transforms between a picture and its latent at 1/16 of its size.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use super::band_split::{
    Band, coefficient_bands, selection_kernel, split, split_kernel, swap_channels,
};
use super::{
    BLOCK_COEFFICIENTS, Downsampling, DownsamplingConfig, Gdn, GdnConfig, GdnDirection, Upsampling,
    UpsamplingConfig, block_dct, inverse_block_dct,
};
use crate::backend::ModelBackend;

/// Widths of an [`AnalysisTransform`] and its [`SynthesisTransform`].
#[derive(Config, Debug, PartialEq, Eq)]
pub struct GdnTransformConfig {
    /// Channels at 1/4 of the picture's size.
    #[config(default = 64)]
    pub quarter: usize,
    /// Channels at 1/8.
    #[config(default = 96)]
    pub eighth: usize,
    /// Channels of the latent, at 1/16.
    #[config(default = 320)]
    pub latent: usize,
}

impl GdnTransformConfig {
    /// Height and width of a picture must be multiples of this.
    pub const MULTIPLE: usize = 16;

    /// The analysis transform.
    pub fn init_analysis<B: Backend>(&self, device: &B::Device) -> AnalysisTransform<B> {
        let gdn = |channels| self.gdn(channels, GdnDirection::Forward).init(device);
        let bands = self.bands();
        let quarter = selection_kernel(&bands.quarter, self.quarter, BLOCK_COEFFICIENTS);
        let eighth = split_kernel(&bands.eighth, self.eighth, self.quarter);
        let latent = split_kernel(&bands.latent, self.latent, self.eighth);
        AnalysisTransform {
            quarter: DownsamplingConfig::new(BLOCK_COEFFICIENTS, self.quarter)
                .with_kernel(3)
                .with_stride(1)
                .init(device)
                .starting_at(&quarter),
            quarter_gdn: gdn(self.quarter),
            eighth: DownsamplingConfig::new(self.quarter, self.eighth)
                .init(device)
                .starting_at(&eighth),
            eighth_gdn: gdn(self.eighth),
            latent: DownsamplingConfig::new(self.eighth, self.latent)
                .init(device)
                .starting_at(&latent),
        }
    }

    /// The synthesis transform.
    pub fn init_synthesis<B: Backend>(&self, device: &B::Device) -> SynthesisTransform<B> {
        let gdn = |channels| self.gdn(channels, GdnDirection::Inverse).init(device);
        let bands = self.bands();
        // A transposed convolution's weight has the input's channels first: those of the split.
        let eighth = split_kernel(&bands.latent, self.latent, self.eighth);
        let quarter = split_kernel(&bands.eighth, self.eighth, self.quarter);
        let picture = selection_kernel(&bands.quarter, self.quarter, BLOCK_COEFFICIENTS);
        let picture = swap_channels(&picture, self.quarter, BLOCK_COEFFICIENTS);
        SynthesisTransform {
            eighth: UpsamplingConfig::new(self.latent, self.eighth)
                .init(device)
                .starting_at(&eighth),
            eighth_gdn: gdn(self.eighth),
            quarter: UpsamplingConfig::new(self.eighth, self.quarter)
                .init(device)
                .starting_at(&quarter),
            quarter_gdn: gdn(self.quarter),
            picture: DownsamplingConfig::new(self.quarter, BLOCK_COEFFICIENTS)
                .with_kernel(3)
                .with_stride(1)
                .init(device)
                .starting_at(&picture),
        }
    }

    /// The unit of each channel of the latent before training: what its values are to be multiplied
    /// by to be those of an orthonormal transform of pixels from 0 to 1.
    pub fn latent_units(&self) -> Vec<f64> {
        let bands = self.bands().latent;
        let weakest = *bands.last().expect("a latent has channels");
        // Channels beyond the bands start from noise alone.
        let bands = bands
            .into_iter()
            .chain(std::iter::repeat(weakest))
            .take(self.latent);
        bands.map(|band| band.unit()).collect()
    }

    fn bands(&self) -> Bands {
        let quarter = coefficient_bands(self.quarter);
        let eighth = split(&quarter, self.eighth);
        let latent = split(&eighth, self.latent);
        Bands {
            quarter,
            eighth,
            latent,
        }
    }

    fn gdn(&self, channels: usize, direction: GdnDirection) -> GdnConfig {
        // Nearly linear, so that synthesis undoes analysis from the start.
        GdnConfig::new(channels, direction).with_gamma_init(0.02)
    }

    /// Multiplications a pixel of the picture, of one of the two transforms (they are equal).
    pub fn macs_per_pixel(&self) -> f64 {
        let block = BLOCK_COEFFICIENTS * BLOCK_COEFFICIENTS;
        let quarter = block + 9 * BLOCK_COEFFICIENTS * self.quarter + self.quarter * self.quarter;
        let eighth = 25 * self.quarter * self.eighth + self.eighth * self.eighth;
        let latent = 25 * self.eighth * self.latent;
        quarter as f64 / 16.0 + eighth as f64 / 64.0 + latent as f64 / 256.0
    }
}

struct Bands {
    quarter: Vec<Band>,
    eighth: Vec<Band>,
    latent: Vec<Band>,
}

/// Picture to latent: GDN between strided convolutions, as in Ballé, Laparra, Simoncelli,
/// "End-to-end Optimized Image Compression", 2017.
///
/// Deviation: the first convolution works on the cosine transform of 4×4 blocks. It sees as much
/// of the picture as the paper's first two layers and costs less than a third of them, which is
/// what makes the transform trainable and fast on a CPU.
///
/// ```text
/// picture → 4×4 DCT → 3×3 → GDN → 5×5 ↓2 → GDN → 5×5 ↓2 → y
/// ```
#[derive(Module, Debug)]
pub struct AnalysisTransform<B: Backend> {
    quarter: Downsampling<B>,
    quarter_gdn: Gdn<B>,
    eighth: Downsampling<B>,
    eighth_gdn: Gdn<B>,
    latent: Downsampling<B>,
}

impl<B: ModelBackend> AnalysisTransform<B> {
    /// # Shapes
    /// `[batch, 3, height, width]` to `[batch, latent, height/16, width/16]`.
    ///
    /// # Panics
    /// If height or width is no multiple of 16.
    pub fn forward(&self, picture: Tensor<B, 4>) -> Tensor<B, 4> {
        // Pictures come as 0 to 1; centred values train better.
        let blocks = block_dct(picture - 0.5);
        let quarter = self.quarter_gdn.forward(self.quarter.forward(blocks));
        let eighth = self.eighth_gdn.forward(self.eighth.forward(quarter));
        self.latent.forward(eighth)
    }
}

/// Latent to picture: the mirror image of [`AnalysisTransform`], with inverse GDN.
///
/// ```text
/// ŷ → 5×5 ↑2 → IGDN → 5×5 ↑2 → IGDN → 3×3 → inverse 4×4 DCT → picture
/// ```
#[derive(Module, Debug)]
pub struct SynthesisTransform<B: Backend> {
    eighth: Upsampling<B>,
    eighth_gdn: Gdn<B>,
    quarter: Upsampling<B>,
    quarter_gdn: Gdn<B>,
    picture: Downsampling<B>,
}

impl<B: ModelBackend> SynthesisTransform<B> {
    /// # Shapes
    /// `[batch, latent, height/16, width/16]` to `[batch, 3, height, width]`, not clamped.
    pub fn forward(&self, latent: Tensor<B, 4>) -> Tensor<B, 4> {
        let eighth = self.eighth_gdn.forward(self.eighth.forward(latent));
        let quarter = self.quarter_gdn.forward(self.quarter.forward(eighth));
        inverse_block_dct(self.picture.forward(quarter)) + 0.5
    }
}
