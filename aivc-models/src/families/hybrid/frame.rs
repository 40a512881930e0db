use super::coder::FrameResidual;
use super::motion::Yuv420Picture;
use super::qualities::QualityMap;
use super::restoration::Strengths;
use super::transform::FramePlanes;
use crate::families::PictureSize;

/// A decoded frame and what the next one needs of it besides: all the state of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HybridFrame {
    /// The samples that the next frame is predicted from.
    pub picture: Yuv420Picture,
    /// What is shown in their place, if anything.
    pub(super) restored: Option<Yuv420Picture>,
    /// How strongly they were restored; none of keyframes.
    pub(super) strengths: Option<Strengths>,
    /// The quality of each macroblock.
    pub(super) map: QualityMap,
    /// None of keyframes.
    pub(super) residual: Option<FrameResidual>,
}

impl HybridFrame {
    /// The samples that are shown.
    pub fn shown(&self) -> &Yuv420Picture {
        self.restored.as_ref().unwrap_or(&self.picture)
    }
}

/// What the frames of a video have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PictureShape {
    pub size: PictureSize,
    /// The largest sample.
    pub maximum: u16,
}

impl PictureShape {
    pub fn of(picture: &Yuv420Picture) -> Self {
        let luma = &picture.planes[0];
        Self {
            size: PictureSize {
                height: luma.height(),
                width: luma.width(),
            },
            maximum: picture.maximum,
        }
    }

    pub fn picture_of(self, planes: &FramePlanes) -> Yuv420Picture {
        planes.to_picture(self.size.width, self.size.height, self.maximum)
    }
}
