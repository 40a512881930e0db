//! The streams in `conformance/` decode to the same samples on every backend, with any number of
//! threads, in debug and in release.
//!
//! Each `NAME.aivc` has a `NAME.md5`: what `aivc decode NAME.aivc --md5` prints. They are made anew by
//! `scripts/make-conformance` when weights or format change.

#![cfg(feature = "flex")]

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use aivc_core::frame::{BitDepth, Frame};
use aivc_core::model::{Backend, Model};
use aivc_core::session::{ContainerReader, Decoder, DecoderOutput, FrameType};

fn streams() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance");
    let entries = fs::read_dir(folder).expect("a folder of this repository");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let mut streams: Vec<PathBuf> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "aivc")
        })
        .collect();
    streams.sort();
    streams
}

fn decode(path: &Path, backend: Backend) -> (Vec<Frame>, usize) {
    let mut container = ContainerReader::new(BufReader::new(File::open(path).unwrap())).unwrap();
    let header = container.header().clone();
    let model = Model::for_stream(&header, backend).unwrap();
    let mut decoder = Decoder::new(&model, &header).unwrap();
    let (mut frames, mut keyframes) = (Vec::new(), 0);
    while let Some(packet) = container.next_packet().unwrap() {
        keyframes += usize::from(packet.frame_type == FrameType::Key);
        decoder.send_packet(&packet).unwrap();
        while let DecoderOutput::Frame(frame) = decoder.receive_frame() {
            frames.push(frame);
        }
    }
    (frames, keyframes)
}

fn digests(frames: &[Frame]) -> Vec<String> {
    frames.iter().map(|frame| frame.md5_hex()).collect()
}

/// The last word of each line of a stream's list.
fn expected(path: &Path) -> Vec<String> {
    let list = fs::read_to_string(path.with_extension("md5")).expect("beside its stream");
    let words = list
        .lines()
        .filter_map(|line| line.split_whitespace().last());
    words.map(str::to_owned).collect()
}

#[test]
fn every_backend_gives_the_same_samples() {
    let streams = streams();
    assert!(streams.len() >= 4, "{streams:?}");
    for backend in Backend::ALL
        .into_iter()
        .filter(|backend| backend.is_built_in())
    {
        for path in &streams {
            let (frames, _) = decode(path, backend);
            assert_eq!(
                digests(&frames),
                expected(path),
                "{} on {backend}",
                path.display()
            );
        }
    }
}

#[test]
fn the_number_of_threads_does_not_matter() {
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            for path in streams() {
                let (frames, _) = decode(&path, Backend::Flex);
                assert_eq!(digests(&frames), expected(&path), "{threads} threads");
            }
        });
    }
}

#[test]
fn the_streams_cover_what_decoders_must_do() {
    let (mut inter, mut several_keyframes, mut ten_bits, mut odd) = (false, false, false, false);
    for path in streams() {
        assert!(fs::metadata(&path).unwrap().len() < 200_000);
        let (frames, keyframes) = decode(&path, Backend::Flex);
        let format = frames[0].format();
        inter |= keyframes < frames.len();
        several_keyframes |= keyframes > 1;
        ten_bits |= format.bit_depth() == BitDepth::Ten;
        odd |= format.width() % 2 == 1 && format.height() % 2 == 1;
    }
    assert!(inter && several_keyframes && ten_bits && odd);
}
