use aivc_models::families::hybrid::motion::Yuv420Picture;
use aivc_models::layers::{QUALITY_LEVELS, Quality};

use super::TrainingError;
use super::data::SequenceDataset;
use super::frame_task::moved;

/// Videos that tables are fitted to, frames of each, and photos in place of videos where there are only
/// keyframes.
const VIDEOS: usize = 24;
const FRAMES: usize = 6;
const PHOTOS: usize = 48;
/// Their qualities.
const FIRST_LEVEL: u8 = 4;
const LEVEL_STEP: usize = 9;

/// What a hybrid codec's tables are fitted to: pieces of training videos at all kinds of qualities, with
/// keyframes so many levels better; photos, if it has keyframes only.
pub(super) fn fitting_videos(
    dataset: &SequenceDataset,
    inter_key_above: Option<u8>,
) -> Result<Vec<Vec<(Yuv420Picture, Quality)>>, TrainingError> {
    let (videos, length, better) = match inter_key_above {
        None => (PHOTOS, 1, 0),
        Some(key_above) => (VIDEOS, FRAMES, i16::from(key_above)),
    };
    let videos = dataset.videos(videos, length)?.into_iter();
    let numbered = videos.zip((FIRST_LEVEL..QUALITY_LEVELS).step_by(LEVEL_STEP).cycle());
    let videos = numbered.map(|(pictures, level)| {
        let base = Quality::new(level).expect("below the number of levels");
        let pictures = pictures.into_iter().enumerate();
        let pictures = pictures.map(|(number, picture)| {
            let quality = if number == 0 {
                moved(base, better)
            } else {
                base
            };
            (picture, quality)
        });
        pictures.collect()
    });
    Ok(videos.collect())
}
