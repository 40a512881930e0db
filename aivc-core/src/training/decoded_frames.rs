use aivc_models::ModelBackend;
use aivc_models::families::hybrid::motion::Yuv420Picture;
use aivc_models::families::hybrid::restoration::{INPUTS, RestorationExample};
use aivc_models::families::hybrid::{DETAIL_CHANNELS, HybridCodec};
use aivc_models::layers::Quality;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::TrainingError;
use super::pieces::Piece;
use super::recording::{NextFrame, code_video, is_kept, record_videos};
use super::restoration_recipe::RestorationRecipe;

/// Luma samples a side of a block.
pub(super) const BLOCK: usize = 8;
/// Channels of luma, and of each chroma plane.
pub(super) const CHANNELS: [usize; 3] = [64, 16, 16];
/// What the planes count: as PSNRs are weighted, 6:1:1.
const PLANE_WEIGHTS: [f64; 3] = [0.75, 0.125, 0.125];
/// Sixteenths of a level that the mean squared error counts as at least.
const LEAST_ERROR: f64 = 1.0;

/// Inter frames as decoders have them before they restore them, to draw pieces from.
#[derive(Debug)]
pub(super) struct DecodedFrames {
    frames: Vec<Recorded>,
    seed: u64,
}

#[derive(Debug)]
struct Recorded {
    example: RestorationExample,
    /// What a squared sixteenth of a level counts, of each plane.
    weights: [f32; 3],
}

/// Pieces of frames, one after another.
#[derive(Debug, Default)]
pub(super) struct DecodedBatch {
    /// In sixteenths of a step.
    pub inputs: Vec<f32>,
    /// In sixteenths of a level.
    pub error: Vec<f32>,
    /// Of luma and chroma, in levels.
    pub steps: Vec<f32>,
    /// What a squared sixteenth of a level counts, of each channel of each piece.
    pub weights: Vec<f32>,
    /// Pieces.
    pub count: usize,
    /// Blocks of a side.
    pub side: usize,
}

impl DecodedFrames {
    /// Encodes the videos, the first ones at the lowest qualities, and keeps inter frames of at least `side`
    /// blocks in each direction.
    ///
    /// # Errors
    /// [`TrainingError`] if a frame cannot be coded or none is large enough.
    pub fn record<B: ModelBackend>(
        codec: &HybridCodec<B>,
        recipe: &RestorationRecipe,
        videos: &[Vec<Yuv420Picture>],
        side: usize,
        seed: u64,
        device: &B::Device,
    ) -> Result<Self, TrainingError> {
        let examples = record_videos(
            videos,
            &recipe.codec,
            side * BLOCK,
            |video, quality| record_video(codec, recipe, video, quality, device),
            |example| example.blocks.iter().all(|&blocks| blocks >= side),
        )?;
        let frames = examples.into_iter().map(Recorded::of).collect();
        Ok(Self { frames, seed })
    }

    /// Frames that were kept.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// The batch of a step: a function of seed, step and arguments alone.
    pub fn batch(&self, step: u64, pieces: usize, side: usize) -> DecodedBatch {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(step);
        let mut batch = DecodedBatch {
            count: pieces,
            side,
            ..DecodedBatch::default()
        };
        for _ in 0..pieces {
            let Recorded { example, weights } =
                &self.frames[random.random_range(0..self.frames.len())];
            let size = example.blocks;
            // Whole macroblocks, so that a block's place in its own is seen as it is.
            let first = size.map(|whole| 2 * random.random_range(0..=(whole - side) / 2));
            let piece = Piece { size, first, side };
            piece.append(&example.inputs, INPUTS, &mut batch.inputs);
            piece.append(&example.error, DETAIL_CHANNELS, &mut batch.error);
            piece.append(&example.steps, 2, &mut batch.steps);
            for (&weight, channels) in weights.iter().zip(CHANNELS) {
                let each = weight / channels as f32;
                batch.weights.extend(std::iter::repeat_n(each, channels));
            }
        }
        batch
    }
}

impl Recorded {
    fn of(example: RestorationExample) -> Self {
        let area = example.blocks.iter().product::<usize>();
        let mut rest = example.error.as_slice();
        let mut planes = CHANNELS.iter().zip(PLANE_WEIGHTS);
        let weights = std::array::from_fn(|_| {
            let (&channels, weight) = planes.next().expect("three planes");
            let (plane, others) = rest.split_at(channels * area);
            rest = others;
            let squares: f64 = plane.iter().map(|&error| f64::from(error).powi(2)).sum();
            (weight / (squares / plane.len() as f64).max(LEAST_ERROR)) as f32
        });
        Self { example, weights }
    }
}

fn record_video<B: ModelBackend>(
    codec: &HybridCodec<B>,
    recipe: &RestorationRecipe,
    video: &[Yuv420Picture],
    quality: Quality,
    device: &B::Device,
) -> Result<Vec<RestorationExample>, TrainingError> {
    let mut kept = Vec::new();
    let code = |next: NextFrame<'_>| {
        let (frame, example) = codec.record_decoded(
            next.picture,
            next.reference,
            next.quality,
            next.importance,
            device,
        )?;
        kept.extend(example.filter(|_| is_kept(next.number)));
        Ok(frame)
    };
    code_video(codec, video, video.len(), quality, recipe.key_above, code)?;
    Ok(kept)
}
