use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use aivc_models::families::hybrid::motion::{SamplePlane, Yuv420Picture};
use aivc_models::layers::Quality;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::clips::DecodedClips;
use super::dataset::draw_quality;
use super::moving::MovingPhoto;
use super::source::{DataSource, Item};
use crate::color::{from_interleaved_rgb8, to_yuv420};
use crate::frame::{ColorDescription, Frame};
use crate::model::to_yuv420_picture;
use crate::training::TrainingError;
use crate::training::recipe::{DataRecipe, SourceKind};

/// Tries to find a clip that is large and long enough before giving up.
const DRAWS: usize = 1000;

/// Side of moved photos in [`SequenceDataset::videos`], at most.
const MOVED_SIDE: usize = 384;

/// Sequences of 4:2:0 frames for training: pieces of clips, and photos that are moved.
#[derive(Debug)]
pub struct SequenceDataset {
    sources: Vec<Source>,
    seed: u64,
}

#[derive(Debug)]
struct Source {
    path: PathBuf,
    weight: f64,
    clips: Vec<Clip>,
}

/// Frames that follow each other; a photo is a clip of one frame.
#[derive(Debug)]
struct Clip {
    /// Where a photo comes from; it is decoded when it is first drawn.
    photo: Option<Item>,
    frames: OnceLock<Arc<[Frame]>>,
}

/// The sequences of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct SequenceBatch {
    /// Frames at one time of all sequences, one after another in time.
    pub frames: Vec<FrameSamples>,
    /// One quality a sequence.
    pub qualities: Vec<Quality>,
    /// Side of the luma crops in samples.
    pub side: usize,
    /// For what else is random in the step.
    pub seed: u64,
}

/// Samples of frames, in levels about the middle: −128 to 127.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FrameSamples {
    /// `[frames, side, side]`.
    pub luma: Vec<f32>,
    /// `[frames, 2, side/2, side/2]`.
    pub chroma: Vec<f32>,
}

impl FrameSamples {
    /// One of the frames, rounded to 8 bits.
    pub fn picture(&self, index: usize, width: usize, height: usize) -> Yuv420Picture {
        let area = width * height;
        let plane = |values: &[f32], width, height| {
            let sample = |&level: &f32| (level + 128.5).clamp(0.0, 255.0) as u16;
            SamplePlane::new(width, height, values.iter().map(sample).collect())
        };
        let chroma = &self.chroma[index * area / 2..][..area / 2];
        let (blue, red) = chroma.split_at(area / 4);
        Yuv420Picture {
            planes: [
                plane(&self.luma[index * area..][..area], width, height),
                plane(blue, width / 2, height / 2),
                plane(red, width / 2, height / 2),
            ],
            maximum: 255,
        }
    }
}

impl SequenceDataset {
    /// Opens all sources; clips are decoded.
    ///
    /// # Errors
    /// [`TrainingError`] if a source cannot be read or is empty.
    pub fn open(recipe: &DataRecipe, seed: u64) -> Result<Self, TrainingError> {
        let mut sources = Vec::new();
        let mut decoded = DecodedClips::default();
        for source in &recipe.sources {
            let clips: Vec<Clip> = match source.kind {
                SourceKind::Clips => decoded.of(source)?.into_iter().map(Clip::of).collect(),
                SourceKind::Pictures | SourceKind::Shards => {
                    let items = DataSource::open(source)?.items;
                    items.into_iter().map(Clip::of_photo).collect()
                }
            };
            if clips.is_empty() {
                return Err(TrainingError::NoData {
                    path: source.path.clone(),
                    minimum_side: 1,
                });
            }
            sources.push(Source {
                path: source.path.clone(),
                weight: source.weight,
                clips,
            });
        }
        Ok(Self { sources, seed })
    }

    /// Clips and photos of each source, in the order of the recipe.
    pub fn sizes(&self) -> Vec<usize> {
        self.sources
            .iter()
            .map(|source| source.clips.len())
            .collect()
    }

    /// The batch of a step: a function of seed, step and arguments alone.
    ///
    /// # Errors
    /// [`TrainingError`] if a photo cannot be decoded, or no clip is large and long enough.
    pub fn batch(
        &self,
        step: u64,
        sequences: usize,
        side: usize,
        length: usize,
    ) -> Result<SequenceBatch, TrainingError> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(step);
        let mut batch = SequenceBatch {
            frames: vec![FrameSamples::default(); length],
            qualities: Vec::with_capacity(sequences),
            side,
            seed: random.random(),
        };
        for index in 0..sequences {
            self.draw(&mut random, side, &mut batch.frames)?;
            let quality = draw_quality(&mut random, index, sequences);
            batch.qualities.push(quality);
        }
        Ok(batch)
    }

    /// Pieces of clips, whole frames of them, and photos, moved if there is more than one frame: a function
    /// of the seed and arguments alone.
    ///
    /// # Errors
    /// [`TrainingError`] if a photo cannot be decoded, or no clip is long enough.
    pub fn videos(
        &self,
        count: usize,
        length: usize,
    ) -> Result<Vec<Vec<Yuv420Picture>>, TrainingError> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(u64::MAX);
        (0..count)
            .map(|_| self.video(&mut random, length))
            .collect()
    }

    fn video(
        &self,
        random: &mut ChaCha8Rng,
        length: usize,
    ) -> Result<Vec<Yuv420Picture>, TrainingError> {
        for _ in 0..DRAWS {
            let source = self.source(random);
            let clip = source.draw(random).frames()?;
            if clip.len() >= length {
                let first = random.random_range(0..=clip.len() - length);
                let frames = clip[first..first + length].iter();
                return Ok(frames.map(to_yuv420_picture).collect());
            }
            if clip.len() == 1 {
                let format = clip[0].format();
                let side = format.width().min(format.height()).min(MOVED_SIDE) / 2 * 2;
                let occluder = source.draw(random).frames()?;
                let mut frames = vec![FrameSamples::default(); length];
                MovingPhoto::draw(&clip[0], &occluder[0], side, length, random).write(&mut frames);
                let pictures = frames.iter().map(|frame| frame.picture(0, side, side));
                return Ok(pictures.collect());
            }
        }
        Err(TrainingError::NoSequence {
            path: self.sources[0].path.clone(),
            frames: length,
            minimum_side: 1,
        })
    }

    /// A source, each as often as its weight says.
    fn source(&self, random: &mut ChaCha8Rng) -> &Source {
        let total: f64 = self.sources.iter().map(|source| source.weight).sum();
        let mut left = random.random_range(0.0..total);
        let drawn = self.sources.iter().find(|source| {
            left -= source.weight;
            left < 0.0
        });
        drawn.unwrap_or(&self.sources[self.sources.len() - 1])
    }

    fn draw(
        &self,
        random: &mut ChaCha8Rng,
        side: usize,
        frames: &mut [FrameSamples],
    ) -> Result<(), TrainingError> {
        let source = self.source(random);
        for _ in 0..DRAWS {
            let clip = source.draw(random).frames()?;
            let format = clip[0].format();
            let span = side.max(2);
            if format.width() < span || format.height() < span {
                continue;
            }
            if clip.len() == 1 && frames.len() > 1 {
                let occluder = source.draw(random).frames()?;
                MovingPhoto::draw(&clip[0], &occluder[0], side, frames.len(), random).write(frames);
                return Ok(());
            }
            if clip.len() < frames.len() {
                continue;
            }
            let first = random.random_range(0..=clip.len() - frames.len());
            let backwards = frames.len() > 1 && random.random_bool(0.5);
            // Chroma has half the size: places are even.
            let crop = Crop {
                x: 2 * random.random_range(0..=(format.width() - side) / 2),
                y: 2 * random.random_range(0..=(format.height() - side) / 2),
                side,
                mirrored: random.random_bool(0.5),
            };
            let length = frames.len();
            for (time, samples) in frames.iter_mut().enumerate() {
                let time = if backwards { length - 1 - time } else { time };
                crop.append(&clip[first + time], samples);
            }
            return Ok(());
        }
        Err(TrainingError::NoSequence {
            path: source.path.clone(),
            frames: frames.len(),
            minimum_side: side,
        })
    }
}

impl Source {
    fn draw(&self, random: &mut ChaCha8Rng) -> &Clip {
        &self.clips[random.random_range(0..self.clips.len())]
    }
}

impl Clip {
    fn of(frames: Arc<[Frame]>) -> Self {
        Self {
            photo: None,
            frames: OnceLock::from(frames),
        }
    }

    fn of_photo(item: Item) -> Self {
        Self {
            photo: Some(item),
            frames: OnceLock::new(),
        }
    }

    fn frames(&self) -> Result<Arc<[Frame]>, TrainingError> {
        if let Some(frames) = self.frames.get() {
            return Ok(frames.clone());
        }
        let item = self
            .photo
            .as_ref()
            .expect("a clip without frames is a photo");
        let frames = Arc::from([to_frame(item)?]);
        Ok(self.frames.get_or_init(|| frames).clone())
    }
}

/// A photo as a 4:2:0 frame of 8 bits.
fn to_frame(item: &Item) -> Result<Frame, TrainingError> {
    let picture = item.decode()?;
    let frame = from_interleaved_rgb8(picture.width, picture.height, &picture.pixels)?;
    Ok(to_yuv420(&frame, ColorDescription::UNSPECIFIED)?)
}

/// A square piece of a frame.
struct Crop {
    x: usize,
    y: usize,
    side: usize,
    mirrored: bool,
}

impl Crop {
    fn append(&self, frame: &Frame, samples: &mut FrameSamples) {
        for index in 0..3 {
            let plane = frame.plane(index);
            let reduction = if index == 0 { 1 } else { 2 };
            let side = self.side / reduction;
            let bytes = plane.as_u8().expect("sources have 8 bits");
            let output = if index == 0 {
                &mut samples.luma
            } else {
                &mut samples.chroma
            };
            for y in self.y / reduction..self.y / reduction + side {
                let row = &bytes[y * plane.width() + self.x / reduction..][..side];
                let level = |&sample: &u8| f32::from(sample) - 128.0;
                if self.mirrored {
                    output.extend(row.iter().rev().map(level));
                } else {
                    output.extend(row.iter().map(level));
                }
            }
        }
    }
}
