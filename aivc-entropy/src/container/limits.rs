/// Most luma samples a picture has in one direction.
pub const MAX_DIMENSION: u32 = 16_384;

/// Most luma samples of a picture: that of 16384×8192.
pub const MAX_PIXELS: u64 = 1 << 27;

/// Longest name of a model, in bytes of UTF-8.
pub const MAX_MODEL_NAME_BYTES: usize = 64;

/// Highest quality index; the lowest is 0.
pub const MAX_QUALITY: u8 = 63;

/// What a container may ask of the program that reads or writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest payload of a packet, in bytes.
    pub payload_bytes: u32,
    /// Longest index, in bytes; a packet takes about 4.
    pub index_bytes: u32,
}

impl Default for Limits {
    /// 64 MiB for a payload; 64 MiB for the index, which is enough for 3 days at 60 frames/s.
    fn default() -> Self {
        Self {
            payload_bytes: 64 << 20,
            index_bytes: 64 << 20,
        }
    }
}
