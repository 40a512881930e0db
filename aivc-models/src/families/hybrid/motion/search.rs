use super::field::{VECTOR_LIMIT, quarters};
use super::interpolation::{BlockSource, luma_block};
use super::smoothing::smooth;
use super::tables::{split_bits, vector_bits};
use super::{BlockSize, Expectation, MOTION_BLOCK, MotionField, MotionVector, SamplePlane};
use crate::layers::Quality;

/// Levels of the pyramid: the coarsest has a quarter of the size.
const LEVELS: usize = 3;
/// Pixels searched around the candidates at the coarsest level and at the finer ones.
const COARSE_RANGE: i32 = 8;
const FINE_RANGE: i32 = 2;

/// What a bit may cost at the middle of the qualities: in proportion to the square of the quantization
/// step.
const MIDDLE_SQUARES_PER_BIT: f32 = 200.0;
/// Doublings of the step from the best quality to the worst.
const OCTAVES: f64 = 4.3;

/// How an encoder looks for motion. The decoder knows nothing of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MotionSearch {
    /// The quality of the frame: what vectors cost depends on it.
    pub quality: Quality,
    /// What a bit of a vector may cost in squared differences of 8-bit samples, summed over a block.
    pub squares_per_bit: f32,
}

impl MotionSearch {
    /// The search whose bits cost what they are worth at a quality.
    pub fn at_quality(quality: Quality) -> Self {
        let doublings = (0.5 - quality.fraction()) * OCTAVES;
        Self {
            quality,
            squares_per_bit: MIDDLE_SQUARES_PER_BIT * (2.0 * doublings).exp2() as f32,
        }
    }

    /// The motion from the reference to the current luma plane, block by block: a hierarchical
    /// search for whole pixels, then half and quarter pixels, by the sum of squared differences
    /// and the cost of the difference from what neighbouring blocks lead to expect.
    ///
    /// # Panics
    /// If the planes differ in size.
    pub fn estimate(
        &self,
        current: &SamplePlane,
        reference: &SamplePlane,
        maximum: u16,
    ) -> MotionField {
        let size = |plane: &SamplePlane| (plane.width(), plane.height());
        assert_eq!(size(current), size(reference), "planes of one size");
        let mut pyramid = vec![(current.clone(), reference.clone())];
        for _ in 1..LEVELS {
            let (current, reference) = pyramid.last().expect("starts with one");
            pyramid.push((current.halved(), reference.halved()));
        }
        let depth = f32::from(maximum) / 255.0;
        let squares_per_bit = self.squares_per_bit * depth * depth;
        let mut field = MotionField::still(current.width(), current.height());
        for level in (0..LEVELS).rev() {
            let (current, reference) = &pyramid[level];
            let matcher = Matcher {
                squares_per_bit,
                quality: self.quality,
                current,
                reference,
                level: level as u32,
                maximum,
            };
            for row in 0..field.rows() {
                for column in 0..field.columns() {
                    let whole = matcher.best(&field, column, row);
                    field.put_whole(column, row, whole.vector);
                    if level == 0 {
                        matcher.split_if_better(&mut field, column, row, whole);
                    }
                }
            }
            if level == 0 {
                smooth(&mut field, &matcher);
            }
        }
        field
    }
}

/// The search at one level. Vectors are in quarter pixels of the full size at all levels.
pub(super) struct Matcher<'a> {
    pub squares_per_bit: f32,
    pub quality: Quality,
    pub current: &'a SamplePlane,
    reference: &'a SamplePlane,
    level: u32,
    maximum: u16,
}

#[derive(Clone, Copy)]
struct Match {
    vector: MotionVector,
    cost: f32,
}

impl Matcher<'_> {
    /// The vector of a block of 16×16 at the full size.
    fn best(&self, field: &MotionField, column: usize, row: usize) -> Match {
        let before = field.at(2 * column, 2 * row);
        let Some(block) = Block::new(self.current, column, row, MOTION_BLOCK >> self.level) else {
            return Match {
                vector: before,
                cost: 0.0,
            };
        };
        let expected = field.expectation(2 * column, 2 * row, BlockSize::Whole);
        let cost = |vector| self.cost(&block, vector, &expected);
        let step = 4i32 << self.level;
        let whole = |vector: MotionVector| {
            let round = |n: i16| (i32::from(n) + step / 2).div_euclid(step) * step;
            MotionVector::clamped(round(vector.x), round(vector.y))
        };
        let candidates = [before, expected.vector, MotionVector::default()];
        let mut best = candidates
            .into_iter()
            .map(|vector| cost(whole(vector)))
            .min_by(|a, b| a.cost.total_cmp(&b.cost))
            .expect("three candidates");
        let range = if self.level as usize == LEVELS - 1 {
            COARSE_RANGE
        } else {
            FINE_RANGE
        };
        best = around(best, range, step, &cost);
        if self.level == 0 {
            best = around(best, 1, 2, &cost);
            best = around(best, 1, 1, &cost);
        }
        best
    }

    /// Gives the quarters of a block vectors of their own, if that is worth its bits.
    fn split_if_better(&self, field: &mut MotionField, column: usize, row: usize, whole: Match) {
        let flags = field.split_neighbours(column, row);
        let mut left = whole.cost
            - (split_bits(self.quality, flags, true) - split_bits(self.quality, flags, false))
                * self.squares_per_bit;
        let places = quarters(column, row);
        for (x, y) in places {
            // Its cost only falls: without a quarter of the frame there is nothing to gain.
            let Some(block) = Block::new(self.current, x, y, MOTION_BLOCK / 2) else {
                continue;
            };
            let expected = field.expectation(x, y, BlockSize::Quarter);
            let cost = |vector| self.cost(&block, vector, &expected);
            let candidates = [whole.vector, expected.vector].map(cost);
            let [mut best, other] = candidates;
            if other.cost < best.cost {
                best = other;
            }
            best = around(best, FINE_RANGE, 4, &cost);
            best = around(best, 1, 2, &cost);
            best = around(best, 1, 1, &cost);
            field.put(x, y, best.vector);
            left -= best.cost;
            if left <= 0.0 {
                break;
            }
        }
        if left <= 0.0 {
            field.put_whole(column, row, whole.vector);
        }
    }

    fn cost(&self, block: &Block, vector: MotionVector, expected: &Expectation) -> Match {
        let difference = self.difference(block, vector);
        // Sums of a coarse level stand for as many samples of the full size as they leave out.
        let difference = difference * (1u64 << (2 * self.level)) as f32;
        let bits = vector_bits(self.quality, vector, expected);
        Match {
            vector,
            cost: difference + bits * self.squares_per_bit,
        }
    }

    pub fn difference(&self, block: &Block, vector: MotionVector) -> f32 {
        let bits = 2 + self.level;
        let (x, y) = (i32::from(vector.x), i32::from(vector.y));
        let mut prediction = [0; MOTION_BLOCK * MOTION_BLOCK];
        let prediction = &mut prediction[..block.width * block.height];
        let source = BlockSource {
            x: block.x as i32 + (x >> bits),
            y: block.y as i32 + (y >> bits),
            // Only the finest level has fractions.
            fraction_x: if self.level == 0 { (x & 3) as usize } else { 0 },
            fraction_y: if self.level == 0 { (y & 3) as usize } else { 0 },
            width: block.width,
            height: block.height,
        };
        luma_block(self.reference, source, self.maximum, prediction);
        let rows = prediction.chunks_exact(block.width).zip(block.y..);
        let sum: u32 = rows
            .map(|(line, y)| {
                let samples = &self.current.row(y)[block.x..][..block.width];
                let pairs = line.iter().zip(samples);
                pairs
                    .map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2))
                    .sum::<u32>()
            })
            .sum();
        sum as f32
    }
}

pub(super) struct Block {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

impl Block {
    /// The part of a block that lies in the plane, if any does.
    pub fn new(plane: &SamplePlane, column: usize, row: usize, side: usize) -> Option<Self> {
        let (x, y) = (column * side, row * side);
        (x < plane.width() && y < plane.height()).then(|| Self {
            x,
            y,
            width: side.min(plane.width() - x),
            height: side.min(plane.height() - y),
        })
    }
}

/// The best of a square of vectors around one.
fn around(centre: Match, range: i32, step: i32, cost: &impl Fn(MotionVector) -> Match) -> Match {
    let (x, y) = (i32::from(centre.vector.x), i32::from(centre.vector.y));
    let limit = i32::from(VECTOR_LIMIT);
    let mut best = centre;
    for dy in -range..=range {
        for dx in -range..=range {
            let (x, y) = (x + dx * step, y + dy * step);
            if (dx, dy) == (0, 0) || x.abs() > limit || y.abs() > limit {
                continue;
            }
            let found = cost(MotionVector::clamped(x, y));
            if found.cost < best.cost {
                best = found;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::{Yuv420Picture, compensate};
    use super::*;

    fn middle() -> MotionSearch {
        MotionSearch::at_quality(Quality::new(32).unwrap())
    }

    /// Smooth texture without repetition.
    fn texture(x: f64, y: f64) -> u16 {
        let wave = |fx: f64, fy: f64, phase: f64| (x * fx + y * fy + phase).sin();
        let sum = wave(0.21, 0.05, 0.3) + wave(-0.07, 0.17, 1.1) + wave(0.033, -0.026, 2.0);
        (128.0 + 38.0 * sum) as u16
    }

    fn moved(width: usize, height: usize, dx: f64, dy: f64) -> SamplePlane {
        let samples = (0..width * height)
            .map(|i| texture((i % width) as f64 + dx, (i / width) as f64 + dy))
            .collect();
        SamplePlane::new(width, height, samples)
    }

    fn error(a: &SamplePlane, b: &SamplePlane) -> f64 {
        let pairs = a.samples().iter().zip(b.samples());
        let sum: f64 = pairs
            .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2))
            .sum();
        sum / a.samples().len() as f64
    }

    #[test]
    fn finds_whole_and_fractional_motion() {
        let reference = moved(96, 80, 0.0, 0.0);
        for (dx, dy) in [(0.0, 0.0), (5.0, -3.0), (1.25, 0.5), (-22.0, 17.0)] {
            let current = moved(96, 80, dx, dy);
            let search = MotionSearch {
                squares_per_bit: 16.0,
                ..middle()
            };
            let field = search.estimate(&current, &reference, 255);
            // A block whose source lies inside.
            let vector = field.at(4, 4);
            assert_eq!(
                (f64::from(vector.x) / 4.0, f64::from(vector.y) / 4.0),
                (dx, dy)
            );
        }
    }

    #[test]
    fn compensation_explains_most_of_a_moved_picture() {
        let chroma = SamplePlane::new(65, 33, vec![128; 65 * 33]);
        let reference = Yuv420Picture {
            planes: [moved(130, 66, 0.0, 0.0), chroma.clone(), chroma],
            maximum: 255,
        };
        let current = moved(130, 66, 3.5, 2.25);
        let field = middle().estimate(&current, &reference.planes[0], 255);
        let prediction = compensate(&reference, &field);
        let before = error(&current, &reference.planes[0]);
        let after = error(&current, &prediction.planes[0]);
        assert!(after < before / 50.0, "{before} to {after}");
    }

    #[test]
    fn quarters_that_move_differently_are_told_apart() {
        let reference = moved(64, 64, 0.0, 0.0);
        let other = moved(64, 64, 2.0, 1.0);
        let mut samples = reference.samples().to_vec();
        for y in 24..32 {
            samples[y * 64 + 40..][..8].copy_from_slice(&other.row(y)[40..48]);
        }
        let current = SamplePlane::new(64, 64, samples);
        let search = MotionSearch {
            squares_per_bit: 40.0,
            ..middle()
        };
        let field = search.estimate(&current, &reference, 255);
        assert!(field.is_split(2, 1));
        assert_eq!(field.at(5, 3), MotionVector { x: 8, y: 4 });
        assert_eq!(field.at(4, 3), MotionVector::default());
    }

    /// Noise on a picture that moves as a whole: where bits are dear, no block may go its own way.
    #[test]
    fn noise_does_not_break_up_a_field() {
        let reference = moved(128, 96, 0.0, 0.0);
        let mut state = 1u32;
        let samples = moved(128, 96, 3.0, 0.0).samples().to_vec();
        let noisy = samples.into_iter().map(|sample| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            sample + (state >> 29) as u16 - 4
        });
        let current = SamplePlane::new(128, 96, noisy.collect());
        let search = MotionSearch {
            squares_per_bit: 100.0,
            ..middle()
        };
        let field = search.estimate(&current, &reference, 255);
        for (column, row) in [(1, 1), (3, 2), (5, 3), (4, 4)] {
            assert!(!field.is_split(column, row));
            let vector = field.at(2 * column, 2 * row);
            assert_eq!(vector, MotionVector { x: 12, y: 0 });
        }
    }

    #[test]
    fn planes_smaller_than_a_block_work() {
        for (width, height) in [(1, 1), (3, 17), (17, 2)] {
            let plane = moved(width, height, 0.0, 0.0);
            let field = middle().estimate(&plane, &plane, 255);
            assert_eq!(field, MotionField::still(width, height));
        }
    }
}
