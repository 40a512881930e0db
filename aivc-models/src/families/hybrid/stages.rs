//! What a frame is between its coder and the frame that comes out.

use super::coder::{CodedFrame, PlaneSteps};
use super::frame::{HybridFrame, PictureShape};
use super::motion::MotionField;
use super::qualities::QualityMap;
use super::restoration::{Correction, DecodedPlanes, Strengths};
use super::transform::FramePlanes;

/// A picture's symbols and what they were made with.
pub(super) struct CodedPicture {
    pub shape: PictureShape,
    pub original: FramePlanes,
    pub map: QualityMap,
    /// None of keyframes.
    pub motion: Option<CodedMotion>,
    pub frame: CodedFrame,
}

pub(super) struct CodedMotion {
    pub field: MotionField,
    pub prediction: FramePlanes,
}

/// A decoded frame, not restored, and its samples before they are rounded.
pub(super) struct DecodedPicture {
    pub planes: FramePlanes,
    /// None of keyframes.
    pub prediction: Option<FramePlanes>,
    pub frame: HybridFrame,
}

impl DecodedPicture {
    /// What restoration starts from, by the coder's steps; none of keyframes.
    pub fn before_restoration<'a>(&'a self, steps: &'a [PlaneSteps]) -> Option<DecodedPlanes<'a>> {
        Some(DecodedPlanes {
            frame: &self.planes,
            prediction: self.prediction.as_ref()?,
            map: &self.frame.map,
            steps,
        })
    }

    /// The frame, shown with so much of a correction.
    pub fn restored(self, strengths: Strengths, correction: Option<Correction>) -> HybridFrame {
        let shape = PictureShape::of(&self.frame.picture);
        let correction = correction.filter(|_| !strengths.is_none());
        let restored = correction.map(|correction| correction.added_to(self.planes, strengths));
        HybridFrame {
            restored: restored.map(|planes| shape.picture_of(&planes)),
            strengths: Some(strengths),
            ..self.frame
        }
    }
}
