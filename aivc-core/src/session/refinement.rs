use std::fmt;
use std::sync::Arc;

use crate::frame::Frame;
use crate::model::ModelError;

/// Improves decoded frames on their way out of a [`Decoder`](super::Decoder): the place of an
/// enhancement network. What it does is seen by nobody but the viewer; frames are predicted from
/// what was decoded, not from what it makes of it.
pub trait FrameRefinement: Send + Sync {
    /// The frame to show in place of a decoded one; of the same format.
    ///
    /// # Errors
    /// [`ModelError`], if it cannot be made.
    fn refine(&self, decoded: &Frame) -> Result<Frame, ModelError>;
}

/// A refinement, or none.
#[derive(Clone, Default)]
pub(super) struct RefinementSlot(pub Option<Arc<dyn FrameRefinement>>);

impl fmt::Debug for RefinementSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "refined" } else { "plain" })
    }
}
