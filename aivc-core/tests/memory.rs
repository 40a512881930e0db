//! Memory does not grow with the length of a video. Alone in its process, whose memory is measured.

#![cfg(all(feature = "flex", target_os = "linux"))]

mod support;

use std::ops::ControlFlow;

use aivc_core::session::{decode_video, encode_video};
use aivc_entropy::ContainerReader;
use support::{GeneratedVideo, at_quality, encoded, tiny_model, yuv};

const FRAMES: u64 = 2000;
const SETTLED: u64 = 400;

/// Frames of 96×96 take 14 KB raw and 110 KB as the network's input, so that keeping the 1600 after
/// the first 400 would take 22 MB at least; the allocator's own growth stays far below this.
const GROWTH_LIMIT: i64 = 8 << 20;

fn resident_bytes() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kibibytes: i64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes << 10
}

/// Notes the memory when things have settled, and at the end.
#[derive(Default)]
struct Measured {
    settled: i64,
    end: i64,
}

impl Measured {
    fn at(&mut self, frames: u64) -> ControlFlow<()> {
        match frames {
            SETTLED => self.settled = resident_bytes(),
            FRAMES => self.end = resident_bytes(),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn check(&self) {
        assert!(self.settled > 0 && self.end > 0, "not measured");
        let growth = self.end - self.settled;
        assert!(growth < GROWTH_LIMIT, "{growth} bytes more");
    }
}

#[test]
fn memory_does_not_grow_with_the_length_of_a_video() {
    let model = tiny_model();
    let properties = yuv(96, 96);
    let mut measured = Measured::default();
    encode_video(
        &mut GeneratedVideo::new(properties, FRAMES),
        std::io::sink(),
        &model,
        at_quality(20),
        None,
        &mut |progress| measured.at(progress.frames),
    )
    .unwrap();
    measured.check();

    let stream = encoded(&model, properties, FRAMES);
    let mut measured = Measured::default();
    decode_video(
        &mut ContainerReader::new(&stream[..]).unwrap(),
        &model,
        &mut |_| Ok(()),
        &mut |progress| measured.at(progress.frames),
    )
    .unwrap();
    measured.check();
}
