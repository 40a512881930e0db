use std::fmt;
use std::str::FromStr;

use super::ModelError;

/// What computes the networks. Which of them are there is decided by cargo features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    /// burn's fast CPU backend; feature `flex`, the default.
    Flex,
    /// burn's plain CPU backend; feature `ndarray`. Slower, used to check the others.
    NdArray,
    /// NVIDIA GPUs; feature `cuda`.
    Cuda,
    /// GPUs with Vulkan; feature `vulkan`.
    Vulkan,
    /// GPUs by the platform's own interface; feature `wgpu`.
    Wgpu,
}

impl Backend {
    /// Every backend, built in or not.
    pub const ALL: [Self; 5] = [
        Self::Flex,
        Self::NdArray,
        Self::Cuda,
        Self::Vulkan,
        Self::Wgpu,
    ];

    /// Name, as on the command line and in cargo features.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::NdArray => "ndarray",
            Self::Cuda => "cuda",
            Self::Vulkan => "vulkan",
            Self::Wgpu => "wgpu",
        }
    }

    /// Whether this build has it.
    pub fn is_built_in(self) -> bool {
        match self {
            Self::Flex => cfg!(feature = "flex"),
            Self::NdArray => cfg!(feature = "ndarray"),
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Vulkan => cfg!(feature = "vulkan"),
            Self::Wgpu => cfg!(feature = "wgpu"),
        }
    }
}

impl Default for Backend {
    /// The first one that is built in, CPU before GPU.
    fn default() -> Self {
        Self::ALL
            .into_iter()
            .find(|backend| backend.is_built_in())
            .unwrap_or(Self::Flex)
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = ModelError;

    fn from_str(name: &str) -> Result<Self, ModelError> {
        Self::ALL
            .into_iter()
            .find(|backend| backend.name() == name)
            .ok_or_else(|| ModelError::UnknownBackend {
                name: name.to_owned(),
            })
    }
}
