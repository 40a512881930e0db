use std::io::{self, Read, Write};

use aivc_entropy::{
    ContainerError, ContainerReader, ContainerWriter, DamageReason, FrameType, IndexStatus, Limits,
    Packet,
};
use proptest::prelude::*;

use crate::streams::{header, packet, read, stream};

fn any_packet() -> impl Strategy<Value = Packet> {
    let frame_type = prop::sample::select(vec![FrameType::Key, FrameType::Inter]);
    let payload = prop::collection::vec(any::<u8>(), 0..300);
    (frame_type, any::<i64>(), 0_u8..64, payload).prop_map(
        |(frame_type, presentation_ticks, quality, payload)| Packet {
            frame_type,
            presentation_ticks,
            quality,
            payload,
        },
    )
}

proptest! {
    #[test]
    fn packets_and_index_round_trip(packets in prop::collection::vec(any_packet(), 0..20)) {
        let mut writer = ContainerWriter::new(Vec::new(), &header()).unwrap();
        for packet in &packets {
            writer.write_packet(packet).unwrap();
        }
        let bytes = writer.finish().unwrap();
        let reading = read(bytes.as_slice());
        prop_assert!(reading.errors.is_empty());
        prop_assert_eq!(&reading.packets, &packets);
        prop_assert_eq!(reading.index_status, IndexStatus::Complete);

        let index = ContainerReader::new(io::Cursor::new(bytes)).unwrap().read_index().unwrap();
        prop_assert_eq!(index.entries().len(), packets.len());
        for (entry, packet) in index.entries().iter().zip(&packets) {
            prop_assert_eq!(entry.presentation_ticks, packet.presentation_ticks);
            prop_assert_eq!(entry.frame_type, packet.frame_type);
        }
    }

    #[test]
    fn arbitrary_bytes_after_a_header_are_no_danger(
        bytes in prop::collection::vec(any::<u8>(), 0..500),
    ) {
        let mut stream = stream(&[]).bytes;
        stream.truncate(stream.len() - 40);
        stream.extend(bytes);
        read(stream.as_slice());
    }
}

/// A reader that gives one byte at a time, cannot seek, and is interrupted all the while.
struct Dripping<'a> {
    bytes: &'a [u8],
    interrupted: bool,
}

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = buffer.len().min(1);
        self.bytes.read(&mut buffer[..count])
    }
}

#[test]
fn a_stream_can_be_read_in_drips_without_seeking() {
    let stream = stream(&[0, 1, 100, 3000]);
    let reading = read(Dripping {
        bytes: &stream.bytes,
        interrupted: false,
    });
    assert_eq!(reading.packets, stream.packets);
    assert_eq!(reading.index_status, IndexStatus::Complete);
}

#[test]
fn reading_goes_on_after_an_error_of_the_reader() {
    /// Fails once, between two packets.
    struct FailsOnce<'a>(&'a [u8], &'a [u8], bool);
    impl Read for FailsOnce<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() && !std::mem::replace(&mut self.2, true) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            if self.0.is_empty() {
                self.1.read(buffer)
            } else {
                self.0.read(buffer)
            }
        }
    }
    let stream = stream(&[50, 60, 70]);
    let (first, second) = stream.bytes.split_at(stream.offsets[1] + 20);
    let mut reader = ContainerReader::new(FailsOnce(first, second, false)).unwrap();
    let mut packets = Vec::new();
    let mut failures = 0;
    loop {
        match reader.next_packet() {
            Ok(Some(packet)) => packets.push(packet),
            Ok(None) => break,
            Err(ContainerError::Io(_)) => failures += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(failures, 1);
    assert_eq!(packets, stream.packets);
}

/// Counts the bytes that it is given, and keeps none.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn packets_of_200_bytes_cost_16_more_and_4_in_the_index() {
    let mut writer = ContainerWriter::new(Counter(0), &header()).unwrap();
    let header_bytes = writer.bytes_written();
    for number in 0..100 {
        writer.write_packet(&packet(number, 200)).unwrap();
    }
    assert_eq!(writer.packets(), 100);
    let packet_bytes = writer.bytes_written() - header_bytes;
    assert!(packet_bytes <= 100 * (200 + 16), "{packet_bytes}");
    let index_bytes = writer.finish().unwrap().0 - packet_bytes - header_bytes;
    assert!(index_bytes <= 100 * 4 + 40, "{index_bytes}");
}

#[test]
fn packets_over_a_limit_are_not_written() {
    let limits = Limits {
        payload_bytes: 10,
        index_bytes: 60,
    };
    let mut writer = ContainerWriter::with_limits(Vec::new(), &header(), limits).unwrap();
    let before = writer.bytes_written();
    let error = writer.write_packet(&packet(0, 11)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "packet 0 cannot be written: its payload has 11 bytes; the limit is 10"
    );
    let error = writer
        .write_packet(&Packet {
            quality: 64,
            ..packet(0, 1)
        })
        .unwrap_err();
    assert!(matches!(
        error,
        ContainerError::InvalidPacket {
            packet: 0,
            reason: DamageReason::Quality { quality: 64 }
        }
    ));
    assert_eq!(writer.bytes_written(), before);

    let written = (0..100)
        .take_while(|&n| writer.write_packet(&packet(n, 10)).is_ok())
        .count();
    assert!((10..20).contains(&written), "{written}");
    assert_eq!(
        read(writer.finish().unwrap().as_slice()).packets.len(),
        written
    );
}

#[test]
fn an_error_of_the_writer_is_passed_on() {
    let mut full = [0_u8; 150];
    let mut writer = ContainerWriter::new(&mut full[..], &header()).unwrap();
    let error = writer.write_packet(&packet(0, 200)).unwrap_err();
    assert!(matches!(error, ContainerError::Io(_)));
}
