//! The example of `docs/format.md` is what the library writes.

use aivc_entropy::{ContainerWriter, FrameType, Packet, SymbolEncoder, gaussian};

use crate::streams::{header, read};

const FORMAT: &str = include_str!("../../../docs/format.md");

fn example() -> Vec<u8> {
    let tables = gaussian::gaussian_tables();
    let mut encoder = SymbolEncoder::new();
    encoder
        .encode(&tables, &[30, 30, 20, 10], &[5, -2, 1000, 0])
        .unwrap();
    encoder.encode_bits(0b101, 3).unwrap();
    let symbols = encoder.finish();

    let mut writer = ContainerWriter::new(Vec::new(), &header()).unwrap();
    for (frame_type, presentation_ticks, payload) in
        [(FrameType::Key, 0, symbols), (FrameType::Inter, 1, vec![0])]
    {
        let packet = Packet {
            frame_type,
            presentation_ticks,
            quality: 32,
            payload,
        };
        writer.write_packet(&packet).unwrap();
    }
    writer.finish().unwrap()
}

/// As `xxd -g1` prints it, without the text column.
fn hex_dump(bytes: &[u8]) -> String {
    let line = |(number, line): (usize, &[u8])| {
        let bytes: String = line.iter().map(|byte| format!(" {byte:02x}")).collect();
        format!("{:04x}:{bytes}\n", 16 * number)
    };
    bytes.chunks(16).enumerate().map(line).collect()
}

#[test]
fn the_documented_example_is_what_the_library_writes() {
    let bytes = example();
    assert_eq!(read(bytes.as_slice()).packets.len(), 2);
    let dump = hex_dump(&bytes);
    assert!(
        FORMAT.contains(&dump),
        "docs/format.md should contain\n{dump}"
    );
}
