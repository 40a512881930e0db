use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use aivc_models::layers::{QUALITY_LEVELS, Quality};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::picture::{Crop, Picture};
use super::source::{DataSource, Item};
use crate::training::TrainingError;
use crate::training::recipe::DataRecipe;

/// Tries to find a picture that is large enough before giving up.
const DRAWS: usize = 1000;

/// All training pictures, drawn from by step number.
#[derive(Debug)]
pub struct Dataset {
    sources: Vec<DataSource>,
    cache: Vec<Vec<Mutex<Option<Picture>>>>,
    cache_left: AtomicUsize,
    half_size_share: f64,
    seed: u64,
}

/// Crops of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Step that it is for.
    pub step: u64,
    /// `[pictures, 3, side, side]` in this order, values from 0 to 1.
    pub pixels: Vec<f32>,
    /// One quality a picture.
    pub qualities: Vec<Quality>,
    /// Side of the crops in pixels.
    pub side: usize,
}

impl Dataset {
    /// Opens all sources.
    ///
    /// # Errors
    /// [`TrainingError`] if a source cannot be read or is empty.
    pub fn open(recipe: &DataRecipe, seed: u64) -> Result<Self, TrainingError> {
        let sources = recipe
            .sources
            .iter()
            .map(DataSource::open)
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(empty) = sources.iter().find(|source| source.is_empty()) {
            return Err(TrainingError::NoData {
                path: empty.path.clone(),
                minimum_side: 1,
            });
        }
        let slots = |source: &DataSource| source.items.iter().map(|_| Mutex::new(None)).collect();
        Ok(Self {
            cache: sources.iter().map(slots).collect(),
            cache_left: AtomicUsize::new(recipe.cache_mebibytes.saturating_mul(1 << 20)),
            half_size_share: recipe.half_size_share,
            sources,
            seed,
        })
    }

    /// Pictures of each source, in the order of the recipe.
    pub fn sizes(&self) -> Vec<usize> {
        self.sources.iter().map(DataSource::len).collect()
    }

    /// The batch of a step: a function of seed, step and arguments alone.
    ///
    /// # Errors
    /// [`TrainingError`] if a picture cannot be decoded, or none is large enough.
    pub fn batch(&self, step: u64, pictures: usize, side: usize) -> Result<Batch, TrainingError> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(step);
        let mut batch = Batch {
            step,
            pixels: vec![0.0; pictures * 3 * side * side],
            qualities: Vec::with_capacity(pictures),
            side,
        };
        for planes in batch.pixels.chunks_exact_mut(3 * side * side) {
            self.draw(&mut random, side, planes)?;
            batch
                .qualities
                .push(draw_quality(&mut random, batch.qualities.len(), pictures));
        }
        Ok(batch)
    }

    fn draw(
        &self,
        random: &mut ChaCha8Rng,
        side: usize,
        planes: &mut [f32],
    ) -> Result<(), TrainingError> {
        let source = self.draw_source(random);
        for _ in 0..DRAWS {
            let item = random.random_range(0..self.sources[source].len());
            let half = random.random_bool(self.half_size_share);
            let picture = self.picture(source, item)?;
            let smaller = picture.width.min(picture.height);
            let reduction = if half && smaller >= 2 * side { 2 } else { 1 };
            let span = side * reduction;
            if smaller < span {
                continue;
            }
            let crop = Crop {
                x: random.random_range(0..=picture.width - span),
                y: random.random_range(0..=picture.height - span),
                side,
                reduction,
                mirrored: random.random_bool(0.5),
            };
            picture.write_planes(crop, planes);
            return Ok(());
        }
        Err(TrainingError::NoData {
            path: self.sources[source].path.clone(),
            minimum_side: side,
        })
    }

    fn draw_source(&self, random: &mut ChaCha8Rng) -> usize {
        let total: f64 = self.sources.iter().map(|source| source.weight).sum();
        let mut left = random.random_range(0.0..total);
        for (index, source) in self.sources.iter().enumerate() {
            left -= source.weight;
            if left < 0.0 {
                return index;
            }
        }
        self.sources.len() - 1
    }

    fn picture(&self, source: usize, item: usize) -> Result<Picture, TrainingError> {
        let item_ref = &self.sources[source].items[item];
        if let Item::Decoded(picture) = item_ref {
            return Ok(picture.clone());
        }
        let mut slot = self.cache[source][item]
            .lock()
            .expect("no thread panics while it holds the lock");
        if let Some(picture) = &*slot {
            return Ok(picture.clone());
        }
        let picture = item_ref.decode()?;
        let bytes = picture.pixels.len();
        let taken = self
            .cache_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            });
        if taken.is_ok() {
            *slot = Some(picture.clone());
        }
        Ok(picture)
    }
}

/// A level from the `index`-th of `count` equal parts of the range: every batch then has low and
/// high qualities, which makes its gradient less noisy than independent draws do.
pub(super) fn draw_quality(random: &mut ChaCha8Rng, index: usize, count: usize) -> Quality {
    let fraction = (index as f64 + random.random_range(0.0..1.0)) / count as f64;
    let level = (fraction * f64::from(QUALITY_LEVELS)) as u8;
    Quality::new(level.min(QUALITY_LEVELS - 1)).expect("within the range")
}
