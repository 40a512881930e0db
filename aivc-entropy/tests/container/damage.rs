use aivc_entropy::{
    ContainerError, ContainerReader, ContainerWriter, DamageReason, IndexStatus, Limits, Packet,
};

use crate::streams::{Stream, header, packet, read, stream};

/// Number, offset and reason of a damaged packet.
fn damage(error: &ContainerError) -> (u64, u64, DamageReason) {
    match error {
        ContainerError::DamagedPacket {
            packet,
            offset,
            reason,
        } => (*packet, *offset, *reason),
        error => panic!("{error}"),
    }
}

fn small_stream() -> Stream {
    stream(&[40, 0, 300, 7])
}

#[test]
fn a_flipped_bit_costs_at_most_its_packet() {
    let stream = small_stream();
    for bit in 8 * stream.offsets[0]..8 * stream.bytes.len() {
        let byte = bit / 8;
        let mut bytes = stream.bytes.clone();
        bytes[byte] ^= 1 << (bit % 8);
        let reading = read(bytes.as_slice());
        let hit = stream
            .offsets
            .iter()
            .filter(|&&offset| offset <= byte)
            .count()
            - 1;
        if hit == 4 {
            assert_eq!(reading.packets, stream.packets);
            // Without its marker, there is none.
            let expected = if byte < stream.offsets[4] + 4 {
                IndexStatus::Missing
            } else {
                IndexStatus::Damaged
            };
            assert_eq!(reading.index_status, expected);
            continue;
        }
        let mut expected = stream.packets.clone();
        expected.remove(hit);
        assert_eq!(reading.packets, expected, "bit {bit}");
        assert_eq!(reading.errors.len(), 1);
        let (number, offset, _) = damage(&reading.errors[0]);
        assert_eq!((number, offset), (hit as u64, stream.offsets[hit] as u64));
        assert_eq!(reading.index_status, IndexStatus::Complete);
    }
}

#[test]
fn errors_name_packet_offset_and_reason() {
    let stream = small_stream();
    let mut bytes = stream.bytes.clone();
    bytes[stream.offsets[2] + 50] ^= 1;
    let message = read(bytes.as_slice()).errors[0].to_string();
    let start = format!(
        "packet 2 at byte {} is damaged: its checksum is 0x",
        stream.offsets[2]
    );
    assert!(message.starts_with(&start), "{message}");
}

#[test]
fn truncation_at_every_byte_keeps_the_packets_before() {
    let stream = small_stream();
    for length in stream.offsets[0]..stream.bytes.len() {
        let reading = read(&stream.bytes[..length]);
        let whole = stream.offsets[1..]
            .iter()
            .filter(|&&end| end <= length)
            .count();
        assert_eq!(reading.packets, stream.packets[..whole]);
        let at_boundary = stream.offsets.contains(&length);
        if at_boundary || length > stream.offsets[4] {
            assert!(reading.errors.is_empty());
            let expected = if at_boundary {
                IndexStatus::Missing
            } else {
                IndexStatus::Damaged
            };
            assert_eq!(reading.index_status, expected);
        } else {
            assert_eq!(reading.errors.len(), 1);
            let (number, offset, reason) = damage(&reading.errors[0]);
            let start = stream.offsets[whole];
            assert_eq!((number, offset), (whole as u64, start as u64));
            assert!(
                matches!(reason, DamageReason::Truncated { needed, available }
                if available == (length - start) as u64 && needed > available)
            );
            assert_eq!(reading.index_status, IndexStatus::Missing);
        }
    }
}

#[test]
fn lost_bytes_cost_only_the_packets_that_they_were_in() {
    let stream = stream(&[100; 6]);
    for start in stream.offsets[1]..stream.offsets[3] {
        for length in [1, 30, 150] {
            let mut bytes = stream.bytes.clone();
            bytes.drain(start..start + length);
            let reading = read(bytes.as_slice());
            let intact = stream.packets.iter().enumerate().filter(|(number, _)| {
                stream.offsets[number + 1] <= start || stream.offsets[*number] >= start + length
            });
            for (_, packet) in intact {
                assert!(
                    reading.packets.contains(packet),
                    "{length} bytes lost at {start}"
                );
            }
            assert_eq!(reading.index_status, IndexStatus::Damaged);
        }
    }
}

/// What no checksum of a packet can see, the index does: it is not where its trailer says.
#[test]
fn a_packet_that_is_missing_altogether_shows_in_the_index_status() {
    let stream = small_stream();
    let mut bytes = stream.bytes.clone();
    bytes.drain(stream.offsets[1]..stream.offsets[2]);
    let reading = read(bytes.as_slice());
    assert!(reading.errors.is_empty());
    assert_eq!(reading.packets.len(), 3);
    assert_eq!(reading.index_status, IndexStatus::Damaged);
}

#[test]
fn garbage_between_packets_is_skipped() {
    let stream = small_stream();
    let mut bytes = stream.bytes.clone();
    // With the first bytes of a marker, and with a marker that no header follows.
    let garbage = [&[0xa1, 0x56, 0xc3][..], &[0xa1, 0x56, 0xc3, 0x9e], &[0; 90]].concat();
    bytes.splice(stream.offsets[2]..stream.offsets[2], garbage);
    let reading = read(bytes.as_slice());
    assert_eq!(reading.packets, stream.packets);
    assert_eq!(damage(&reading.errors[0]).2, DamageReason::Marker);
    assert_eq!(reading.errors.len(), 1);
}

#[test]
fn a_megabyte_of_zeros_is_one_error() {
    let stream = small_stream();
    let mut bytes = stream.bytes.clone();
    bytes.splice(stream.offsets[1]..stream.offsets[1], vec![0; 1 << 20]);
    let reading = read(bytes.as_slice());
    assert_eq!(reading.packets, stream.packets);
    assert_eq!(reading.errors.len(), 1);
}

/// A packet that says that its payload has `payload_bytes` bytes, with a header that fits.
fn lying_packet(payload_bytes: u32) -> Vec<u8> {
    let mut fields = vec![0, 0, 0];
    let mut rest = payload_bytes;
    while rest >= 0x80 {
        fields.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    fields.push(rest as u8);
    let check = (crc32c::crc32c(&fields) as u16).to_le_bytes();
    [&[0xa1, 0x56, 0xc3, 0x9e][..], &fields, &check].concat()
}

#[test]
fn a_payload_over_the_limit_is_an_error_and_skipped() {
    let stream = small_stream();
    let mut bytes = stream.bytes.clone();
    bytes.splice(stream.offsets[1]..stream.offsets[1], lying_packet(u32::MAX));
    let reading = read(bytes.as_slice());
    assert_eq!(reading.packets, stream.packets);
    assert_eq!(
        damage(&reading.errors[0]).2,
        DamageReason::PayloadTooLong {
            bytes: u32::MAX.into(),
            limit: 64 << 20
        }
    );
}

#[test]
fn a_length_past_the_end_hides_no_packet() {
    let stream = small_stream();
    let mut bytes = stream.bytes.clone();
    bytes.splice(stream.offsets[1]..stream.offsets[1], lying_packet(60 << 20));
    let reading = read(bytes.as_slice());
    assert_eq!(reading.packets, stream.packets);
    assert!(matches!(
        damage(&reading.errors[0]).2,
        DamageReason::Truncated { .. }
    ));
}

/// Found by fuzzing: a damaged packet with another packet's header in its payload. The inner one
/// says that it reaches past the next packet, which must not be lost with it.
#[test]
fn regression_packet_header_within_a_damaged_payload() {
    let mut carrier = packet(0, 100);
    carrier.payload[20..32].copy_from_slice(&[&lying_packet(240)[..], &[8]].concat());
    let mut writer = ContainerWriter::new(Vec::new(), &header()).unwrap();
    writer.write_packet(&carrier).unwrap();
    let first_end = writer.bytes_written() as usize;
    let rest: Vec<Packet> = (1..6).map(|number| packet(number, 60)).collect();
    for packet in &rest {
        writer.write_packet(packet).unwrap();
    }
    let bytes = writer.finish().unwrap();
    let start = first_end - 4 - 100;
    // In the payload, in the header, in the marker.
    for at in [start + 90, start + 25, start - 3, start - 10] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 4;
        assert_eq!(read(damaged.as_slice()).packets, rest, "damage at {at}");
    }
}

/// Found by fuzzing: the inner header says that it reaches to just where a later packet starts.
#[test]
fn regression_false_packet_that_ends_where_another_starts() {
    let mut carrier = packet(0, 100);
    let rest: Vec<Packet> = (1..4).map(|number| packet(number, 60)).collect();
    let mut writer = ContainerWriter::new(Vec::new(), &header()).unwrap();
    let mut ends = Vec::new();
    let start = writer.bytes_written() as usize;
    // From there to the carrier's end, and the 74 bytes of the packet after it.
    let inner_at = 20;
    let inner_bytes = (100 - inner_at) + 4 + 74 - lying_packet(128).len() - 4;
    let inner = lying_packet(inner_bytes as u32);
    carrier.payload[inner_at..inner_at + inner.len()].copy_from_slice(&inner);
    writer.write_packet(&carrier).unwrap();
    for packet in &rest {
        ends.push(writer.bytes_written() as usize);
        writer.write_packet(packet).unwrap();
    }
    let mut bytes = writer.finish().unwrap();
    let inner_start = ends[0] - 4 - 100 + inner_at;
    assert_eq!(
        inner_start + inner.len() + inner_bytes + 4,
        ends[1],
        "the premise"
    );
    bytes[start + 5] ^= 1;
    assert_eq!(read(bytes.as_slice()).packets, rest);
}

/// Found by fuzzing: the marker of an index between packets ended the stream.
#[test]
fn regression_index_marker_between_packets() {
    let stream = small_stream();
    let index = &stream.bytes[stream.offsets[4]..];
    // The marker alone, a damaged head, and a whole index that is not at the end.
    for inserted in [&index[..4], &index[4..19], index] {
        let inserted = [&index[..4], inserted].concat();
        let mut bytes = stream.bytes.clone();
        bytes.splice(stream.offsets[2]..stream.offsets[2], inserted);
        let reading = read(bytes.as_slice());
        assert_eq!(reading.packets, stream.packets);
        assert_eq!(damage(&reading.errors[0]).2, DamageReason::Marker);
        // The trailer no longer says where the index is.
        assert_eq!(reading.index_status, IndexStatus::Damaged);
    }
}

/// Found by fuzzing: the head of an index in a damaged payload swallowed the packets after it.
#[test]
fn regression_index_head_within_a_damaged_payload() {
    let mut head = vec![0x5e, 0xa9, 0x3c, 0x61];
    head.extend(9_u64.to_le_bytes());
    head.extend(500_u32.to_le_bytes());
    head.extend(crc32c::crc32c(&head).to_le_bytes());
    let mut carrier = packet(0, 100);
    carrier.payload[20..40].copy_from_slice(&head);
    let mut writer = ContainerWriter::new(Vec::new(), &header()).unwrap();
    let start = writer.bytes_written() as usize;
    writer.write_packet(&carrier).unwrap();
    let rest: Vec<Packet> = (1..3).map(|number| packet(number, 60)).collect();
    for packet in &rest {
        writer.write_packet(packet).unwrap();
    }
    let mut bytes = writer.finish().unwrap();
    bytes.drain(start + 3..start + 12);
    assert_eq!(read(bytes.as_slice()).packets, rest);
}

/// A whole stream as a payload: damage to the outer packet must not bring the inner packets up.
#[test]
fn a_stream_within_a_damaged_payload_stays_inside() {
    let inner = small_stream();
    let outer = Packet {
        payload: inner.bytes,
        ..packet(0, 0)
    };
    let mut writer = ContainerWriter::new(Vec::new(), &header()).unwrap();
    let start = writer.bytes_written() as usize;
    writer.write_packet(&outer).unwrap();
    writer.write_packet(&packet(1, 30)).unwrap();
    let mut bytes = writer.finish().unwrap();
    bytes[start + 40] ^= 1;
    let reading = read(bytes.as_slice());
    assert_eq!(reading.packets, [packet(1, 30)]);
    assert_eq!(reading.errors.len(), 1);
}

/// Ten thousand packets that each claim the rest of the stream: work for the square of its size,
/// if each claim were followed.
#[test]
fn claims_within_claims_end_soon() {
    let limits = Limits {
        payload_bytes: 1 << 18,
        ..Limits::default()
    };
    let claim = lying_packet(1 << 17);
    let stream = small_stream();
    let mut bytes = stream.bytes[..stream.offsets[0]].to_vec();
    for _ in 0..10_000 {
        bytes.extend(&claim);
    }
    bytes.extend(vec![0; 1 << 19]);
    let mut reader = ContainerReader::with_limits(bytes.as_slice(), limits).unwrap();
    let mut checked_bytes = 0;
    loop {
        match reader.next_packet() {
            Ok(None) => break,
            Ok(Some(packet)) => panic!("{packet:?}"),
            Err(error) => {
                if let DamageReason::Checksum { .. } = damage(&error).2 {
                    checked_bytes += 1 << 17;
                }
            }
        }
    }
    assert!(
        checked_bytes < 12 * bytes.len(),
        "{checked_bytes} for {}",
        bytes.len()
    );
}

#[test]
fn reserved_frame_types_and_qualities_are_errors_of_their_packet() {
    for (frame_type, quality, reason) in [
        (2, 0, DamageReason::FrameType { code: 2 }),
        (0, 64, DamageReason::Quality { quality: 64 }),
    ] {
        let mut bytes = vec![0xa1, 0x56, 0xc3, 0x9e, frame_type, quality, 0, 0];
        let check = crc32c::crc32c(&bytes[4..]) as u16;
        bytes.extend(check.to_le_bytes());
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        let stream = small_stream();
        let mut damaged = stream.bytes.clone();
        damaged.splice(stream.offsets[1]..stream.offsets[1], bytes);
        let reading = read(damaged.as_slice());
        assert_eq!(reading.packets, stream.packets);
        assert_eq!(damage(&reading.errors[0]).2, reason);
    }
}
