//! The code of a value outside its table: a bit for the side, then the distance in Elias gamma
//! code (P. Elias, "Universal codeword sets and representations of the integers", 1975).

use super::back_bits::{BackBitWriter, TwoEnds};

/// Why there is no escaped value to read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EscapeError {
    Exhausted,
    OutOfRange,
}

/// The largest number of bits after the leading one of a distance: distances are at most 2^32.
const MAX_EXTRA_BITS: u32 = 32;

/// Writes `value`, which is outside of `min..=max`.
pub(super) fn write_escape(bits: &mut BackBitWriter, value: i32, min: i32, max: i32) {
    let (side, distance) = side_and_distance(value, min, max);
    let extra_bits = distance.ilog2();
    bits.write(side, 1);
    // A one after `extra_bits` zeros; 32 zeros and the one take two writes.
    bits.write(0, extra_bits);
    bits.write(1, 1);
    bits.write((distance - (1 << extra_bits)) as u32, extra_bits);
}

/// Reads what [`write_escape`] wrote, in at most 33 + 2 steps whatever the bits are.
pub(super) fn read_escape(bits: &mut TwoEnds<'_>, min: i32, max: i32) -> Result<i32, EscapeError> {
    let mut read = |count| bits.bits(count).ok_or(EscapeError::Exhausted);
    let side = read(1)?;
    let mut extra_bits = 0;
    while read(1)? == 0 {
        extra_bits += 1;
        if extra_bits > MAX_EXTRA_BITS {
            return Err(EscapeError::OutOfRange);
        }
    }
    let distance = (1_i64 << extra_bits) + i64::from(read(extra_bits)?);
    let value = match side {
        0 => i64::from(max) + distance,
        _ => i64::from(min) - distance,
    };
    i32::try_from(value).map_err(|_| EscapeError::OutOfRange)
}

/// How many bits [`write_escape`] writes.
pub(crate) fn escape_bits(value: i32, min: i32, max: i32) -> u32 {
    2 + 2 * side_and_distance(value, min, max).1.ilog2()
}

/// 0 above and 1 below the table; the distance from its end, 1 to 2^32.
fn side_and_distance(value: i32, min: i32, max: i32) -> (u32, u64) {
    debug_assert!(value < min || value > max);
    if value > max {
        (0, (i64::from(value) - i64::from(max)) as u64)
    } else {
        (1, (i64::from(min) - i64::from(value)) as u64)
    }
}
