use std::fmt;

use aivc_models::ModelBackend;
use aivc_models::layers::Quality;
use aivc_models::refinement::RefinementModel;
use burn::tensor::Tensor;

use super::ModelError;
use super::rgb_tensors::{picture_tensor, rgb_frame};
use crate::color::add_rgb_residual;
use crate::frame::{Frame, FrameFormat};

/// The size that decoded frames are shown at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ShownSize {
    /// That of the decoded frame.
    #[default]
    AsDecoded,
    /// Twice its width and height, less a last column or row that the stream's display size does
    /// not have.
    Twice,
}

impl ShownSize {
    /// How many times the decoded width and height.
    pub fn factor(self) -> usize {
        match self {
            Self::AsDecoded => 1,
            Self::Twice => 2,
        }
    }

    /// The built-in refinement for it.
    pub(super) fn builtin_name(self) -> &'static str {
        match self {
            Self::AsDecoded => "refine-small",
            Self::Twice => "upscale-small",
        }
    }
}

/// Improves decoded frames on their way out of a [`Decoder`](crate::session::Decoder). What it does
/// is seen by nobody but the viewer; frames are predicted from what was decoded, not from what it
/// makes of it.
pub trait FrameRefinement: fmt::Debug + Send + Sync {
    /// The size that it makes.
    fn shown_size(&self) -> ShownSize {
        ShownSize::AsDecoded
    }

    /// The frame to show in place of a decoded one.
    ///
    /// `quality` is that of the frame's packet. `shown` is the decoded frame's format, but for its
    /// size: that is [`Self::shown_size`]'s, or up to a column and a row smaller at twice the size.
    ///
    /// # Errors
    /// [`ModelError`], if it cannot be made.
    fn refine(
        &self,
        decoded: &Frame,
        quality: Quality,
        shown: FrameFormat,
    ) -> Result<Frame, ModelError>;
}

/// A refinement network on a device.
#[derive(Debug)]
pub(crate) struct NetworkRefinement<B: ModelBackend> {
    model: RefinementModel<B>,
    device: B::Device,
}

impl<B: ModelBackend> NetworkRefinement<B> {
    pub fn new(model: RefinementModel<B>, device: B::Device) -> Self {
        Self { model, device }
    }
}

impl<B> FrameRefinement for NetworkRefinement<B>
where
    B: ModelBackend,
    RefinementModel<B>: Send + Sync,
    B::Device: Sync,
{
    fn shown_size(&self) -> ShownSize {
        if self.model.config().scale == 1 {
            ShownSize::AsDecoded
        } else {
            ShownSize::Twice
        }
    }

    fn refine(
        &self,
        decoded: &Frame,
        quality: Quality,
        shown: FrameFormat,
    ) -> Result<Frame, ModelError> {
        let picture: Tensor<B, 4> = picture_tensor(decoded, &self.device)?;
        if self.shown_size() == ShownSize::AsDecoded {
            let residual = self.model.residual(picture, quality);
            let residual = residual.into_data().convert::<f32>();
            let values = residual.as_slice::<f32>().expect("converted to f32");
            return Ok(add_rgb_residual(decoded, values)?);
        }
        let refined = self.model.refine(picture, quality);
        let refined = refined.narrow(2, 0, shown.height());
        let frame = rgb_frame(refined.narrow(3, 0, shown.width()), shown, decoded.color())?;
        Ok(frame.with_pts(decoded.pts()))
    }
}
