//! What an encoder learns of the frames to come: how much of each macroblock lives on in them. Bits spent
//! there save bits later, so such macroblocks are coded better (Garrett-Glaser, "A novel macroblock-tree algorithm for
//! high-performance optimization of dependent video coding in H.264/AVC", 2011).

mod costs;

use std::collections::VecDeque;

use self::costs::{inter_cost, intra_cost};
use super::motion::{
    MOTION_BLOCK, MotionField, MotionSearch, SamplePlane, Yuv420Picture, compensate,
};
use crate::layers::Quality;

/// Quality whose price of vectors the search minds, a quarter of it at half of the size.
const SEARCH_QUALITY: u8 = 32;
/// What is left of a macroblock that is predicted well, by noise and quantization, in the units of costs.
const NOISE: f32 = 35.0;

/// Levels that a frame becomes better by when twice as much is predicted from it (found on the training
/// clips, as all of this).
const LEVELS_PER_OCTAVE: f32 = 4.0;

/// How much lives on of each macroblock of a frame, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    octaves: Vec<f32>,
}

impl Importance {
    /// The importance that somebody else has found: octaves of each macroblock, row by row, as
    /// [`octaves`](Self::octaves) gives them.
    ///
    /// # Panics
    /// If there are none, or one is no number.
    pub fn new(octaves: Vec<f32>) -> Self {
        assert!(!octaves.is_empty(), "of no macroblock");
        assert!(octaves.iter().all(|octaves| octaves.is_finite()));
        Self { octaves }
    }

    /// `log₂(1 + r)`, where `r` is what later frames take from the macroblock over what it costs itself: 0
    /// where nothing does, about 5 where 32 frames repeat it.
    pub fn octaves(&self) -> &[f32] {
        &self.octaves
    }

    /// The mean of these.
    pub fn mean(&self) -> f32 {
        self.octaves.iter().sum::<f32>() / self.octaves.len() as f32
    }

    /// Levels that the frame should be better than one of this mean importance: what many frames are
    /// predicted from should be good, and what none are may be bad.
    pub fn levels_above(&self, mean: f32) -> f32 {
        LEVELS_PER_OCTAVE * (self.mean() - mean)
    }
}

/// The frames that an encoder knows and has not coded yet.
#[derive(Debug, Clone, Default)]
pub struct Lookahead {
    frames: VecDeque<Analyzed>,
    /// The last frame, at half of its size.
    last: Option<SamplePlane>,
}

/// A frame beside the one before.
#[derive(Debug, Clone)]
struct Analyzed {
    rows: usize,
    columns: usize,
    /// What each macroblock costs by itself.
    intra: Vec<f32>,
    /// The share of each that the frame before gives, 0 to 1; zeros without one.
    inherited: Vec<f32>,
    /// Where from, in macroblocks of [`UNITS`].
    sources: Vec<[i32; 2]>,
}

/// Units of a macroblock's side in [`Analyzed::sources`]: quarter pixels at half of the size.
const UNITS: i32 = 2 * MOTION_BLOCK as i32;

impl Lookahead {
    /// Adds the luma plane of the next frame.
    ///
    /// # Panics
    /// If it differs in size from the last.
    pub fn push(&mut self, luma: &SamplePlane, maximum: u16) {
        let half = luma.halved();
        let analyzed = Analyzed::of(&half, self.last.as_ref(), maximum);
        self.frames.push_back(analyzed);
        self.last = Some(half);
    }

    /// Whether all frames that were pushed have been popped.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Forgets the first frame.
    pub fn pop(&mut self) {
        self.frames.pop_front();
    }

    /// How much of the first frame lives on in the others, of which at most `limit` count: those that are
    /// predicted one from the other.
    pub fn importance(&self, limit: usize) -> Option<Importance> {
        let first = self.frames.front()?;
        let mut taken = vec![0.0; first.intra.len()];
        for index in (1..self.frames.len().min(limit + 1)).rev() {
            taken = self.frames[index].hand_back(&taken);
        }
        let octaves = taken.iter().zip(&first.intra);
        let octaves = octaves.map(|(taken, intra)| (1.0 + taken / intra).log2());
        Some(Importance::new(octaves.collect()))
    }
}

impl Analyzed {
    fn of(half: &SamplePlane, last: Option<&SamplePlane>, maximum: u16) -> Self {
        let side = MOTION_BLOCK / 2;
        let (columns, rows) = (half.width().div_ceil(side), half.height().div_ceil(side));
        let places = || (0..rows * columns).map(|place| (place % columns, place / columns));
        // As of 8 bits.
        let depth = f32::from(maximum) / 255.0;
        let intra: Vec<f32> = places()
            .map(|(column, row)| intra_cost(half, column, row) / depth + 1.0)
            .collect();
        let Some(last) = last else {
            return Self {
                rows,
                columns,
                inherited: vec![0.0; intra.len()],
                sources: vec![[0, 0]; intra.len()],
                intra,
            };
        };
        let field = motion(half, last, maximum);
        let prediction = predict(last, &field, maximum);
        let inherited = places().zip(&intra).map(|((column, row), intra)| {
            let inter = inter_cost(half, &prediction, column, row) / depth;
            let lost = (inter.min(*intra) - NOISE).max(0.0);
            1.0 - lost / (intra + NOISE)
        });
        let sources = places().map(|(column, row)| {
            let vector = field.at(column, row);
            [
                column as i32 * UNITS + i32::from(vector.x),
                row as i32 * UNITS + i32::from(vector.y),
            ]
        });
        Self {
            rows,
            columns,
            inherited: inherited.collect(),
            sources: sources.collect(),
            intra,
        }
    }

    /// What the frame before gives to this one and, through it, to those after, which take so much.
    fn hand_back(&self, taken: &[f32]) -> Vec<f32> {
        let mut before = vec![0.0; taken.len()];
        for (place, source) in self.sources.iter().enumerate() {
            let amount = (self.intra[place] + taken[place]) * self.inherited[place];
            let first = source.map(|unit| unit.div_euclid(UNITS));
            let share = source.map(|unit| unit.rem_euclid(UNITS) as f32 / UNITS as f32);
            for (right, down) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let (column, row) = (first[0] + right, first[1] + down);
                let inside = (0..self.columns as i32).contains(&column)
                    && (0..self.rows as i32).contains(&row);
                if inside {
                    let part =
                        |second: i32, share: f32| if second == 1 { share } else { 1.0 - share };
                    before[row as usize * self.columns + column as usize] +=
                        amount * part(right, share[0]) * part(down, share[1]);
                }
            }
        }
        before
    }
}

/// The motion of blocks of 8×8 at half of the size.
fn motion(half: &SamplePlane, last: &SamplePlane, maximum: u16) -> MotionField {
    let quality = Quality::new(SEARCH_QUALITY).expect("in range");
    let search = MotionSearch::at_quality(quality);
    let search = MotionSearch {
        squares_per_bit: search.squares_per_bit / 4.0,
        ..search
    };
    search.estimate(half, last, maximum)
}

fn predict(last: &SamplePlane, field: &MotionField, maximum: u16) -> SamplePlane {
    // What is compensated is a whole picture; its chroma is not looked at.
    let chroma = last.halved();
    let reference = Yuv420Picture {
        planes: [last.clone(), chroma.clone(), chroma],
        maximum,
    };
    let [luma, _, _] = compensate(&reference, field).planes;
    luma
}
