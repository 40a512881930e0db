//! The second look at a field: a vector has its price not only where it is coded, but also in the blocks
//! that are coded from it.

use super::coding::block_bits;
use super::field::quarters;
use super::search::{Block, Matcher};
use super::{MOTION_BLOCK, MotionField, MotionVector};
use crate::layers::Quality;

/// How often all blocks are gone through.
const PASSES: usize = 2;

/// Gives blocks and quarters of blocks the vectors of those around them where that saves more bits than
/// the worse prediction is worth: iterated conditional modes (Besag, "On the Statistical Analysis of Dirty
/// Pictures", 1986).
pub(super) fn smooth(field: &mut MotionField, matcher: &Matcher<'_>) {
    for _ in 0..PASSES {
        let mut changed = false;
        for row in 0..field.rows() {
            for column in 0..field.columns() {
                changed |= try_whole(field, matcher, column, row);
                if field.is_split(column, row) {
                    changed |= try_quarters(field, matcher, column, row);
                }
            }
        }
        if !changed {
            break;
        }
    }
}

/// Tries one vector of those around for all of a block.
fn try_whole(field: &mut MotionField, matcher: &Matcher<'_>, column: usize, row: usize) -> bool {
    let Some(block) = Block::new(matcher.current, column, row, MOTION_BLOCK) else {
        return false;
    };
    let places = quarters(column, row);
    let before = places.map(|(x, y)| field.at(x, y));
    let (x, y) = places[0];
    let around = around(field, x, y, 2);
    let mut own = Distinct::default();
    before.into_iter().for_each(|vector| own.add(vector));
    let candidates = around.iter().chain(own.iter());
    let candidates: Vec<MotionVector> =
        candidates.filter(|&vector| before != [vector; 4]).collect();
    let mut differences = None;
    let bits_before = bits_near(field, column, row, matcher.quality);
    let mut best = (0.0, before);
    for vector in candidates {
        field.put_whole(column, row, vector);
        let bits = bits_near(field, column, row, matcher.quality) - bits_before;
        let saved = -bits * matcher.squares_per_bit;
        if saved <= best.0 {
            continue;
        }
        let present = *differences.get_or_insert_with(|| {
            let quarters = places.iter().zip(before);
            let each = quarters.filter_map(|(&(x, y), vector)| {
                let block = Block::new(matcher.current, x, y, MOTION_BLOCK / 2)?;
                Some(matcher.difference(&block, vector))
            });
            each.sum::<f32>()
        });
        let gain = saved + present - matcher.difference(&block, vector);
        if gain > best.0 {
            best = (gain, [vector; 4]);
        }
    }
    for ((x, y), vector) in places.into_iter().zip(best.1) {
        field.put(x, y, vector);
    }
    best.0 > 0.0
}

/// The same for each quarter of a block by itself.
fn try_quarters(field: &mut MotionField, matcher: &Matcher<'_>, column: usize, row: usize) -> bool {
    let mut changed = false;
    for (x, y) in quarters(column, row) {
        let Some(block) = Block::new(matcher.current, x, y, MOTION_BLOCK / 2) else {
            continue;
        };
        let before = field.at(x, y);
        let bits_before = bits_near(field, column, row, matcher.quality);
        let present = matcher.difference(&block, before);
        let mut best = (0.0, before);
        for vector in around(field, x, y, 1).iter() {
            if vector == before {
                continue;
            }
            field.put(x, y, vector);
            let bits = bits_near(field, column, row, matcher.quality) - bits_before;
            let saved = -bits * matcher.squares_per_bit;
            if saved > best.0 {
                let gain = saved + present - matcher.difference(&block, vector);
                if gain > best.0 {
                    best = (gain, vector);
                }
            }
        }
        field.put(x, y, best.1);
        changed |= best.0 > 0.0;
    }
    changed
}

/// Bits of a block of 16×16 and of those whose coding looks at it.
fn bits_near(field: &MotionField, column: usize, row: usize, quality: Quality) -> f32 {
    let below = row + 1;
    let places = [
        Some((column, row)),
        Some((column + 1, row)),
        column.checked_sub(1).map(|column| (column, below)),
        Some((column, below)),
        Some((column + 1, below)),
    ];
    let inside = places
        .into_iter()
        .flatten()
        .filter(|&(column, row)| column < field.columns() && row < field.rows());
    inside
        .map(|(column, row)| block_bits(field, column, row, quality))
        .sum()
}

/// The vectors beside a block that begins at a block of 8×8 and has so many a side.
fn around(field: &MotionField, x: usize, y: usize, side: usize) -> Distinct {
    let places = [
        x.checked_sub(1).map(|left| (left, y)),
        y.checked_sub(1).map(|above| (x, above)),
        Some((x + side, y)),
        Some((x, y + side)),
        y.checked_sub(1).map(|above| (x + side, above)),
    ];
    let (columns, rows) = (2 * field.columns(), 2 * field.rows());
    let mut vectors = Distinct::default();
    for (x, y) in places.into_iter().flatten() {
        if x < columns && y < rows {
            vectors.add(field.at(x, y));
        }
    }
    vectors
}

/// A few different vectors.
#[derive(Default)]
struct Distinct {
    vectors: [MotionVector; 5],
    count: usize,
}

impl Distinct {
    fn add(&mut self, vector: MotionVector) {
        if !self.iter().any(|known| known == vector) {
            self.vectors[self.count] = vector;
            self.count += 1;
        }
    }

    fn iter(&self) -> impl Iterator<Item = MotionVector> {
        self.vectors[..self.count].iter().copied()
    }
}
