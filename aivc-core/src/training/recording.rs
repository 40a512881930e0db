//! Videos that an encoder codes to learn from.

use std::path::Path;

use aivc_models::ModelBackend;
use aivc_models::families::CodecError;
use aivc_models::families::hybrid::lookahead::{Importance, Lookahead};
use aivc_models::families::hybrid::motion::Yuv420Picture;
use aivc_models::families::hybrid::{HybridCodec, HybridFrame};
use aivc_models::layers::{QUALITY_LEVELS, Quality};
use rayon::prelude::*;

use super::TrainingError;
use super::frame_task::moved;

/// What `record` keeps of each video, the first ones of which have the lowest qualities; several videos at once.
///
/// # Errors
/// The first error of `record`, and [`TrainingError::NoData`] if nothing is kept of what is large enough for a crop of
/// so many samples a side.
pub(super) fn record_videos<T: Send>(
    videos: &[Vec<Yuv420Picture>],
    codec: &Path,
    crop: usize,
    record: impl Fn(&[Yuv420Picture], Quality) -> Result<Vec<T>, TrainingError> + Sync,
    is_large: impl Fn(&T) -> bool,
) -> Result<Vec<T>, TrainingError> {
    let numbered = videos.par_iter().enumerate();
    let of_videos: Vec<Vec<T>> = numbered
        .map(|(number, video)| record(video, quality_of_video(number, videos.len())))
        .collect::<Result<_, _>>()?;
    let kept: Vec<T> = of_videos.into_iter().flatten().filter(is_large).collect();
    if kept.is_empty() {
        return Err(TrainingError::NoData {
            path: codec.into(),
            minimum_side: crop,
        });
    }
    Ok(kept)
}

/// A frame that is to be coded.
pub(super) struct NextFrame<'a> {
    /// Its place in the video.
    pub number: usize,
    pub picture: &'a Yuv420Picture,
    /// The frame before, as it was decoded; none before keyframes.
    pub reference: Option<&'a HybridFrame>,
    pub quality: Quality,
    pub importance: Option<&'a Importance>,
}

/// Codes the first frames of a video, which is known as a whole, one from the other with keyframes so many levels
/// better, as sessions with a lookahead do. `code` gives what was decoded.
pub(super) fn code_video<B: ModelBackend>(
    codec: &HybridCodec<B>,
    video: &[Yuv420Picture],
    frames: usize,
    quality: Quality,
    key_above: u8,
    mut code: impl FnMut(NextFrame<'_>) -> Result<HybridFrame, CodecError>,
) -> Result<(), TrainingError> {
    let mut lookahead = Lookahead::default();
    for picture in video {
        lookahead.push(&picture.planes[0], picture.maximum);
    }
    let mut last: Option<HybridFrame> = None;
    let mut of_key = 0.0;
    for (number, picture) in video[..frames].iter().enumerate() {
        let importance = lookahead.importance(video.len());
        lookahead.pop();
        let above = match (&last, &importance) {
            (None, Some(importance)) => {
                of_key = importance.mean();
                key_above.into()
            }
            (Some(_), Some(importance)) => importance.levels_above(of_key).round() as i16,
            (_, None) => 0,
        };
        let decoded = code(NextFrame {
            number,
            picture,
            reference: last.as_ref(),
            quality: moved(quality, above),
            importance: importance.as_ref(),
        })?;
        last = codec.predicts().then_some(decoded);
    }
    Ok(())
}

/// The quality of one of so many videos: the first ones have the lowest.
fn quality_of_video(number: usize, videos: usize) -> Quality {
    let level = number * usize::from(QUALITY_LEVELS) / videos;
    Quality::new(level as u8).expect("below the number of levels")
}

/// Whether an inter frame is learned from: at ever greater distances, as neighbours have much in common.
pub(super) fn is_kept(number: usize) -> bool {
    (0..number).any(|n| n * (n + 1) / 2 + 1 == number)
}
