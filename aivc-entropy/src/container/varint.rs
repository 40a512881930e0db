//! Integers in 7-bit groups, least significant first (LEB128); signed ones zigzagged.

/// Most bytes of a number.
pub(super) const MAX_BYTES: usize = 10;

/// Why there is no number to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VarintError {
    /// The bytes end before it does.
    Truncated,
    /// It has more than 64 bits, or more bytes than it needs.
    Invalid,
}

pub(super) fn write(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

pub(super) fn write_signed(bytes: &mut Vec<u8>, value: i64) {
    write(bytes, (value << 1 ^ value >> 63) as u64);
}

/// The number at `bytes[*position..]`; moves `position` behind it.
pub(super) fn read(bytes: &[u8], position: &mut usize) -> Result<u64, VarintError> {
    let mut value = 0_u64;
    for index in 0..MAX_BYTES {
        let byte = *bytes.get(*position + index).ok_or(VarintError::Truncated)?;
        let group = u64::from(byte & 0x7f);
        // The tenth byte has room for one bit only; a last byte of 0 says nothing.
        if (index == MAX_BYTES - 1 && byte > 1) || (index > 0 && byte == 0) {
            return Err(VarintError::Invalid);
        }
        value |= group << (7 * index);
        if byte < 0x80 {
            *position += index + 1;
            return Ok(value);
        }
    }
    Err(VarintError::Invalid)
}

pub(super) fn read_signed(bytes: &[u8], position: &mut usize) -> Result<i64, VarintError> {
    let value = read(bytes, position)?;
    Ok((value >> 1) as i64 ^ -((value & 1) as i64))
}
