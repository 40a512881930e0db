//! Symbol streams and serialized tables from arbitrary bytes.
//!
//! The first byte chooses what the others are:
//! 0. a table set;
//! 1. a symbol stream, decoded in one batch and symbol by symbol, which must agree;
//! 2. values, which must survive encoding and decoding.
#![no_main]

use std::sync::LazyLock;

use aivc_entropy::{CdfTable, LaneChoice, SymbolDecoder, SymbolEncoder, TableSet, gaussian};
use libfuzzer_sys::fuzz_target;

/// Gaussians, and two tables in which an escape is likely.
static TABLES: LazyLock<TableSet> = LazyLock::new(|| {
    let likely_escapes = [
        CdfTable::from_frequencies(-1, &[1, 2, 3, 65_530]).unwrap(),
        CdfTable::from_frequencies(i32::MAX - 1, &[20_000, 20_000, 25_536]).unwrap(),
    ];
    gaussian::gaussian_tables()
        .concat(&TableSet::new(likely_escapes.to_vec()).unwrap())
        .unwrap()
});

fuzz_target!(|data: &[u8]| {
    let Some((&mode, rest)) = data.split_first() else {
        return;
    };
    match mode % 3 {
        0 => table_set(rest),
        1 => stream(rest),
        _ => round_trip(rest),
    }
});

fn table_set(bytes: &[u8]) {
    if let Ok(tables) = TableSet::from_bytes(bytes) {
        assert_eq!(tables.to_bytes(), bytes);
    }
}

fn stream(bytes: &[u8]) {
    let Some((&[first_table, symbols], bytes)) = bytes.split_first_chunk() else {
        return;
    };
    let indices: Vec<u16> = (0..symbols)
        .map(|k| (u16::from(first_table) + u16::from(k) * 7) % 67)
        .collect();
    let Ok(mut whole) = SymbolDecoder::new(bytes) else {
        return;
    };
    let mut single = whole.clone();

    let mut whole_out = vec![0; indices.len()];
    let whole_result = whole.decode(&TABLES, &indices, &mut whole_out);
    let mut single_out = vec![0; indices.len()];
    let single_result = indices
        .chunks(1)
        .zip(single_out.chunks_mut(1))
        .try_for_each(|(index, out)| single.decode(&TABLES, index, out));

    assert_eq!(whole_result.is_ok(), single_result.is_ok());
    if whole_result.is_ok() {
        assert_eq!(whole_out, single_out);
        assert_eq!(
            whole.decode_bits(symbols % 40),
            single.decode_bits(symbols % 40)
        );
        assert_eq!(whole.finish(), single.finish());
    } else {
        // Still safe to call.
        let _ = whole.decode(&TABLES, &indices, &mut whole_out);
        let _ = whole.finish();
    }
}

fn round_trip(bytes: &[u8]) {
    let (mut indices, mut values) = (Vec::new(), Vec::new());
    for chunk in bytes.chunks_exact(4) {
        // Small values mostly, and all others.
        let value = i32::from_le_bytes(chunk.try_into().unwrap());
        indices.push(u16::from(chunk[0]) % 66);
        values.push(if chunk[1] < 200 { value >> 26 } else { value });
    }
    let split = bytes
        .first()
        .map_or(0, |&byte| usize::from(byte) % (indices.len() + 1));
    for lanes in [LaneChoice::One, LaneChoice::Eight] {
        let mut encoder = SymbolEncoder::new();
        encoder
            .encode(&TABLES, &indices[..split], &values[..split])
            .unwrap();
        encoder.encode_bits(split as u32, 32).unwrap();
        encoder
            .encode(&TABLES, &indices[split..], &values[split..])
            .unwrap();
        let stream = encoder.finish_with(lanes);

        let mut out = vec![0; values.len()];
        let mut decoder = SymbolDecoder::new(&stream).unwrap();
        decoder
            .decode(&TABLES, &indices[..split], &mut out[..split])
            .unwrap();
        assert_eq!(decoder.decode_bits(32).unwrap(), split as u32);
        decoder
            .decode(&TABLES, &indices[split..], &mut out[split..])
            .unwrap();
        decoder.finish().unwrap();
        assert_eq!(out, values);
    }
}
