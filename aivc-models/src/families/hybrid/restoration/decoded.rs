use crate::families::hybrid::coder::PlaneSteps;
use crate::families::hybrid::formats::RESTORATION_INPUT as INPUT;
use crate::families::hybrid::qualities::{QualityMap, level_value};
use crate::families::hybrid::transform::{DETAIL_CHANNELS, FramePlanes, detail_layout};

/// Channels that the network sees: coefficients of the decoded frame and of what was added to its prediction,
/// the place in the macroblock, and the quality.
pub const INPUTS: usize = 2 * DETAIL_CHANNELS + 3;

/// A decoded inter frame, before it is restored.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct DecodedPlanes<'a> {
    pub frame: &'a FramePlanes,
    pub prediction: &'a FramePlanes,
    pub map: &'a QualityMap,
    /// The steps of each level.
    pub steps: &'a [PlaneSteps],
}

/// A decoded frame and what it lacks, to learn restoration from. Blocks are of 8×8 luma samples; channels one
/// after another, each row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct RestorationExample {
    /// Blocks of a column and of a row.
    pub blocks: [usize; 2],
    /// What the network sees, in sixteenths of a step: `[195, rows, columns]`.
    pub inputs: Vec<i16>,
    /// What the detail coefficients lack, in sixteenths of a level: `[96, rows, columns]`.
    pub error: Vec<i16>,
    /// Quantization steps of luma and of chroma, in levels: `[2, rows, columns]`.
    pub steps: Vec<f32>,
}

impl DecodedPlanes<'_> {
    /// What the network sees, in units of [`RESTORATION_INPUT`](INPUT): `[195, rows, columns]`.
    pub fn inputs(&self) -> Vec<i32> {
        let steps = self.steps_of_blocks();
        let frame = self.frame.detail();
        let added = self.frame.clone().minus(self.prediction).detail();
        // Sixteenths of a level times this over 2^16 are sixteenths of a step, of which there are 256 a level.
        let factor = |step: i32| (256 << 16) / i64::from(step);
        let factors: [Vec<i64>; 2] = [
            steps.iter().map(|steps| factor(steps.luma)).collect(),
            steps.iter().map(|steps| factor(steps.chroma)).collect(),
        ];
        let mut inputs = Vec::with_capacity(INPUTS * steps.len());
        for detail in [frame, added] {
            let channels = detail.values.chunks_exact(steps.len());
            for (channel, coefficient) in channels.zip(detail_layout()) {
                let factors = &factors[usize::from(coefficient.plane > 0)];
                inputs.extend(channel.iter().zip(factors).map(|(&value, factor)| {
                    let units = (i64::from(value) * factor + (1 << 15)) >> 16;
                    units.clamp(INPUT.minimum.into(), INPUT.maximum.into()) as i32
                }));
            }
        }
        let [rows, columns] = self.blocks();
        let places = || (0..rows * columns).map(|place| [place / columns, place % columns]);
        let one = 1 << INPUT.fraction_bits;
        inputs.extend(places().map(|[row, _]| (row % 2) as i32 * one));
        inputs.extend(places().map(|[_, column]| (column % 2) as i32 * one));
        inputs.extend(self.map.levels().of_quarters().into_iter().map(level_value));
        inputs
    }

    /// What can be learned from the frame, the original at hand.
    pub fn example(&self, original: &FramePlanes) -> RestorationExample {
        let narrow = |values: Vec<i32>| -> Vec<i16> {
            let limits = (i32::from(i16::MIN), i32::from(i16::MAX));
            let narrow = |value: i32| value.clamp(limits.0, limits.1) as i16;
            values.into_iter().map(narrow).collect()
        };
        let steps = self.steps_of_blocks();
        let luma = steps.iter().map(|steps| steps.luma);
        let chroma = steps.iter().map(|steps| steps.chroma);
        let error = original.clone().minus(self.frame).detail();
        RestorationExample {
            blocks: self.blocks(),
            inputs: narrow(self.inputs()),
            error: narrow(error.values),
            steps: luma.chain(chroma).map(PlaneSteps::in_levels).collect(),
        }
    }

    /// The steps of each block.
    pub fn steps_of_blocks(&self) -> Vec<PlaneSteps> {
        let levels = self.map.levels().of_quarters().into_iter();
        levels.map(|level| self.steps[level]).collect()
    }

    /// Rows and columns of blocks, two a macroblock.
    pub fn blocks(&self) -> [usize; 2] {
        self.map.macroblocks().map(|side| 2 * side)
    }
}
