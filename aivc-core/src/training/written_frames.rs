use aivc_models::ModelBackend;
use aivc_models::families::hybrid::coder::{HYPER_FACTOR, WrittenFrame};
use aivc_models::families::hybrid::motion::Yuv420Picture;
use aivc_models::families::hybrid::{HybridCodec, LATENT_CHANNELS, MACROBLOCK};
use aivc_models::layers::Quality;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::TrainingError;
use super::distributions_recipe::{DistributionsRecipe, FrameKind};
use super::pieces::Piece;
use super::recording::{NextFrame, code_video, is_kept, record_videos};

/// Bits a macroblock that a video takes beside its latents, about: what they cost counts relative to the
/// sum.
const BITS_BESIDE: f64 = 2.0;

/// Frames as an encoder wrote them, to draw pieces from.
#[derive(Debug)]
pub(super) struct WrittenFrames {
    frames: Vec<Recorded>,
    /// Channels of ẑ.
    hyper: usize,
    seed: u64,
}

#[derive(Debug)]
struct Recorded {
    frame: WrittenFrame,
    quality: Quality,
    /// What a bit a macroblock of the frame's video counts.
    weight: f32,
}

/// Pieces of frames, one after another.
#[derive(Debug, Default)]
pub(super) struct WrittenBatch {
    /// The level of each macroblock.
    pub levels: Vec<f32>,
    /// In sixteenths of an octave; empty of keyframes.
    pub features: Vec<f32>,
    /// Empty without a hyper-latent.
    pub hyper_latent: Vec<f32>,
    /// In sixteenths of a step.
    pub latent: Vec<f32>,
    pub qualities: Vec<Quality>,
    /// What a bit a macroblock counts, of each piece.
    pub weights: Vec<f32>,
    /// Macroblocks of a side.
    pub side: usize,
}

impl WrittenFrames {
    /// Encodes the videos, the first ones at the lowest qualities, and keeps what was written of frames of
    /// at least `side` macroblocks in each direction.
    ///
    /// # Errors
    /// [`TrainingError`] if a frame cannot be coded or none is large enough.
    pub fn record<B: ModelBackend>(
        codec: &HybridCodec<B>,
        recipe: &DistributionsRecipe,
        videos: &[Vec<Yuv420Picture>],
        side: usize,
        seed: u64,
        device: &B::Device,
    ) -> Result<Self, TrainingError> {
        let frames = record_videos(
            videos,
            &recipe.codec,
            side * MACROBLOCK,
            |video, quality| record_video(codec, recipe, video, quality, device),
            |recorded| {
                let sides = recorded.frame.macroblocks;
                sides.iter().all(|&macroblocks| macroblocks >= side)
            },
        )?;
        let config = codec.config();
        let hyper = match (recipe.frames, &config.inter) {
            (FrameKind::Inter, Some(inter)) => inter.hyper,
            _ => config.key.hyper,
        };
        Ok(Self {
            frames,
            hyper,
            seed,
        })
    }

    /// Frames that were kept.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// The batch of a step: a function of seed, step and arguments alone.
    pub fn batch(&self, step: u64, pieces: usize, side: usize) -> WrittenBatch {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(step);
        let mut batch = WrittenBatch {
            side,
            ..WrittenBatch::default()
        };
        for _ in 0..pieces {
            let recorded = &self.frames[random.random_range(0..self.frames.len())];
            let frame = &recorded.frame;
            // Whole values of ẑ, and the squares of the checkerboard as they are in whole frames.
            let first = frame
                .macroblocks
                .map(|whole| HYPER_FACTOR * random.random_range(0..=(whole - side) / HYPER_FACTOR));
            let of_macroblocks = Piece {
                size: frame.macroblocks,
                first,
                side,
            };
            let of_hyper = Piece {
                size: frame.macroblocks.map(|side| side.div_ceil(HYPER_FACTOR)),
                first: first.map(|first| first / HYPER_FACTOR),
                side: side / HYPER_FACTOR,
            };
            of_macroblocks.append(&frame.levels, 1, &mut batch.levels);
            of_macroblocks.append(&frame.features, 3 * LATENT_CHANNELS, &mut batch.features);
            of_hyper.append(&frame.hyper_latent, self.hyper, &mut batch.hyper_latent);
            of_macroblocks.append(&frame.latent, LATENT_CHANNELS, &mut batch.latent);
            batch.qualities.push(recorded.quality);
            batch.weights.push(recorded.weight);
        }
        batch
    }
}

fn record_video<B: ModelBackend>(
    codec: &HybridCodec<B>,
    recipe: &DistributionsRecipe,
    video: &[Yuv420Picture],
    quality: Quality,
    device: &B::Device,
) -> Result<Vec<Recorded>, TrainingError> {
    let mut kept = Vec::new();
    let mut bits = 0.0;
    let needed = match recipe.frames {
        FrameKind::Key => 1,
        FrameKind::Inter => video.len(),
    };
    let code = |next: NextFrame<'_>| {
        let (decoded, frame) = codec.record(
            next.picture,
            next.reference,
            next.quality,
            next.importance,
            device,
        )?;
        if keeps(recipe.frames, next.number) {
            bits += frame.bits / frame.macroblocks.iter().product::<usize>() as f64;
            kept.push((frame, next.quality));
        }
        Ok(decoded)
    };
    code_video(codec, video, needed, quality, recipe.key_above, code)?;
    let mean = bits / kept.len() as f64;
    let weight = (mean + BITS_BESIDE).recip() as f32;
    let recorded = kept.into_iter().map(|(frame, quality)| Recorded {
        frame,
        quality,
        weight,
    });
    Ok(recorded.collect())
}

/// Whether a frame of a video is learned from.
fn keeps(frames: FrameKind, number: usize) -> bool {
    match frames {
        FrameKind::Key => number == 0,
        FrameKind::Inter => is_kept(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inter_frames_are_kept_at_growing_distances() {
        let kept = |frames| (0..30).filter(move |&n| keeps(frames, n));
        assert!(kept(FrameKind::Inter).eq([1, 2, 4, 7, 11, 16, 22, 29]));
        assert!(kept(FrameKind::Key).eq([0]));
    }
}
