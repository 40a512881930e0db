use std::collections::BTreeMap;
use std::fmt;

use super::file::HostTensor;

/// BLAKE3 of a model: what a stream names to say which weights it needs.
///
/// Hashed are, each string preceded by its length as a 64-bit little-endian number: the format
/// version (4 bytes), family, configuration (JSON, keys sorted, no spaces), and for every tensor in the
/// order of names: name, element type, rank and sides (64 bits each), bytes. The model's display
/// name is not hashed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WeightsHash([u8; 32]);

impl WeightsHash {
    /// A hash read from a stream.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn of(
        version: u32,
        family: &str,
        config: &str,
        tensors: &BTreeMap<String, HostTensor>,
    ) -> Self {
        let mut hasher = blake3::Hasher::new();
        let mut field = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        field(&version.to_le_bytes());
        field(family.as_bytes());
        field(config.as_bytes());
        for (name, tensor) in tensors {
            field(name.as_bytes());
            field(format!("{:?}", tensor.dtype).as_bytes());
            let shape: Vec<u8> = std::iter::once(tensor.shape.len())
                .chain(tensor.shape.iter().copied())
                .flat_map(|n| (n as u64).to_le_bytes())
                .collect();
            field(&shape);
            field(&tensor.bytes);
        }
        Self(*hasher.finalize().as_bytes())
    }
}

impl fmt::Display for WeightsHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for WeightsHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
