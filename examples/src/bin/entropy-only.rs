//! Compresses a text with the entropy coder alone: no network, no tensors, no burn.
//!
//! ```sh
//! cargo run --release -p aivc-examples --no-default-features --bin entropy-only -- [FILE]
//! ```
//!
//! Without a file, the README of this repository. The model is how often each byte followed each
//! other byte in some other text, fixed before anything is coded. A learned codec does the same by
//! other means: what is decoded already says which table the next symbol has.

#![allow(clippy::print_stdout, reason = "its report")]

use std::error::Error;
use std::fs;

use aivc_entropy::{CdfTable, DecodeError, SymbolDecoder, SymbolEncoder, TableError, TableSet};

const LEARNT_FROM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/format.md");
const TEXT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");

fn main() -> Result<(), Box<dyn Error>> {
    let tables = learn(&fs::read(LEARNT_FROM)?)?;
    let text = fs::read(std::env::args().nth(1).unwrap_or(TEXT.to_owned()))?;

    let (indices, values) = symbols(&text);
    let mut encoder = SymbolEncoder::new();
    encoder.encode(&tables, &indices, &values)?;
    let stream = encoder.finish();
    assert_eq!(decode(&tables, &stream, text.len())?, text);

    let costs = indices.iter().zip(&values);
    let bits: f64 = costs
        .map(|(&index, &value)| tables.cost_bits(index, value))
        .sum();
    println!("{} bytes", text.len());
    println!("{} bytes coded, and decoded to the same text", stream.len());
    println!("{:.1} bytes by -log2 of the probabilities", bits / 8.0);
    Ok(())
}

/// What is coded: the bytes, and for each of them its table, which is that of the byte before.
fn symbols(text: &[u8]) -> (Vec<u16>, Vec<i32>) {
    let before = [0].iter().chain(text).copied().map(u16::from);
    before.zip(text.iter().copied().map(i32::from)).unzip()
}

/// A table of the 256 next bytes for each of the 256 bytes.
fn learn(text: &[u8]) -> Result<TableSet, TableError> {
    // What has never been seen is not impossible.
    let mut counts = vec![[0.02; 256]; 256];
    let (indices, values) = symbols(text);
    for (index, value) in indices.into_iter().zip(values) {
        counts[usize::from(index)][value as usize] += 1.0;
    }
    // The third argument is the weight of all other `i32`, which have a code in every table too.
    let tables = counts
        .iter()
        .map(|counts| CdfTable::from_weights(0, counts, 0.0));
    TableSet::new(tables.collect::<Result<_, _>>()?)
}

/// Symbol by symbol, since each says which table the next one has.
fn decode(tables: &TableSet, stream: &[u8], length: usize) -> Result<Vec<u8>, DecodeError> {
    let mut decoder = SymbolDecoder::new(stream)?;
    let mut text = vec![0; length];
    let mut value = [0];
    for byte in &mut text {
        let index = value[0] as u16;
        decoder.decode(tables, &[index], &mut value)?;
        *byte = value[0] as u8;
    }
    // Fails after damage, and with other tables than the encoder's.
    decoder.finish()?;
    Ok(text)
}
