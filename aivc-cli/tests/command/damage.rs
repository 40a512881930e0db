//! Damaged streams: exit code 3, and what was lost by name.

use std::fs;

use crate::support::{Workplace, frames_of_y4m};

/// A stream of three frames with a bit flipped in the middle of its second packet.
fn damaged() -> Workplace {
    let workplace = Workplace::with_stream(3);
    let mut bytes = workplace.bytes("clip.aivc");
    let marker = [0xa1, 0x56, 0xc3, 0x9e];
    let starts: Vec<usize> = bytes
        .windows(4)
        .enumerate()
        .filter(|(_, window)| *window == marker)
        .map(|(at, _)| at)
        .collect();
    assert_eq!(starts.len(), 3);
    bytes[(starts[1] + starts[2]) / 2] ^= 4;
    fs::write(workplace.path("damaged.aivc"), bytes).unwrap();
    workplace
}

#[test]
fn a_damaged_packet_is_named_and_its_frame_repeated() {
    let workplace = damaged();
    let run = workplace.run(["decode", "damaged.aivc", "-o", "back.y4m"]);
    assert_eq!(run.code(), Some(3), "{}", run.stderr());
    assert!(
        run.stderr().contains("packet 1 at byte"),
        "{}",
        run.stderr()
    );
    let back = workplace.bytes("back.y4m");
    let frames = frames_of_y4m(&back);
    assert_eq!(frames.len(), 3);
    assert!(frames[0] == frames[1]);
}

#[test]
fn strict_stops_at_the_damage_and_leaves_no_video() {
    let workplace = damaged();
    workplace
        .run(["decode", "damaged.aivc", "-o", "back.y4m", "--strict"])
        .fails(1, &["damaged.aivc", "packet 1 at byte"]);
    assert!(!workplace.path("back.y4m").exists());
}

#[test]
fn info_reports_damage() {
    let workplace = damaged();
    let run = workplace.run(["info", "damaged.aivc", "--json"]);
    assert_eq!(run.code(), Some(3));
    let json = run.json();
    assert_eq!(json["packets"], 2);
    assert_eq!(json["damage"].as_array().unwrap().len(), 1);
    assert_eq!(json["index"], "complete");
}

#[test]
fn evaluating_a_damaged_stream_is_an_error_that_names_the_packet() {
    damaged()
        .run(["eval", "clip.y4m", "damaged.aivc"])
        .fails(1, &["packet 1 at byte", "decode it to a video"]);
}

#[test]
fn a_stream_that_was_cut_off_gives_what_is_left() {
    let workplace = Workplace::with_stream(3);
    let bytes = workplace.bytes("clip.aivc");
    fs::write(workplace.path("cut.aivc"), &bytes[..bytes.len() - 60]).unwrap();
    let run = workplace.run(["decode", "cut.aivc", "--md5"]);
    assert_eq!(run.code(), Some(3));
    let whole = workplace.run(["decode", "clip.aivc", "--md5"]).stdout();
    assert!(!run.stdout().is_empty() && whole.starts_with(&run.stdout()));
}
