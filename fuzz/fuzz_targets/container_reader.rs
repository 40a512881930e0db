//! Containers from arbitrary bytes, and valid ones with damage.
//!
//! The first byte chooses: an even one takes the others as a stream; an odd one takes them as the
//! recipe of a valid stream and of what happens to it.
#![no_main]

use std::io::Cursor;

use aivc_entropy::{
    ColorRange, ContainerError, ContainerReader, ContainerWriter, Family, FrameType, IndexStatus,
    Limits, Packet, PixelFormat, Profile, Rational, StreamHeader,
};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits {
    payload_bytes: 1 << 20,
    index_bytes: 1 << 20,
};

fuzz_target!(|data: &[u8]| {
    let Some((&mode, rest)) = data.split_first() else {
        return;
    };
    if mode % 2 == 0 {
        read_all(rest);
    } else {
        read_damaged(rest);
    }
});

/// Reads to the end, in order and by seeking; returns the packets.
fn read_all(bytes: &[u8]) -> Option<Vec<Packet>> {
    let mut reader = ContainerReader::with_limits(Cursor::new(bytes), LIMITS).ok()?;
    let (mut packets, mut errors) = (Vec::new(), 0);
    loop {
        match reader.next_packet() {
            Ok(Some(packet)) => packets.push(packet),
            Ok(None) => break,
            Err(ContainerError::DamagedPacket { offset, .. }) => {
                assert!(offset < bytes.len() as u64);
                errors += 1;
            }
            Err(error) => panic!("{error}"),
        }
        assert!(
            packets.len() + errors <= bytes.len(),
            "every call uses up a byte"
        );
    }
    assert_ne!(reader.index_status(), IndexStatus::NotReached);
    if let Ok(index) = reader.read_index() {
        for number in 0..index.entries().len().min(20) as u64 {
            reader.seek_to_packet(&index, number).unwrap();
            let _ = reader.next_packet();
        }
        let _ = reader.seek_to_keyframe_at_or_before(&index, 3);
    }
    Some(packets)
}

fn read_damaged(recipe: &[u8]) {
    let Some((&[count, kind, at_low, at_high, amount], payloads)) = recipe.split_first_chunk()
    else {
        return;
    };
    // A flipped bit costs one packet whatever is in the payloads. Lost and added bytes can make what
    // looks like a packet in a payload stand where one is expected, so there, no payload does.
    let mut payloads = payloads.to_vec();
    if kind % 4 != 0 {
        for byte in payloads
            .iter_mut()
            .filter(|byte| [0xa1, 0x5e].contains(*byte))
        {
            *byte -= 1;
        }
    }
    let count = usize::from(count % 8) + 1;
    let size = payloads.len() / count;
    let mut writer = ContainerWriter::new(Vec::new(), &header()).unwrap();
    let mut written = Vec::new();
    let mut ends = vec![writer.bytes_written() as usize];
    for number in 0..count {
        let packet = Packet {
            frame_type: if number % 3 == 0 {
                FrameType::Key
            } else {
                FrameType::Inter
            },
            presentation_ticks: number as i64 - 2,
            quality: kind % 64,
            payload: payloads[number * size..][..size].to_vec(),
        };
        writer.write_packet(&packet).unwrap();
        ends.push(writer.bytes_written() as usize);
        written.push(packet);
    }
    let mut bytes = writer.finish().unwrap();
    let at = usize::from(u16::from_le_bytes([at_low, at_high])) % bytes.len();
    let amount = usize::from(amount);
    let end = (at + amount).min(bytes.len());
    // Losing `abc` from `abcab` is losing `bca` or `cab` as well.
    let same = bytes[at..]
        .iter()
        .zip(&bytes[end..])
        .take_while(|(lost, kept)| lost == kept)
        .count();
    match kind % 4 {
        0 => bytes[at] ^= 1 << (amount % 8),
        1 => bytes[at..end].fill(kind),
        2 => drop(bytes.drain(at..end)),
        _ => drop(bytes.splice(at..at, payloads.iter().copied().take(amount))),
    }
    let Some(read) = read_all(&bytes) else {
        assert!(
            at < ends[0],
            "only a damaged header keeps the packets from being read"
        );
        return;
    };
    // Whatever was damaged, the packets before and after the damage are there.
    let last_touched = if matches!(kind % 4, 1 | 2) {
        end.max(at + 1) - 1 + same
    } else {
        at
    };
    let before = ends[1..].iter().filter(|&&end| end <= at).count();
    let after = ends[..count]
        .iter()
        .filter(|&&start| start > last_touched)
        .count();
    let intact = |packets: &[Packet]| packets.iter().all(|packet| read.contains(packet));
    if at >= ends[0] {
        assert!(intact(&written[..before]));
        // The credit for searching again is far from used up by streams this small.
        assert!(intact(&written[count - after..]));
    }
}

fn header() -> StreamHeader {
    StreamHeader {
        profile: Profile::Base,
        family: Family::Hyperprior,
        weights_hash: [7; 32],
        model_name: "fuzz".to_owned(),
        coded_width: 64,
        coded_height: 48,
        display_width: 60,
        display_height: 45,
        pixel_format: PixelFormat::Yuv420,
        bit_depth: 8,
        color_primaries: 1,
        transfer_characteristics: 1,
        matrix_coefficients: 1,
        color_range: ColorRange::Limited,
        frame_rate: Rational::new(30_000, 1001),
        time_base: Rational::new(1001, 30_000),
        keyframe_interval: 3,
    }
}
