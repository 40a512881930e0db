//! Which channel is which coefficient.
//!
//! The 384 coefficients of a macroblock of 16×16 luma and twice 8×8 chroma samples are channels at
//! 1/16 of the frame's size, coded in four groups from coarse to fine detail; each group has its
//! luma first, then both chroma.

use std::ops::Range;
use std::sync::LazyLock;

/// Side of a macroblock in luma samples.
pub const MACROBLOCK: usize = 16;
/// Coefficients of a macroblock.
pub const LATENT_CHANNELS: usize = 384;
/// Groups of latent channels that are coded one after another.
pub const GROUPS: usize = 4;
/// Coefficients of 8×8 luma and twice 4×4 chroma samples, as the refinement sees them.
pub const DETAIL_CHANNELS: usize = 96;

const LUMA: [usize; GROUPS] = [16, 40, 68, 132];
const CHROMA: [usize; GROUPS] = [4, 10, 16, 34];

/// Channels of a group.
pub(crate) fn group(index: usize) -> Range<usize> {
    let size = |group: usize| LUMA[group] + 2 * CHROMA[group];
    let start = (0..index).map(size).sum();
    start..start + size(index)
}

/// A coefficient of a plane's block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Coefficient {
    /// 0 luma, 1 and 2 chroma.
    pub plane: usize,
    /// Half waves down.
    pub row: usize,
    /// Half waves to the right.
    pub column: usize,
}

impl Coefficient {
    /// Half waves over a macroblock, in any direction.
    pub fn frequency(self) -> f64 {
        let per_block = if self.plane == 0 { 1.0 } else { 2.0 };
        (self.row as f64).hypot(self.column as f64) * per_block
    }
}

/// The coefficient of each latent channel.
pub(crate) fn latent_layout() -> &'static [Coefficient] {
    static LAYOUT: LazyLock<Vec<Coefficient>> = LazyLock::new(|| {
        let planes = [by_frequency(0, 16), by_frequency(1, 8), by_frequency(2, 8)];
        let mut taken = [0; 3];
        let mut layout = Vec::with_capacity(LATENT_CHANNELS);
        for group in 0..GROUPS {
            for (plane, count) in [LUMA[group], CHROMA[group], CHROMA[group]]
                .into_iter()
                .enumerate()
            {
                layout.extend_from_slice(&planes[plane][taken[plane]..][..count]);
                taken[plane] += count;
            }
        }
        layout
    });
    &LAYOUT
}

/// The coefficient of each channel of the refinement: row by row, luma and then chroma.
pub(crate) fn detail_layout() -> impl Iterator<Item = Coefficient> {
    let block = |plane: usize, side: usize| {
        (0..side * side).map(move |index| Coefficient {
            plane,
            row: index / side,
            column: index % side,
        })
    };
    block(0, 8).chain(block(1, 4)).chain(block(2, 4))
}

/// Runs of channels of one plane: `(plane, first of the plane's coefficients by frequency, count)`.
pub(super) fn latent_runs() -> impl Iterator<Item = (usize, usize, usize)> {
    (0..GROUPS).flat_map(|group| {
        let luma = (0, LUMA[..group].iter().sum(), LUMA[group]);
        let before = CHROMA[..group].iter().sum();
        [luma, (1, before, CHROMA[group]), (2, before, CHROMA[group])]
    })
}

/// A block's coefficients from coarse to fine.
pub(super) fn by_frequency(plane: usize, side: usize) -> Vec<Coefficient> {
    let mut coefficients: Vec<Coefficient> = (0..side * side)
        .map(|index| Coefficient {
            plane,
            row: index / side,
            column: index % side,
        })
        .collect();
    // By the square: integers compare alike everywhere. Ties stay in order of rows.
    coefficients.sort_by_key(|c| c.row * c.row + c.column * c.column);
    coefficients
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_coefficient_has_one_channel() {
        let layout = latent_layout();
        assert_eq!(layout.len(), LATENT_CHANNELS);
        for (plane, side) in [(0, 16), (1, 8), (2, 8)] {
            for index in 0..side * side {
                let is = |c: &&Coefficient| {
                    (c.plane, c.row, c.column) == (plane, index / side, index % side)
                };
                assert_eq!(layout.iter().filter(is).count(), 1);
            }
        }
        assert_eq!(detail_layout().count(), DETAIL_CHANNELS);
    }

    #[test]
    fn groups_cover_all_channels_in_order() {
        let ends: Vec<_> = (0..GROUPS).map(group).collect();
        assert_eq!(ends[0].start, 0);
        assert!(ends.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!(ends[GROUPS - 1].end, LATENT_CHANNELS);
        let runs: usize = latent_runs().map(|(_, _, count)| count).sum();
        assert_eq!(runs, LATENT_CHANNELS);
    }
}
