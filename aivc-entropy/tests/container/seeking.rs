use std::io::{Cursor, Seek, SeekFrom};

use aivc_entropy::{ContainerError, ContainerReader, IndexStatus};

use crate::streams::{Stream, stream};

fn reader(stream: &Stream) -> ContainerReader<Cursor<&[u8]>> {
    ContainerReader::new(Cursor::new(stream.bytes.as_slice())).unwrap()
}

#[test]
fn any_packet_can_be_the_next() {
    let stream = stream(&[100, 0, 70_000, 5, 6, 7, 8, 9]);
    let mut reader = reader(&stream);
    let index = reader.read_index().unwrap();
    let offsets: Vec<usize> = index
        .entries()
        .iter()
        .map(|entry| entry.offset as usize)
        .collect();
    assert_eq!(offsets, stream.offsets[..8]);
    for number in [5, 0, 7, 2, 2, 1] {
        reader.seek_to_packet(&index, number).unwrap();
        assert_eq!(reader.packet_number(), number);
        assert_eq!(
            reader.next_packet().unwrap().unwrap(),
            stream.packets[number as usize]
        );
    }
    // From there on in order, to the end, and back.
    while reader.next_packet().unwrap().is_some() {}
    assert_eq!(reader.index_status(), IndexStatus::Complete);
    reader.seek_to_packet(&index, 3).unwrap();
    assert_eq!(reader.next_packet().unwrap().unwrap(), stream.packets[3]);
}

#[test]
fn reading_the_index_leaves_the_next_packet_as_it_is() {
    let stream = stream(&[10, 20, 30]);
    let mut reader = reader(&stream);
    reader.next_packet().unwrap();
    reader.read_index().unwrap();
    assert_eq!(reader.next_packet().unwrap().unwrap(), stream.packets[1]);
    assert_eq!(reader.packet_number(), 2);
}

#[test]
fn keyframes_are_found_by_time() {
    // Keyframes are 0, 4 and 8, shown at -20, 20 and 60.
    let stream = stream(&[9; 10]);
    let mut reader = reader(&stream);
    let index = reader.read_index().unwrap();
    for (ticks, number) in [(-20, 0), (19, 0), (20, 4), (59, 4), (60, 8), (i64::MAX, 8)] {
        assert_eq!(
            reader.seek_to_keyframe_at_or_before(&index, ticks).unwrap(),
            number
        );
        assert_eq!(
            reader.next_packet().unwrap().unwrap(),
            stream.packets[number as usize]
        );
    }
    assert!(matches!(
        reader.seek_to_keyframe_at_or_before(&index, -21),
        Err(ContainerError::NoKeyframe { ticks: -21 })
    ));
    assert!(matches!(
        reader.seek_to_packet(&index, 10),
        Err(ContainerError::NoSuchPacket {
            packet: 10,
            packets: 10
        })
    ));
}

#[test]
fn a_stream_may_start_within_its_file() {
    let stream = stream(&[50, 60, 70]);
    let mut file = Cursor::new([&[0xaa; 1000][..], &stream.bytes].concat());
    file.seek(SeekFrom::Start(1000)).unwrap();
    let mut reader = ContainerReader::new(file).unwrap();
    let index = reader.read_index().unwrap();
    reader.seek_to_packet(&index, 2).unwrap();
    assert_eq!(reader.next_packet().unwrap().unwrap(), stream.packets[2]);
}

#[test]
fn a_missing_or_damaged_index_is_told_apart() {
    let stream = stream(&[50, 60, 70]);
    let index_start = stream.offsets[3];
    for length in index_start - 1..stream.bytes.len() {
        let mut reader = ContainerReader::new(Cursor::new(&stream.bytes[..length])).unwrap();
        assert!(matches!(
            reader.read_index(),
            Err(ContainerError::IndexMissing)
        ));
        assert_eq!(reader.next_packet().unwrap().unwrap(), stream.packets[0]);
    }
    for at in index_start..stream.bytes.len() {
        let mut bytes = stream.bytes.clone();
        bytes[at] ^= 0x10;
        let mut reader = ContainerReader::new(Cursor::new(bytes)).unwrap();
        let error = reader.read_index().unwrap_err();
        let in_trailer = at >= stream.bytes.len() - 16;
        match error {
            ContainerError::IndexMissing => assert!(in_trailer),
            ContainerError::IndexDamaged => assert!(!in_trailer),
            error => panic!("{error}"),
        }
        assert_eq!(reader.next_packet().unwrap().unwrap(), stream.packets[0]);
    }
}
