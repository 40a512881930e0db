//! The entropy coding of a motion field.
//!
//! Each component of a vector is coded as its difference from the median of the neighbours to the
//! left and above: the more these neighbours differ, the wider the table. Choosing it is integer
//! arithmetic, so that every decoder chooses the same.

use aivc_entropy::{SymbolDecoder, SymbolEncoder};

use super::field::{VECTOR_LIMIT, quarters};
use super::tables::{TABLES, of_difference, of_split, split_bits, vector_bits};
use super::{BlockSize, MotionField, MotionVector};
use crate::families::CodecError;
use crate::layers::Quality;

/// Writes a field, block by block.
///
/// # Errors
/// [`CodecError::Encode`] if the tables do not fit.
pub fn encode_field(
    field: &MotionField,
    quality: Quality,
    encoder: &mut SymbolEncoder,
) -> Result<(), CodecError> {
    let mut indices = Vec::new();
    let mut symbols = Vec::new();
    for row in 0..field.rows() {
        for column in 0..field.columns() {
            let split = field.is_split(column, row);
            indices.push(of_split(quality, field.split_neighbours(column, row)));
            symbols.push(i32::from(split));
            for (x, y, size) in parts(column, row, split) {
                let expected = field.expectation(x, y, size);
                let vector = field.at(x, y);
                indices.extend([
                    of_difference(quality, expected.spread_x),
                    of_difference(quality, expected.spread_y),
                ]);
                symbols.extend([
                    i32::from(vector.x) - i32::from(expected.vector.x),
                    i32::from(vector.y) - i32::from(expected.vector.y),
                ]);
            }
        }
    }
    encoder.encode(&TABLES, &indices, &symbols)?;
    Ok(())
}

/// What a block of 16×16 of a field costs, in bits, when all before it are coded.
pub(super) fn block_bits(field: &MotionField, column: usize, row: usize, quality: Quality) -> f32 {
    let split = field.is_split(column, row);
    let mut bits = split_bits(quality, field.split_neighbours(column, row), split);
    for (x, y, size) in parts(column, row, split) {
        let expected = field.expectation(x, y, size);
        bits += vector_bits(quality, field.at(x, y), &expected);
    }
    bits
}

/// Reads a field for a frame of this size in luma samples.
///
/// # Errors
/// [`CodecError`] if the symbols end early, and [`CodecError::MotionRange`] for a vector beyond the
/// limits.
pub fn decode_field(
    width: usize,
    height: usize,
    quality: Quality,
    decoder: &mut SymbolDecoder<'_>,
) -> Result<MotionField, CodecError> {
    let mut field = MotionField::still(width, height);
    for row in 0..field.rows() {
        for column in 0..field.columns() {
            let indices = [of_split(quality, field.split_neighbours(column, row))];
            let mut split = [0];
            decoder.decode(&TABLES, &indices, &mut split)?;
            for (x, y, size) in parts(column, row, split != [0]) {
                let expected = field.expectation(x, y, size);
                let indices = [
                    of_difference(quality, expected.spread_x),
                    of_difference(quality, expected.spread_y),
                ];
                let mut symbols = [0; 2];
                decoder.decode(&TABLES, &indices, &mut symbols)?;
                let vector = MotionVector {
                    x: component(symbols[0], expected.vector.x)?,
                    y: component(symbols[1], expected.vector.y)?,
                };
                match size {
                    BlockSize::Whole => field.put_whole(column, row, vector),
                    BlockSize::Quarter => field.put(x, y, vector),
                }
            }
        }
    }
    Ok(field)
}

/// Places and sizes of what a block's vectors move.
fn parts(
    column: usize,
    row: usize,
    split: bool,
) -> impl Iterator<Item = (usize, usize, BlockSize)> {
    let (size, count) = if split {
        (BlockSize::Quarter, 4)
    } else {
        (BlockSize::Whole, 1)
    };
    let places = quarters(column, row).into_iter().take(count);
    places.map(move |(x, y)| (x, y, size))
}

fn component(difference: i32, expected: i16) -> Result<i16, CodecError> {
    let value = difference.saturating_add(expected.into());
    if value.unsigned_abs() > VECTOR_LIMIT.unsigned_abs().into() {
        return Err(CodecError::MotionRange { value });
    }
    Ok(value as i16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_and_still_ones_cost_little() {
        let mut field = MotionField::still(560, 320);
        let code = |field: &MotionField| {
            let quality = Quality::new(40).unwrap();
            let mut encoder = SymbolEncoder::new();
            encode_field(field, quality, &mut encoder).unwrap();
            let bytes = encoder.finish();
            let mut decoder = SymbolDecoder::new(&bytes).unwrap();
            let decoded = decode_field(560, 320, quality, &mut decoder).unwrap();
            decoder.finish().unwrap();
            assert_eq!(&decoded, field);
            let places = (0..field.rows())
                .flat_map(|row| (0..field.columns()).map(move |column| (column, row)));
            let bits: f32 = places
                .map(|(column, row)| block_bits(field, column, row, quality))
                .sum();
            // The coder's state, and lengths of escapes.
            let real = 8.0 * bytes.len() as f32;
            assert!((bits - 1.0..bits + 100.0).contains(&real), "{bits} {real}");
            bytes.len()
        };
        let still = code(&field);
        assert!(still < 100, "{still} bytes for 700 still blocks");
        for row in 0..field.rows() {
            for column in 0..field.columns() {
                let (x, y) = (column as i32 * 7 - row as i32, (row * column) as i32 % 23);
                field.put_whole(column, row, MotionVector::clamped(x, y * y));
                if (column + row) % 3 == 0 {
                    field.put(
                        2 * column + 1,
                        2 * row + row % 2,
                        MotionVector { x: 9, y: 0 },
                    );
                }
            }
        }
        code(&field);
        let far = MotionVector::clamped(i32::MIN, i32::MAX);
        field.put(3, 3, far);
        code(&field);
    }
}
