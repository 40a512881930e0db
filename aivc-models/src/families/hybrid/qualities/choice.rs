//! What map an encoder takes: near to what it would like, where that is worth telling.

use super::coding::Known;
use super::tables::offset_bits;
use super::{OFFSET_LEVELS, OFFSET_LIMIT, QualityMap, REGION};
use crate::families::hybrid::lookahead::Importance;
use crate::families::hybrid::motion::MotionField;
use crate::layers::Quality;

/// Levels that a region becomes better by when twice as much is predicted from it. Less than what is right
/// for a whole frame: bits for flat and noisy parts, which seem to live on, are of little use.
const LEVELS_PER_OCTAVE: f32 = 2.0;
/// Share of its bits that a region wastes for each square of a level that it is from where it should be.
const WASTE: f32 = 0.001;
/// Frames that a choice lasts at most.
const LASTS: f32 = 16.0;
/// What a change must save, in bits of telling it: later frames may want another one.
const WORTH: f32 = 3.0;

/// The map for a frame of this quality, whose macroblocks matter so much to those after it.
///
/// # Panics
/// If there are not as many importances as macroblocks.
pub(in super::super) fn choose_map(
    quality: Quality,
    macroblocks: [usize; 2],
    importance: &Importance,
    before: Option<(&QualityMap, &MotionField)>,
) -> QualityMap {
    let uniform = QualityMap::uniform(quality, macroblocks);
    let known = Known::of(uniform.regions(), before);
    let mean = importance.mean();
    let wishes: Vec<Wish> = regions_of(importance, macroblocks)
        .map(|(octaves, macroblocks)| {
            let lasting = octaves.exp2().min(LASTS) * inter_bits(quality);
            let bits = match before {
                Some(_) => lasting,
                None => key_bits(quality) + lasting,
            };
            let limit = f32::from(OFFSET_LIMIT);
            let levels = (octaves - mean) * LEVELS_PER_OCTAVE;
            let square = (OFFSET_LEVELS * OFFSET_LEVELS) as f32;
            Wish {
                offset: (levels / OFFSET_LEVELS as f32).clamp(-limit, limit),
                waste: WASTE * square * bits * macroblocks as f32,
            }
        })
        .collect();
    let mut offsets = known.untold().to_vec();
    let (mut bits, mut saved) = (0.0, 0.0);
    for (region, wish) in wishes.iter().enumerate() {
        let expected = known.expected(region, &offsets);
        let cost = |offset: i8| wish.waste(offset) + offset_bits(expected, offset);
        let nearest = wish.offset.round() as i8;
        let between = expected.offset.min(nearest)..=expected.offset.max(nearest);
        let best = between.min_by(|&a, &b| cost(a).total_cmp(&cost(b)));
        let best = best.expect("the expected one at least");
        bits += offset_bits(expected, best);
        saved += wish.waste(offsets[region]) - wish.waste(best);
        offsets[region] = best;
    }
    if saved < WORTH * bits {
        offsets = known.untold().to_vec();
    }
    uniform.with_offsets(offsets)
}

/// What an encoder would like of a region.
struct Wish {
    offset: f32,
    /// Bits that are wasted for the square of a distance from that offset.
    waste: f32,
}

impl Wish {
    fn waste(&self, offset: i8) -> f32 {
        self.waste * (f32::from(offset) - self.offset).powi(2)
    }
}

/// Mean importance and macroblocks of each region.
fn regions_of(
    importance: &Importance,
    [rows, columns]: [usize; 2],
) -> impl Iterator<Item = (f32, usize)> {
    let octaves = importance.octaves();
    assert_eq!(octaves.len(), rows * columns, "one a macroblock");
    let part = |place: usize, count: usize| place * REGION..((place + 1) * REGION).min(count);
    let across = columns.div_ceil(REGION);
    (0..rows.div_ceil(REGION) * across).map(move |region| {
        let (rows, places) = (part(region / across, rows), part(region % across, columns));
        let lines = rows.clone().map(|row| &octaves[row * columns..][..columns]);
        let sum: f32 = lines.flat_map(|line| &line[places.clone()]).sum();
        let macroblocks = rows.len() * places.len();
        (sum / macroblocks as f32, macroblocks)
    })
}

/// About what a macroblock of an inter frame takes.
fn inter_bits(quality: Quality) -> f32 {
    0.8 * (f32::from(quality.level()) * 0.12).exp2()
}

/// About what a macroblock of a keyframe takes.
fn key_bits(quality: Quality) -> f32 {
    9.0 * (f32::from(quality.level()) * 0.08).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::hybrid::lookahead::Lookahead;
    use crate::families::hybrid::motion::SamplePlane;

    /// Texture, of which the right half is another in each frame.
    fn frame(index: usize) -> SamplePlane {
        let samples = (0..128 * 64).map(|place| {
            let (x, y) = (place % 128, place / 128);
            let changing = if x < 64 { 0 } else { 7919 * index };
            ((x * x * 31 + y * y * 57 + x * y * 13 + changing * (x + y)) % 251) as u16
        });
        SamplePlane::new(128, 64, samples.collect())
    }

    #[test]
    fn what_lives_on_becomes_better_where_that_is_worth_telling() {
        let mut lookahead = Lookahead::default();
        for index in 0..12 {
            lookahead.push(&frame(index), 255);
        }
        let importance = lookahead.importance(12).unwrap();
        let of_half = |right: bool| -> f32 {
            let places = (0..32).filter(|place| (place % 8 > 4) == right && place % 8 != 4);
            places.map(|place| importance.octaves()[place]).sum()
        };
        assert!(of_half(false) > 3.0 * of_half(true), "{importance:?}");

        let choose = |level: u8, before: Option<(&QualityMap, &MotionField)>| {
            choose_map(Quality::new(level).unwrap(), [4, 8], &importance, before)
        };
        let map = choose(50, None);
        let [left, right] = [0, 3].map(|column| map.offsets()[column]);
        assert!(left > 0 && right < 0, "{:?}", map.offsets());
        // The next frame expects as much, and a bad one has no bits for it.
        let still = MotionField::still(128, 64);
        assert_eq!(choose(50, Some((&map, &still))).offsets(), map.offsets());
        let uniform = QualityMap::uniform(Quality::new(0).unwrap(), [4, 8]);
        assert_eq!(choose(0, Some((&uniform, &still))), uniform);
    }

    #[test]
    fn nothing_follows_the_last_frame() {
        let mut lookahead = Lookahead::default();
        assert!(lookahead.importance(4).is_none());
        lookahead.push(&frame(0), 255);
        let importance = lookahead.importance(4).unwrap();
        assert_eq!(importance.mean(), 0.0);
        let map = choose_map(Quality::new(40).unwrap(), [4, 8], &importance, None);
        assert_eq!(map.offsets(), [0; 8]);
    }
}
