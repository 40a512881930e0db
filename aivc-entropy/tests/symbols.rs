//! Symbol streams: round trips, golden bytes, length, and what damage does.

use std::sync::LazyLock;

use aivc_entropy::{
    CdfTable, DecodeError, EncodeError, LaneChoice, SymbolDecoder, SymbolEncoder, TableSet,
    gaussian,
};
use proptest::prelude::*;

const BOTH: [LaneChoice; 2] = [LaneChoice::One, LaneChoice::Eight];

/// Gaussians (0 to 63), a table where most values escape, and tables at both ends of `i32`.
static TABLES: LazyLock<TableSet> = LazyLock::new(|| {
    let others = [
        CdfTable::from_frequencies(-1, &[1, 2, 3, 65_530]).unwrap(),
        CdfTable::from_frequencies(i32::MIN, &[20_000, 20_000, 25_536]).unwrap(),
        CdfTable::from_frequencies(i32::MAX - 1, &[20_000, 20_000, 25_536]).unwrap(),
        CdfTable::from_frequencies(0, &[65_535, 1]).unwrap(),
    ];
    gaussian::gaussian_tables()
        .concat(&TableSet::new(others.to_vec()).unwrap())
        .unwrap()
});

#[derive(Debug, Clone)]
enum Step {
    Symbols(Vec<(u16, i32)>),
    Bits(u32, u8),
}

fn any_value() -> impl Strategy<Value = i32> {
    prop_oneof![
        8 => -6..6_i32,
        2 => -3000..3000_i32,
        1 => any::<i32>(),
        1 => prop::sample::select(vec![i32::MIN, i32::MIN + 1, -1, 0, i32::MAX - 1, i32::MAX]),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop::collection::vec((0_u16..68, any_value()), 0..60).prop_map(Step::Symbols),
        1 => (any::<u32>(), 0_u8..=32).prop_map(|(value, bits)| {
            Step::Bits((u64::from(value) & ((1 << bits) - 1)) as u32, bits)
        }),
    ]
}

fn encode(steps: &[Step], lanes: LaneChoice) -> Vec<u8> {
    let mut encoder = SymbolEncoder::new();
    for step in steps {
        match step {
            Step::Symbols(symbols) => {
                let (indices, values): (Vec<u16>, Vec<i32>) = symbols.iter().copied().unzip();
                encoder.encode(&TABLES, &indices, &values).unwrap();
            }
            Step::Bits(value, bits) => encoder.encode_bits(*value, *bits).unwrap(),
        }
    }
    encoder.finish_with(lanes)
}

proptest! {
    #[test]
    fn symbols_and_raw_bits_round_trip_over_many_calls(
        steps in prop::collection::vec(any_step(), 0..12),
    ) {
        for lanes in BOTH {
            let bytes = encode(&steps, lanes);
            let mut decoder = SymbolDecoder::new(&bytes).unwrap();
            for step in &steps {
                match step {
                    Step::Symbols(symbols) => {
                        let (indices, values): (Vec<u16>, Vec<i32>) =
                            symbols.iter().copied().unzip();
                        let mut out = vec![0; values.len()];
                        decoder.decode(&TABLES, &indices, &mut out).unwrap();
                        prop_assert_eq!(out, values);
                    }
                    Step::Bits(value, bits) => {
                        prop_assert_eq!(decoder.decode_bits(*bits).unwrap(), *value);
                    }
                }
            }
            decoder.finish().unwrap();
        }
    }

    #[test]
    fn how_symbols_are_batched_leaves_no_trace(
        symbols in prop::collection::vec((0_u16..68, any_value()), 0..100),
        split in 0_usize..100,
    ) {
        let split = split.min(symbols.len());
        let parts = [Step::Symbols(symbols[..split].to_vec()), Step::Symbols(symbols[split..].to_vec())];
        for lanes in BOTH {
            let bytes = encode(&[Step::Symbols(symbols.clone())], lanes);
            prop_assert_eq!(&encode(&parts, lanes), &bytes);
            let (indices, values): (Vec<u16>, Vec<i32>) = symbols.iter().copied().unzip();
            let mut out = vec![0; values.len()];
            let mut decoder = SymbolDecoder::new(&bytes).unwrap();
            for (index, out) in indices.chunks(3).zip(out.chunks_mut(3)) {
                decoder.decode(&TABLES, index, out).unwrap();
            }
            decoder.finish().unwrap();
            prop_assert_eq!(out, values);
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_danger(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        layout in prop::sample::select(vec![0_u8, 4, 5, 6, 7, 8, 0x80]),
        indices in prop::collection::vec(0_u16..68, 0..300),
    ) {
        let bytes = [&[layout][..], &bytes].concat();
        if let Ok(mut decoder) = SymbolDecoder::new(&bytes) {
            let mut out = vec![0; indices.len()];
            // After an error, too.
            for _ in 0..2 {
                let _ = decoder.decode(&TABLES, &indices, &mut out);
                let _ = decoder.decode_bits(32);
            }
            let _ = decoder.finish();
        }
    }
}

/// Values with the statistics that the tables promise, by a fixed generator.
fn typical(count: usize) -> (Vec<u16>, Vec<i32>) {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 32
    };
    let symbol = |_| {
        let index = (next() % 64) as u16;
        // A slot drawn uniformly gives each value its probability.
        let mut slot = (next() & 0xffff) as u32;
        let table = TABLES.table(index);
        let mut value = table.min();
        for &frequency in table.frequencies() {
            if slot < u32::from(frequency) {
                break;
            }
            slot -= u32::from(frequency);
            value += 1;
        }
        (index, value)
    };
    (0..count).map(symbol).unzip()
}

fn ideal_bits(indices: &[u16], values: &[i32]) -> f64 {
    indices
        .iter()
        .zip(values)
        .map(|(&index, &value)| TABLES.cost_bits(index, value))
        .sum()
}

#[test]
fn length_is_within_a_thousandth_and_a_constant_of_the_ideal() {
    for count in [0, 1, 10, 100, 1000, 10_000, 200_000] {
        let (indices, values) = typical(count);
        let ideal_bytes = ideal_bits(&indices, &values) / 8.0;
        // One lane: layout byte, 31 bits of initial state, up to 8 bits of padding. Eight: as much
        // a lane, without padding but with up to 32 bits more.
        for (lanes, constant) in [(LaneChoice::One, 6.0), (LaneChoice::Eight, 1.0 + 8.0 * 8.0)] {
            let mut encoder = SymbolEncoder::new();
            encoder.encode(&TABLES, &indices, &values).unwrap();
            let excess = encoder.finish_with(lanes).len() as f64 - ideal_bytes;
            assert!(
                excess <= 0.001 * ideal_bytes + constant,
                "{count} symbols, {lanes:?}: {excess} bytes over {ideal_bytes}"
            );
        }
    }
}

#[test]
fn cost_of_an_escape_is_what_it_takes() {
    // A table of one value that escapes all others with a probability next to 1.
    let table = CdfTable::from_frequencies(0, &[1, 65_535]).unwrap();
    let tables = TableSet::new(vec![table]).unwrap();
    for value in [1, -1, 2, 3, 4, -4, 1000, -100_000, i32::MAX, i32::MIN] {
        let count = 800;
        let values = vec![value; count];
        let mut encoder = SymbolEncoder::new();
        encoder.encode(&tables, &vec![0; count], &values).unwrap();
        let bits = 8.0 * encoder.finish_with(LaneChoice::One).len() as f64;
        let expected = count as f64 * tables.cost_bits(0, value);
        assert!(
            (bits - expected).abs() <= 64.0,
            "{value}: {bits} for {expected}"
        );
    }
}

#[test]
fn golden_bytes_of_one_lane() {
    let steps = [
        Step::Symbols(vec![(30, 5), (30, -2), (64, 100), (10, 0)]),
        Step::Bits(0b101, 3),
        Step::Symbols(vec![(66, -7)]),
    ];
    assert_eq!(encode(&steps, LaneChoice::One), GOLDEN_ONE);
}

#[test]
fn golden_bytes_of_eight_lanes() {
    let steps = [Step::Symbols(
        (0..24).map(|k| (20 + 2 * k, k as i32 * 5 - 40)).collect(),
    )];
    assert_eq!(encode(&steps, LaneChoice::Eight), GOLDEN_EIGHT);
}

const GOLDEN_ONE: &[u8] = &[
    6, 83, 218, 41, 50, 144, 3, 0, 0, 0, 0, 22, 0, 0, 0, 3, 99, 128,
];

const GOLDEN_EIGHT: &[u8] = &[
    128, 255, 255, 204, 125, 101, 6, 102, 12, 255, 255, 97, 173, 207, 253, 118, 15, 255, 255, 101,
    191, 158, 152, 207, 27, 255, 255, 77, 200, 247, 135, 41, 48, 255, 255, 169, 201, 206, 246, 50,
    79, 32, 0, 113, 64, 156, 90, 162, 6, 24, 11, 167, 93, 171, 17, 0, 0, 159, 64, 241, 218, 205,
    18, 0, 0, 3, 255, 255, 251, 56, 0, 0, 0, 17, 96, 25, 177, 88, 114, 17, 65,
];

#[test]
fn an_empty_stream_is_one_byte() {
    assert_eq!(SymbolEncoder::new().finish(), [0]);
    SymbolDecoder::new(&[0]).unwrap().finish().unwrap();
}

#[test]
fn lanes_are_chosen_by_size() {
    let layout = |count: usize, index: u16, value: i32| {
        let mut encoder = SymbolEncoder::new();
        encoder
            .encode(&TABLES, &vec![index; count], &vec![value; count])
            .unwrap();
        encoder.finish()[0]
    };
    assert!(layout(1000, 40, 3) <= 8);
    assert_eq!(layout(100_000, 40, 3), 0x80);
    // 2^21 symbols that cost next to nothing.
    assert_eq!(layout(1 << 21, 67, 0), 0x80);
    assert!(layout((1 << 21) - 1, 67, 0) <= 8);
}

fn decode_all(bytes: &[u8], indices: &[u16]) -> Result<Vec<i32>, DecodeError> {
    let mut out = vec![0; indices.len()];
    let mut decoder = SymbolDecoder::new(bytes)?;
    decoder.decode(&TABLES, indices, &mut out)?;
    decoder.finish()?;
    Ok(out)
}

#[test]
fn truncation_at_every_byte_is_an_error() {
    let (mut indices, mut values) = typical(300);
    // With raw bits at the end, too.
    indices.push(64);
    values.push(12_345);
    for lanes in BOTH {
        let mut encoder = SymbolEncoder::new();
        encoder.encode(&TABLES, &indices, &values).unwrap();
        let bytes = encoder.finish_with(lanes);
        assert_eq!(decode_all(&bytes, &indices).unwrap(), values);
        for length in 0..bytes.len() {
            assert!(
                decode_all(&bytes[..length], &indices).is_err(),
                "{lanes:?} at {length}"
            );
        }
    }
}

#[test]
fn extra_bytes_are_an_error() {
    let (indices, values) = typical(50);
    for lanes in BOTH {
        let mut encoder = SymbolEncoder::new();
        encoder.encode(&TABLES, &indices, &values).unwrap();
        let mut bytes = encoder.finish_with(lanes);
        bytes.push(0);
        assert!(matches!(
            decode_all(&bytes, &indices),
            Err(DecodeError::LeftOver { bytes: 1 })
        ));
    }
}

/// A flipped bit gives other values at first, since it stands for others, and then a final state
/// that betrays it; of raw bits, the checksum does. Only in the last symbols it can make a stream
/// that is valid, and then it is just the one that the other values encode to.
#[test]
fn a_flipped_bit_is_an_error_or_the_stream_of_other_values() {
    let (mut indices, mut values) = typical(200);
    indices.extend([64, 64]);
    values.extend([12_345, -99]);
    for lanes in BOTH {
        let encoded = |values: &[i32]| {
            let mut encoder = SymbolEncoder::new();
            encoder.encode(&TABLES, &indices, values).unwrap();
            encoder.finish_with(lanes)
        };
        let bytes = encoded(&values);
        let mut unnoticed = 0;
        for bit in 0..8 * bytes.len() {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(others) = decode_all(&damaged, &indices) {
                assert_ne!(others, values);
                assert_eq!(encoded(&others), damaged);
                unnoticed += 1;
            }
        }
        assert!(
            unnoticed <= 8,
            "{lanes:?}: {unnoticed} of {} bits",
            8 * bytes.len()
        );
    }
}

#[test]
fn decoding_with_other_tables_is_an_error() {
    let (indices, values) = typical(100);
    let mut encoder = SymbolEncoder::new();
    encoder.encode(&TABLES, &indices, &values).unwrap();
    let bytes = encoder.finish();
    let others: Vec<u16> = indices.iter().map(|index| (index + 1) % 64).collect();
    assert!(decode_all(&bytes, &others).is_err());
}

#[test]
fn asking_for_too_few_symbols_is_an_error() {
    let (indices, values) = typical(100);
    let mut encoder = SymbolEncoder::new();
    encoder.encode(&TABLES, &indices, &values).unwrap();
    let bytes = encoder.finish();
    assert!(decode_all(&bytes, &indices[..99]).is_err());
}

#[test]
fn layouts_and_states_that_no_encoder_writes_are_errors() {
    let error = |bytes: &[u8]| SymbolDecoder::new(bytes).unwrap_err();
    assert_eq!(error(&[]), DecodeError::Empty);
    assert_eq!(error(&[3, 0, 0]), DecodeError::Layout { layout: 3 });
    assert_eq!(error(&[9]), DecodeError::Layout { layout: 9 });
    assert_eq!(
        error(&[4, 1]),
        DecodeError::TruncatedStates {
            needed: 5,
            available: 2
        }
    );
    assert_eq!(
        error(&[0x80; 64]),
        DecodeError::TruncatedStates {
            needed: 65,
            available: 64
        }
    );
    // Below the interval, above it, the initial state spelled out, and a byte too many.
    assert_eq!(
        error(&[4, 1, 0, 0, 0]),
        DecodeError::State { lane: 0, state: 1 }
    );
    assert_eq!(
        error(&[8, 0, 0, 0, 0, 0, 0, 0, 0x80]),
        DecodeError::State {
            lane: 0,
            state: 1 << 63
        }
    );
    assert_eq!(
        error(&[4, 0, 0, 0, 0x80]),
        DecodeError::State {
            lane: 0,
            state: 1 << 31
        }
    );
    assert_eq!(
        error(&[5, 1, 0, 0, 0x80, 0]),
        DecodeError::State {
            lane: 0,
            state: (1 << 31) + 1
        }
    );
}

#[test]
fn padding_of_raw_bits_must_be_zero() {
    let mut encoder = SymbolEncoder::new();
    encoder.encode_bits(0b11, 2).unwrap();
    let mut bytes = encoder.finish();
    let last = bytes.len() - 1;
    assert_eq!(bytes[last], 0b11);
    bytes[last] = 0b111;
    let mut decoder = SymbolDecoder::new(&bytes).unwrap();
    decoder.decode_bits(2).unwrap();
    assert_eq!(decoder.finish(), Err(DecodeError::Padding { padding: 1 }));
}

#[test]
fn an_escape_of_zeros_ends() {
    // Table 64 starts with three rare values, so the state 2^31 + 100 escapes.
    let mut bytes = vec![4, 100, 0, 0, 0x80];
    bytes.extend([0; 64]);
    assert_eq!(
        decode_all(&bytes, &[64]),
        Err(DecodeError::Escape { symbol: 0 })
    );
}

#[test]
fn a_callers_mistakes_are_named() {
    let mut encoder = SymbolEncoder::new();
    assert_eq!(
        encoder.encode(&TABLES, &[0, 1], &[0]),
        Err(EncodeError::LengthMismatch {
            indices: 2,
            values: 1
        })
    );
    assert_eq!(
        encoder.encode(&TABLES, &[0, 68], &[0, 0]),
        Err(EncodeError::TableIndex {
            position: 1,
            index: 68,
            tables: 68
        })
    );
    assert_eq!(encoder.symbols(), 0);
    assert_eq!(
        encoder.encode_bits(0, 33),
        Err(EncodeError::BitCount { bits: 33 })
    );
    assert_eq!(
        encoder.encode_bits(4, 2),
        Err(EncodeError::BitValue { value: 4, bits: 2 })
    );
    assert_eq!(
        encoder.encode_bits(1, 0),
        Err(EncodeError::BitValue { value: 1, bits: 0 })
    );

    let (indices, values) = typical(40);
    for lanes in BOTH {
        let mut encoder = SymbolEncoder::new();
        encoder.encode(&TABLES, &indices, &values).unwrap();
        let bytes = encoder.finish_with(lanes);
        let mut decoder = SymbolDecoder::new(&bytes).unwrap();
        let mut out = [0; 20];
        assert_eq!(
            decoder.decode(&TABLES, &indices[..3], &mut out),
            Err(DecodeError::LengthMismatch {
                indices: 3,
                values: 20
            })
        );
        assert_eq!(
            decoder.decode_bits(33),
            Err(DecodeError::BitCount { bits: 33 })
        );
        decoder
            .decode(&TABLES, &indices[..3], &mut out[..3])
            .unwrap();
        // Past the start and past the first whole group of eight.
        let mut wrong = indices[3..23].to_vec();
        wrong[15] = 68;
        assert_eq!(
            decoder.decode(&TABLES, &wrong, &mut out),
            Err(DecodeError::TableIndex {
                position: 15,
                index: 68,
                tables: 68
            })
        );
    }
}
