use aivc_entropy::{DecodeError, EncodeError};
use thiserror::Error;

/// Why a picture could not be coded or decoded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The symbol encoder refused.
    #[error("coding symbols: {0}")]
    Encode(#[from] EncodeError),
    /// The symbols are damaged or end early.
    #[error("decoding symbols: {0}")]
    Decode(#[from] DecodeError),
    /// A hyper-latent value that no encoder writes.
    #[error("hyper-latent value {value} is outside -127..=127")]
    HyperLatentRange {
        /// The value.
        value: i32,
    },
    /// An index that no codebook has.
    #[error("code {value} is not one of {count}")]
    CodeRange {
        /// The index.
        value: i32,
        /// Codes that there are.
        count: i32,
    },
    /// An inter frame, of a model that was trained for keyframes only.
    #[error("the model codes each frame by itself; it has no inter frames")]
    NoInterFrames,
    /// A macroblock's quality that no encoder writes.
    #[error("an offset of {value} from a frame's quality is outside -5..=5")]
    QualityOffset {
        /// In steps of four levels.
        value: i32,
    },
    /// A strength of a restoration that no encoder writes.
    #[error("a strength of {value} quarters is outside 0..=7")]
    RestorationStrength {
        /// In quarters.
        value: i32,
    },
    /// A motion vector that no encoder writes.
    #[error("motion of {value} quarter pixels is outside -2048..=2048")]
    MotionRange {
        /// One of its components.
        value: i32,
    },
}
