use std::sync::LazyLock;

use aivc_entropy::{CdfTable, SymbolDecoder, SymbolEncoder, TableSet};

use super::frozen::{Correction, FINER_BITS};
use crate::families::CodecError;
use crate::families::hybrid::transform::{FramePlanes, detail_layout};

/// How much of a correction is added to each plane, in quarters of what the network says: what an encoder
/// finds best. Told as differences from the frame before; after keyframes, from the network's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Strengths([u8; 3]);

/// The greatest strength, in quarters.
const MOST: u8 = 7;
/// Strengths where nothing is known of the frame before.
const FIRST: Strengths = Strengths([4; 3]);
/// Probability of the strength of the frame before, and how much less likely each further quarter is.
const SAME: f64 = 0.7;
const DECAY: f64 = 0.5;
/// What a bit is worth, as a share of a plane's squared error.
const WORTH: f64 = 0.0005;

/// Of differences from the frame before, part of the format; the same on every platform: products and quotients are correctly rounded.
static TABLE: LazyLock<TableSet> = LazyLock::new(|| {
    let weight = |difference: i32| match difference.abs() {
        0 => SAME,
        size => {
            let further = (1..size).fold(1.0, |product, _| product * DECAY);
            (1.0 - SAME) / 2.0 * (1.0 - DECAY) * further
        }
    };
    let reach = i32::from(MOST);
    let weights: Vec<f64> = (-reach..=reach).map(weight).collect();
    let table = CdfTable::from_weights(-reach, &weights, 0.0).expect("positive weights");
    TableSet::new(vec![table]).expect("a small table")
});

impl Strengths {
    /// Those that bring a decoded frame nearest to the original, where that is worth telling.
    pub fn best(
        original: &FramePlanes,
        decoded: &FramePlanes,
        correction: &Correction,
        before: Option<Self>,
    ) -> Self {
        let mut expected = before.unwrap_or(FIRST).quarters().into_iter();
        let Correction(correction) = correction;
        let error = original.clone().minus(decoded).detail();
        let area = correction.rows * correction.columns;
        // Of each plane the squares of the error, of the correction, and their products; in levels.
        let mut sums = [[0.0; 3]; 3];
        let channels = error.values.chunks_exact(area);
        let channels = channels.zip(correction.values.chunks_exact(area));
        for ((error, correction), coefficient) in channels.zip(detail_layout()) {
            let [errors, corrections, products] = &mut sums[coefficient.plane];
            for (&error, &correction) in error.iter().zip(correction) {
                let correction = f64::from(correction) / f64::from(1 << FINER_BITS);
                let error = f64::from(error);
                *errors += error * error;
                *corrections += correction * correction;
                *products += error * correction;
            }
        }
        Self(sums.map(|[errors, corrections, products]| {
            let expected = expected.next().expect("three planes");
            let cost = |quarters: u8| {
                let share = f64::from(quarters) / 4.0;
                let left = errors - 2.0 * share * products + share * share * corrections;
                left + WORTH * errors * TABLE.cost_bits(0, i32::from(quarters) - expected)
            };
            let all = 0..=MOST;
            all.min_by(|&a, &b| cost(a).total_cmp(&cost(b)))
                .expect("eight strengths")
        }))
    }

    /// Of luma and both chroma planes.
    pub fn quarters(self) -> [i32; 3] {
        self.0.map(i32::from)
    }

    /// Whether nothing is added at all.
    pub fn is_none(self) -> bool {
        self.0 == [0; 3]
    }

    /// Writes the strengths.
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the table does not fit.
    pub fn encode(
        self,
        before: Option<Self>,
        encoder: &mut SymbolEncoder,
    ) -> Result<(), CodecError> {
        let expected = before.unwrap_or(FIRST).quarters();
        let differences: [i32; 3] = std::array::from_fn(|p| self.quarters()[p] - expected[p]);
        encoder.encode(&TABLE, &[0; 3], &differences)?;
        Ok(())
    }

    /// Reads the strengths.
    ///
    /// # Errors
    /// [`CodecError`] if the symbols end early, and [`CodecError::RestorationStrength`] for one that there is not.
    pub fn decode(
        before: Option<Self>,
        decoder: &mut SymbolDecoder<'_>,
    ) -> Result<Self, CodecError> {
        let mut differences = [0; 3];
        decoder.decode(&TABLE, &[0; 3], &mut differences)?;
        let Self(mut strengths) = before.unwrap_or(FIRST);
        for (strength, difference) in strengths.iter_mut().zip(differences) {
            let value = difference.saturating_add((*strength).into());
            let valid = u8::try_from(value).ok().filter(|&value| value <= MOST);
            *strength = valid.ok_or(CodecError::RestorationStrength { value })?;
        }
        Ok(Self(strengths))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::hybrid::frequency;
    use crate::families::hybrid::transform::CoefficientPlanes;

    #[test]
    fn strengths_come_back() {
        let mut before = None;
        for strengths in [[4, 4, 4], [0, 7, 1], [6, 0, 0]].map(Strengths) {
            let mut encoder = SymbolEncoder::new();
            strengths.encode(before, &mut encoder).unwrap();
            let bytes = encoder.finish();
            let mut decoder = SymbolDecoder::new(&bytes).unwrap();
            assert_eq!(Strengths::decode(before, &mut decoder).unwrap(), strengths);
            decoder.finish().unwrap();
            before = Some(strengths);
        }
    }

    #[test]
    fn strengths_that_there_are_not_are_errors() {
        let mut encoder = SymbolEncoder::new();
        encoder.encode(&TABLE, &[0; 3], &[1, 4, -4]).unwrap();
        let bytes = encoder.finish();
        let result = Strengths::decode(None, &mut SymbolDecoder::new(&bytes).unwrap());
        let expected = matches!(result, Err(CodecError::RestorationStrength { value: 8 }));
        assert!(expected, "{result:?}");
    }

    #[test]
    fn frequencies_are_those_of_the_format() {
        let found = [0, 1, -1, 4, -7].map(|difference| frequency(&TABLE, 0, difference));
        assert_eq!(found, [45_981, 4_927, 4_927, 616, 77]);
    }

    /// A correction that is the error itself, twice of it in one plane, and the opposite in another.
    #[test]
    fn the_best_strengths_bring_the_frame_to_the_original() {
        let mut error = CoefficientPlanes::zeros(96, 2, 2);
        for (index, value) in error.values.iter_mut().enumerate() {
            *value = (index as i32 * 37) % 61 - 30;
        }
        let decoded = FramePlanes::grey(1, 1);
        let original = FramePlanes::of_detail(&error);
        let mut correction = original.detail();
        let channels = correction.values.chunks_exact_mut(4);
        for (channel, coefficient) in channels.zip(detail_layout()) {
            let factor = [1, 2, -1][coefficient.plane];
            channel
                .iter_mut()
                .for_each(|value| *value *= factor << FINER_BITS);
        }
        let correction = Correction(correction);
        for before in [None, Some(Strengths([7, 0, 1]))] {
            let best = Strengths::best(&original, &decoded, &correction, before);
            assert_eq!(best.quarters(), [4, 2, 0]);
        }
        let best = Strengths([4, 2, 0]);
        let restored = correction.added_to(decoded, best);
        let left = |frame: &FramePlanes| {
            let difference = original.clone().minus(frame);
            difference
                .values()
                .map(|plane| plane.iter().map(|v| v.abs()).max())
        };
        let [luma, blue, red] = left(&restored).map(|worst| worst.unwrap());
        assert!(luma <= 1 && blue <= 1 && red > 10, "{luma} {blue} {red}");
    }
}
