//! Damaged streams: a bad packet costs itself, and nothing else.

#![cfg(feature = "flex")]

mod support;

use std::ops::{ControlFlow, Range};

use aivc_core::frame::Frame;
use aivc_core::model::Model;
use aivc_core::session::{DamageResponse, SessionError, decode_video_with};
use aivc_entropy::{ContainerReader, ContainerWriter, IndexStatus, Packet};
use support::{decoded, encoded, tiny_model, yuv};

const FRAMES: usize = 4;

/// A stream of a few small frames, taken apart.
struct Sample {
    model: Model,
    stream: Vec<u8>,
    /// Bytes of each packet.
    packets: Vec<Range<usize>>,
    frames: Vec<Frame>,
}

impl Sample {
    fn new() -> Self {
        let model = tiny_model();
        let stream = encoded(&model, yuv(32, 32), FRAMES as u64);
        let mut container = ContainerReader::new(std::io::Cursor::new(&stream)).unwrap();
        let index = container.read_index().unwrap();
        let starts: Vec<usize> = index
            .entries()
            .iter()
            .map(|entry| entry.offset as usize)
            .collect();
        let end_of_last = stream.len() - index_bytes(&stream, *starts.last().unwrap());
        let ends = starts.iter().skip(1).copied().chain([end_of_last]);
        let packets = starts
            .iter()
            .zip(ends)
            .map(|(&start, end)| start..end)
            .collect();
        let (frames, _) = decoded(&model, &stream);
        assert!(
            frames
                .windows(2)
                .all(|pair| pair[0].planes() != pair[1].planes())
        );
        Self {
            model,
            stream,
            packets,
            frames,
        }
    }

    /// What a decoder shows when these frames are lost.
    fn without(&self, lost: &[usize]) -> Vec<Frame> {
        let mut shown: Vec<Frame> = Vec::new();
        for (number, frame) in self.frames.iter().enumerate() {
            match shown.last() {
                Some(last) if lost.contains(&number) => {
                    shown.push(last.clone().with_pts(number as i64));
                }
                _ => shown.push(frame.clone()),
            }
        }
        shown
    }

    fn read_packets(&self) -> Vec<Packet> {
        let mut container = ContainerReader::new(&self.stream[..]).unwrap();
        std::iter::from_fn(|| container.next_packet().unwrap()).collect()
    }

    /// A sound container of other packets.
    fn with_packets(&self, packets: &[Packet]) -> Vec<u8> {
        let header = ContainerReader::new(&self.stream[..])
            .unwrap()
            .header()
            .clone();
        let mut writer = ContainerWriter::new(Vec::new(), &header).unwrap();
        for packet in packets {
            writer.write_packet(packet).unwrap();
        }
        writer.finish().unwrap()
    }
}

/// Bytes after the last packet: what is left when a packet of known length is read in order.
fn index_bytes(stream: &[u8], last_packet: usize) -> usize {
    // The index begins with its marker, `docs/format.md`.
    let marker = [0x5e, 0xa9, 0x3c, 0x61];
    let tail = &stream[last_packet..];
    let start = tail.windows(4).rposition(|bytes| bytes == marker).unwrap();
    tail.len() - start
}

fn flipped(stream: &[u8], position: usize) -> Vec<u8> {
    let mut stream = stream.to_vec();
    stream[position] ^= 1 << (position % 8);
    stream
}

#[test]
fn a_bit_flipped_anywhere_in_a_packet_costs_that_packet_alone() {
    let sample = Sample::new();
    for lost in [1, FRAMES - 1] {
        let expected = sample.without(&[lost]);
        for position in sample.packets[lost].clone() {
            let (frames, summary) = decoded(&sample.model, &flipped(&sample.stream, position));
            assert!(frames == expected, "byte {position} of packet {lost}");
            assert_eq!(
                (summary.repeated, summary.damaged),
                (1, 1),
                "byte {position}"
            );
            let message = summary.lost[0].error.to_string();
            assert!(message.starts_with(&format!("packet {lost} ")), "{message}");
        }
    }
}

#[test]
fn a_lost_first_frame_is_black() {
    let sample = Sample::new();
    for position in sample.packets[0].clone() {
        let (frames, summary) = decoded(&sample.model, &flipped(&sample.stream, position));
        assert_eq!((frames.len(), summary.repeated), (FRAMES, 1));
        assert!(frames[1..] == sample.frames[1..], "byte {position}");
        assert_eq!(
            (frames[0].pts(), frames[0].format()),
            (0, sample.frames[0].format())
        );
        // Black in limited range.
        assert!(
            frames[0]
                .plane(0)
                .as_u8()
                .unwrap()
                .iter()
                .all(|&luma| luma == 16)
        );
        assert!(
            frames[0]
                .plane(1)
                .as_u8()
                .unwrap()
                .iter()
                .all(|&cb| cb == 128)
        );
    }
}

#[test]
fn damage_of_the_index_costs_no_frame_and_adds_none() {
    let sample = Sample::new();
    for position in sample.packets[FRAMES - 1].end..sample.stream.len() {
        let (frames, summary) = decoded(&sample.model, &flipped(&sample.stream, position));
        assert!(frames == sample.frames, "byte {position}");
        assert_ne!(summary.index, IndexStatus::Complete);
    }
}

#[test]
fn a_stretch_over_several_packets_is_filled_as_presentation_times_tell() {
    let sample = Sample::new();
    let mut stream = sample.stream.clone();
    let middle =
        |packet: usize| usize::midpoint(sample.packets[packet].start, sample.packets[packet].end);
    stream[middle(1)..middle(2)].fill(0);
    let (frames, summary) = decoded(&sample.model, &stream);
    assert!(frames == sample.without(&[1, 2]));
    assert_eq!(summary.repeated, 2);
    assert_eq!(summary.index, IndexStatus::Complete);
}

#[test]
fn a_stream_cut_off_anywhere_gives_its_whole_packets() {
    let sample = Sample::new();
    for length in sample.packets[0].start..sample.stream.len() {
        let whole = sample
            .packets
            .iter()
            .filter(|packet| packet.end <= length)
            .count();
        let at_border = sample.packets.iter().any(|packet| packet.start == length);
        let within_packets = length < sample.packets[FRAMES - 1].end;
        let (frames, summary) = decoded(&sample.model, &sample.stream[..length]);
        assert!(frames == sample.frames[..whole], "{length} bytes");
        assert_ne!(summary.index, IndexStatus::Complete);
        if within_packets && !at_border {
            let message = summary.lost[0].error.to_string();
            assert!(
                message.starts_with(&format!("packet {whole} ")),
                "{message}"
            );
        }
    }
}

#[test]
fn a_stream_without_an_index_decodes_whole() {
    let sample = Sample::new();
    let end = sample.packets[FRAMES - 1].end;
    let (frames, summary) = decoded(&sample.model, &sample.stream[..end]);
    assert!(frames == sample.frames);
    assert_eq!((summary.damaged, summary.index), (0, IndexStatus::Missing));
}

#[test]
fn a_packet_removed_without_a_trace_shows_in_the_index_alone() {
    let sample = Sample::new();
    let mut stream = sample.stream.clone();
    stream.drain(sample.packets[1].clone());
    let (frames, summary) = decoded(&sample.model, &stream);
    let expected: Vec<Frame> = [0, 2, 3].map(|number| sample.frames[number].clone()).into();
    assert!(frames == expected);
    assert_eq!((summary.damaged, summary.repeated), (0, 0));
    assert_eq!(summary.index, IndexStatus::Damaged);
}

/// The container has no objection: the symbol decoder has to notice, or to give garbage in peace.
#[test]
fn a_damaged_payload_with_a_right_checksum_costs_its_frame_at_most() {
    let sample = Sample::new();
    let sound = sample.read_packets();
    let mut noticed = 0;
    let length = sound[1].payload.len();
    for position in 0..length {
        let mut packets = sound.clone();
        packets[1].payload = flipped(&packets[1].payload, position);
        let (frames, summary) = decoded(&sample.model, &sample.with_packets(&packets));
        assert_eq!(frames.len(), FRAMES);
        for number in [0, 2, 3] {
            assert!(frames[number] == sample.frames[number], "byte {position}");
        }
        if let Some(lost) = summary.lost.first() {
            noticed += 1;
            assert!(frames == sample.without(&[1]), "byte {position}");
            let message = lost.error.to_string();
            assert!(message.starts_with("packet 1: "), "{message}");
        }
    }
    // The coder's final state checks nearly all; near the stream's end a flip can give the valid
    // stream of other values (docs/format.md), which the container's checksum is for.
    assert!(noticed * 10 >= length * 9, "{noticed} of {length}");
}

#[test]
fn payloads_that_are_none_are_errors_of_their_packets() {
    let sample = Sample::new();
    let sound = sample.read_packets();
    let mut noise = 1u32;
    let mut random = |length: usize| -> Vec<u8> {
        let mut byte = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        };
        (0..length).map(|_| byte()).collect()
    };
    let payloads = [
        Vec::new(),
        vec![0],
        vec![0; 1000],
        vec![255; 1000],
        random(50),
        random(5000),
        [&sound[2].payload[..], &[0]].concat(),
        sound[2].payload[1..].to_vec(),
    ];
    for payload in payloads {
        for lost in [2, 3] {
            let mut packets = sound.clone();
            packets[lost].payload = payload.clone();
            let (frames, summary) = decoded(&sample.model, &sample.with_packets(&packets));
            assert!(frames == sample.without(&[lost]), "{} bytes", payload.len());
            assert_eq!((summary.damaged, summary.repeated), (1, 1));
        }
    }
}

#[test]
fn misleading_presentation_times_do_not_fill_the_disk() {
    let sample = Sample::new();
    for (ticks, most) in [(i64::MAX, 1000), (5000, 1000), (i64::MIN, 0), (0, 0)] {
        let mut packets = sample.read_packets();
        packets[2].presentation_ticks = ticks;
        let mut stream = sample.with_packets(&packets);
        let within_packet_1 = usize::midpoint(sample.packets[1].start, sample.packets[1].end);
        stream[within_packet_1] ^= 1;
        let (frames, summary) = decoded(&sample.model, &stream);
        assert_eq!(summary.repeated, most, "{ticks}");
        assert_eq!(frames.len() as u64, 3 + most);
    }
}

#[test]
fn times_that_were_never_there_are_not_filled() {
    let sample = Sample::new();
    let mut packets = sample.read_packets();
    packets[3].presentation_ticks = 10;
    let mut stream = sample.with_packets(&packets);
    let within_packet_1 = usize::midpoint(sample.packets[1].start, sample.packets[1].end);
    stream[within_packet_1] ^= 1;
    let (frames, summary) = decoded(&sample.model, &stream);
    let times: Vec<i64> = frames.iter().map(Frame::pts).collect();
    assert_eq!((times, summary.repeated), (vec![0, 1, 2, 10], 1));
}

#[test]
fn a_stream_of_garbage_is_decoded_to_nothing() {
    let sample = Sample::new();
    let mut stream = sample.stream[..sample.packets[0].start].to_vec();
    for _ in 0..3000 {
        stream.extend_from_slice(&flipped(&sample.stream[sample.packets[1].clone()], 40));
    }
    let (frames, summary) = decoded(&sample.model, &stream);
    assert_eq!((frames.len(), summary.damaged), (0, 3000));
    assert_eq!(summary.lost.len(), 1000);
}

#[test]
fn decoding_that_is_to_stop_at_damage_gives_no_frame_for_it() {
    let sample = Sample::new();
    let sound = sample.read_packets();
    let mut packets = sound.clone();
    packets[1].payload = vec![0; 5];
    let by_payload = sample.with_packets(&packets);
    let by_container = flipped(&sample.stream, sample.packets[1].start);
    for stream in [by_payload, by_container] {
        let mut frames = Vec::new();
        let error = decode_video_with(
            &mut ContainerReader::new(&stream[..]).unwrap(),
            &sample.model,
            DamageResponse::Stop,
            &mut |frame| {
                frames.push(frame.clone());
                Ok(())
            },
            &mut |_| ControlFlow::Continue(()),
        )
        .unwrap_err();
        assert!(error.to_string().starts_with("packet 1"), "{error}");
        assert!(frames == sample.frames[..1]);
    }
}

#[test]
fn an_error_of_the_sink_ends_decoding() {
    let sample = Sample::new();
    let mut calls = 0;
    let error = decode_video_with(
        &mut ContainerReader::new(&sample.stream[..]).unwrap(),
        &sample.model,
        DamageResponse::Repeat,
        &mut |_| {
            calls += 1;
            Err(SessionError::Finished)
        },
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap_err();
    assert!(matches!(error, SessionError::Finished));
    assert_eq!(calls, 1);
}
