//! What the other tests read and write.

use std::io::Read;

use aivc_entropy::{
    ColorRange, ContainerError, ContainerReader, ContainerWriter, Family, FrameType, IndexStatus,
    Packet, PixelFormat, Profile, Rational, StreamHeader,
};

pub fn header() -> StreamHeader {
    StreamHeader {
        profile: Profile::Base,
        family: Family::Hyperprior,
        weights_hash: std::array::from_fn(|k| k as u8),
        model_name: "tiny".to_owned(),
        coded_width: 560,
        coded_height: 320,
        display_width: 555,
        display_height: 313,
        pixel_format: PixelFormat::Yuv420,
        bit_depth: 10,
        color_primaries: 1,
        transfer_characteristics: 1,
        matrix_coefficients: 1,
        color_range: ColorRange::Limited,
        frame_rate: Rational::new(30_000, 1001),
        time_base: Rational::new(1001, 30_000),
        keyframe_interval: 4,
    }
}

/// Packet `number` of a stream with a keyframe every four frames, and a payload of its own.
pub fn packet(number: usize, payload_bytes: usize) -> Packet {
    Packet {
        frame_type: if number.is_multiple_of(4) {
            FrameType::Key
        } else {
            FrameType::Inter
        },
        presentation_ticks: 10 * number as i64 - 20,
        quality: (number % 64) as u8,
        payload: (0..payload_bytes)
            .map(|k| (k * 7 + number * 31) as u8)
            .collect(),
    }
}

/// A complete stream.
pub struct Stream {
    pub bytes: Vec<u8>,
    pub packets: Vec<Packet>,
    /// Where each packet starts, and then where the index does.
    pub offsets: Vec<usize>,
}

pub fn stream(payload_bytes: &[usize]) -> Stream {
    let mut writer = ContainerWriter::new(Vec::new(), &header()).unwrap();
    let mut offsets = vec![writer.bytes_written() as usize];
    let mut packets = Vec::new();
    for (number, &payload_bytes) in payload_bytes.iter().enumerate() {
        packets.push(packet(number, payload_bytes));
        writer.write_packet(&packets[number]).unwrap();
        offsets.push(writer.bytes_written() as usize);
    }
    Stream {
        bytes: writer.finish().unwrap(),
        packets,
        offsets,
    }
}

/// All that a reader gives, in order.
pub struct Reading {
    pub packets: Vec<Packet>,
    pub errors: Vec<ContainerError>,
    pub index_status: IndexStatus,
}

pub fn read(bytes: impl Read) -> Reading {
    let mut reader = ContainerReader::new(bytes).unwrap();
    let (mut packets, mut errors) = (Vec::new(), Vec::new());
    loop {
        match reader.next_packet() {
            Ok(Some(packet)) => packets.push(packet),
            Ok(None) => break,
            Err(error) => errors.push(error),
        }
        assert!(errors.len() < 10_000, "a reader comes to an end");
    }
    Reading {
        packets,
        errors,
        index_status: reader.index_status(),
    }
}
