/// A model whose weights are part of the library.
#[derive(Debug, Clone, Copy)]
pub struct BuiltinModel {
    /// Name to ask for it by.
    pub name: &'static str,
    /// What it is.
    pub description: &'static str,
    /// Its weights file.
    pub weights: &'static [u8],
}

/// The models that every build has. The first one is the default. A static: each copy of a constant would hold
/// the weights once more.
pub static BUILTIN_MODELS: &[BuiltinModel] = &[
    BuiltinModel {
        name: "hybrid-small",
        description: "motion-compensated hybrid codec for 4:2:0 video, 64 quality levels, the same \
                      samples on every machine",
        weights: include_bytes!("../../weights/hybrid-small.safetensors"),
    },
    BuiltinModel {
        name: "hyperprior-small",
        description: "mean-scale hyperprior for pictures and all-intra video, 64 quality levels",
        weights: include_bytes!("../../weights/hyperprior-small.safetensors"),
    },
    BuiltinModel {
        name: "hyperprior-ms-ssim",
        description: "hyperprior-small, trained on for MS-SSIM as well: the same family for pictures that \
                      are looked at, 64 quality levels",
        weights: include_bytes!("../../weights/hyperprior-ms-ssim.safetensors"),
    },
    BuiltinModel {
        name: "hyperprior3d-small",
        description: "hyperprior of groups of eight frames, for video in RGB or 4:2:0, 64 quality \
                      levels",
        weights: include_bytes!("../../weights/hyperprior3d-small.safetensors"),
    },
    BuiltinModel {
        name: "vqvae-small",
        description: "vector-quantized autoencoder for pictures and all-intra video, four rates: \
                      quality levels 0 to 15, 16 to 31, 32 to 47 and 48 to 63",
        weights: include_bytes!("../../weights/vqvae-small.safetensors"),
    },
    BuiltinModel {
        name: "autoencoder-small",
        description: "plain autoencoder with a factorized prior for pictures and all-intra video, \
                      one rate: a baseline to hold others against",
        weights: include_bytes!("../../weights/autoencoder-small.safetensors"),
    },
];

/// The refinements of decoded frames that every build has: at their size, and at twice of it.
pub static BUILTIN_REFINEMENTS: &[BuiltinModel] = &[
    BuiltinModel {
        name: "refine-small",
        description: "improves decoded frames of any model at their size, for --refine",
        weights: include_bytes!("../../weights/refine-small.safetensors"),
    },
    BuiltinModel {
        name: "upscale-small",
        description: "shows decoded frames of any model at twice their size, for --upscale 2",
        weights: include_bytes!("../../weights/upscale-small.safetensors"),
    },
];
