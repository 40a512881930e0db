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

/// The models that every build has. The first one is the default.
pub const BUILTIN_MODELS: &[BuiltinModel] = &[
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
];
