//! The entropy coding of a quality map: a symbol that tells whether anything differs from what is known,
//! and if so, the difference of each offset, row by row. What is known is the map of the frame before,
//! moved by this frame's motion; of keyframes the offsets to the left and above.

use aivc_entropy::{SymbolDecoder, SymbolEncoder};

use super::tables::{Expected, INTER, KEY, TABLES, TOLD};
use super::{OFFSET_LIMIT, QualityMap};
use crate::families::CodecError;
use crate::families::hybrid::motion::MotionField;
use crate::layers::Quality;

/// What is known of a frame's offsets before they are coded.
#[derive(Debug, Clone)]
pub(super) struct Known {
    columns: usize,
    /// The offsets of the frame before, moved; zeros for keyframes.
    before: Vec<i8>,
    is_key: bool,
}

impl Known {
    /// That of a frame of so many rows and columns of regions: an inter frame where there is a map of
    /// the frame before, and the motion from it.
    pub fn of([rows, columns]: [usize; 2], before: Option<(&QualityMap, &MotionField)>) -> Self {
        let moved = before.map(|(map, field)| map.moved_by(field));
        Self {
            columns,
            is_key: moved.is_none(),
            before: moved.unwrap_or_else(|| vec![0; rows * columns]),
        }
    }

    /// The offsets if nothing is told.
    pub fn untold(&self) -> &[i8] {
        &self.before
    }

    /// What is expected of a place when all before it are known.
    pub fn expected(&self, place: usize, offsets: &[i8]) -> Expected {
        let (row, column) = (place / self.columns, place % self.columns);
        let left = (column > 0).then(|| place - 1);
        let above = (row > 0).then(|| place - self.columns);
        let neighbours = [left, above].into_iter().flatten();
        if !self.is_key {
            let changed = neighbours.filter(|&place| offsets[place] != self.before[place]);
            return Expected {
                offset: self.before[place],
                table: INTER + changed.count() as u16,
            };
        }
        let at = |place: Option<usize>| place.map(|place| offsets[place]);
        let corner = left.and(above).map(|above| above - 1);
        let [left, above, corner] = [at(left), at(above), at(corner)];
        let (Some(left), Some(above), Some(corner)) = (left, above, corner) else {
            return Expected {
                offset: left.or(above).unwrap_or(0),
                table: KEY + 1,
            };
        };
        // The median of left, above and the plane through the three (LOCO-I).
        let (low, high) = (left.min(above), left.max(above));
        let spread = left.abs_diff(corner) + above.abs_diff(corner);
        Expected {
            offset: (left + above - corner).clamp(low, high),
            table: KEY + u16::from(spread.min(2)),
        }
    }
}

/// Writes the offsets of a map.
///
/// # Errors
/// [`CodecError::Encode`] if the tables do not fit.
pub(in super::super) fn encode_map(
    map: &QualityMap,
    before: Option<(&QualityMap, &MotionField)>,
    encoder: &mut SymbolEncoder,
) -> Result<(), CodecError> {
    let known = Known::of(map.regions(), before);
    let offsets = map.offsets();
    let told = offsets != known.untold();
    encoder.encode(&TABLES, &[TOLD], &[told.into()])?;
    if told {
        let each = (0..offsets.len()).map(|place| {
            let expected = known.expected(place, offsets);
            let difference = i32::from(offsets[place]) - i32::from(expected.offset);
            (expected.table, difference)
        });
        let (tables, differences): (Vec<u16>, Vec<i32>) = each.unzip();
        encoder.encode(&TABLES, &tables, &differences)?;
    }
    Ok(())
}

/// Reads the map of a frame of this quality and of so many rows and columns of macroblocks.
///
/// # Errors
/// [`CodecError`] if the symbols end early, and [`CodecError::QualityOffset`] for an offset beyond the
/// limit.
pub(in super::super) fn decode_map(
    quality: Quality,
    macroblocks: [usize; 2],
    before: Option<(&QualityMap, &MotionField)>,
    decoder: &mut SymbolDecoder<'_>,
) -> Result<QualityMap, CodecError> {
    let uniform = QualityMap::uniform(quality, macroblocks);
    let known = Known::of(uniform.regions(), before);
    let mut told = [0];
    decoder.decode(&TABLES, &[TOLD], &mut told)?;
    let mut offsets = known.untold().to_vec();
    if told != [0] {
        for place in 0..offsets.len() {
            let expected = known.expected(place, &offsets);
            let mut difference = [0];
            decoder.decode(&TABLES, &[expected.table], &mut difference)?;
            let value = difference[0].saturating_add(expected.offset.into());
            if value.unsigned_abs() > OFFSET_LIMIT.unsigned_abs().into() {
                return Err(CodecError::QualityOffset { value });
            }
            offsets[place] = value as i8;
        }
    }
    Ok(uniform.with_offsets(offsets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::hybrid::motion::MotionVector;

    fn quality() -> Quality {
        Quality::new(30).unwrap()
    }

    fn code(map: &QualityMap, before: Option<(&QualityMap, &MotionField)>) -> usize {
        let mut encoder = SymbolEncoder::new();
        encode_map(map, before, &mut encoder).unwrap();
        let bytes = encoder.finish();
        let mut decoder = SymbolDecoder::new(&bytes).unwrap();
        let decoded = decode_map(quality(), map.macroblocks(), before, &mut decoder).unwrap();
        decoder.finish().unwrap();
        assert_eq!(&decoded, map);
        bytes.len()
    }

    #[test]
    fn maps_come_back_and_known_ones_cost_a_bit() {
        let uniform = QualityMap::uniform(quality(), [40, 69]);
        let untold = code(&uniform, None);
        assert!(untold <= 6, "{untold} bytes: the coder's state and a bit");
        let places = (0..20 * 35).map(|place| (place / 35, place % 35));
        let offsets = places.map(|(row, column)| ((row * 7 + column * 3) % 11) as i8 - 5);
        let wild = uniform.clone().with_offsets(offsets.collect());
        let cost = code(&wild, None);
        let mut field = MotionField::still(1104, 640);
        assert_eq!(code(&wild, Some((&wild, &field))), untold);
        assert!(code(&uniform, Some((&wild, &field))) < cost);
        field.put_whole(9, 7, MotionVector { x: 128, y: 640 });
        assert!(code(&wild, Some((&wild, &field))) > untold);
    }

    #[test]
    fn offsets_beyond_the_limit_are_an_error() {
        let mut encoder = SymbolEncoder::new();
        encoder.encode(&TABLES, &[TOLD, KEY + 1], &[1, 7]).unwrap();
        let bytes = encoder.finish();
        let mut decoder = SymbolDecoder::new(&bytes).unwrap();
        let result = decode_map(quality(), [1, 1], None, &mut decoder);
        assert!(matches!(
            result,
            Err(CodecError::QualityOffset { value: 7 })
        ));
    }
}
