//! Encoding and decoding, through files and pipes.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use aivc_core::frame::{BitDepth, Frame, FrameFormat, PixelFormat};

use crate::support::{HEIGHT, Run, WIDTH, Workplace, clip, frames_of_y4m, raw_frame};

#[test]
fn a_clip_comes_back_with_its_size_rate_and_length() {
    let workplace = Workplace::with_stream(3);
    workplace
        .run(["decode", "clip.aivc", "-o", "back.y4m"])
        .succeeds();
    let back = workplace.bytes("back.y4m");
    assert!(
        back.starts_with(b"YUV4MPEG2 W48 H40 F25:1 "),
        "{:?}",
        String::from_utf8_lossy(&back[..60])
    );
    assert_eq!(frames_of_y4m(&back).len(), 3);
}

#[test]
fn frames_limits_the_stream() {
    let workplace = Workplace::with_clip(4);
    workplace
        .run(["encode", "clip.y4m", "-o", "clip.aivc", "--frames", "2"])
        .succeeds();
    let info = workplace
        .run(["info", "clip.aivc", "--json"])
        .succeeds()
        .json();
    assert_eq!(info["packets"], 2);
}

#[test]
fn pipes_carry_the_same_bytes_as_files() {
    let workplace = Workplace::with_stream(2);
    workplace
        .run(["decode", "clip.aivc", "-o", "back.y4m"])
        .succeeds();

    let stream = through(&workplace, ["encode", "-", "-o", "-"], &clip(2));
    assert!(stream.0.stdout == workplace.bytes("clip.aivc"));
    let video = through(&workplace, ["decode", "-", "-o", "-"], &stream.0.stdout);
    assert!(video.0.stdout == workplace.bytes("back.y4m"));
}

fn through(workplace: &Workplace, arguments: [&str; 4], input: &[u8]) -> Run {
    let mut child = workplace
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || pipe.write_all(&input).unwrap());
    let run = Run(child.wait_with_output().unwrap());
    writer.join().unwrap();
    run.succeeds()
}

#[test]
fn raw_video_is_coded_as_y4m_with_the_same_samples() {
    let workplace = Workplace::with_stream(2);
    fs::write(
        workplace.path("clip.yuv"),
        [raw_frame(0), raw_frame(1)].concat(),
    )
    .unwrap();
    workplace
        .run([
            "encode", "clip.yuv", "-o", "raw.aivc", "--size", "48x40", "--fps", "25",
        ])
        .succeeds();
    let hashes = |name| workplace.run(["decode", name, "--md5"]).succeeds().stdout();
    assert_eq!(hashes("raw.aivc"), hashes("clip.aivc"));
}

#[test]
fn md5_is_that_of_the_decoded_frames() {
    let workplace = Workplace::with_stream(3);
    let hashes = workplace
        .run(["decode", "clip.aivc", "--md5", "-o", "back.y4m"])
        .succeeds()
        .stdout();
    let format = FrameFormat::new(WIDTH, HEIGHT, PixelFormat::Yuv420, BitDepth::Eight).unwrap();
    let expected: String = frames_of_y4m(&workplace.bytes("back.y4m"))
        .iter()
        .enumerate()
        .map(|(number, bytes)| {
            format!(
                "{number} {}\n",
                Frame::from_bytes(format, bytes).unwrap().md5_hex()
            )
        })
        .collect();
    assert_eq!(hashes, expected);
    assert_eq!(
        workplace
            .run(["decode", "clip.aivc", "--md5"])
            .succeeds()
            .stdout(),
        expected
    );
}

#[test]
fn threads_do_not_change_a_stream() {
    let workplace = Workplace::with_clip(1);
    for threads in ["1", "2"] {
        let name = format!("{threads}.aivc");
        workplace
            .run(["encode", "clip.y4m", "-o", &name, "--threads", threads])
            .succeeds();
    }
    assert!(workplace.bytes("1.aivc") == workplace.bytes("2.aivc"));
}

#[test]
fn pictures_go_in_and_out() {
    let workplace = Workplace::with_stream(2);
    workplace
        .run(["decode", "clip.aivc", "-o", "frame_%02d.png"])
        .succeeds();
    workplace
        .run([
            "encode",
            "frame_%02d.png",
            "-o",
            "pictures.aivc",
            "--fps",
            "30000/1001",
            "--model",
            "hyperprior-small",
        ])
        .succeeds();
    let info = workplace
        .run(["info", "pictures.aivc", "--json"])
        .succeeds()
        .json();
    assert_eq!(info["packets"], 2);
    assert_eq!(info["pixel_format"], "rgb");
    assert_eq!(info["frame_rate"], "30000/1001");
}

#[test]
fn quiet_leaves_standard_error_empty() {
    let workplace = Workplace::with_clip(1);
    let run = workplace
        .run(["encode", "clip.y4m", "-o", "clip.aivc", "-q"])
        .succeeds();
    assert_eq!((run.stdout(), run.stderr()), (String::new(), String::new()));
}

#[test]
fn a_reader_that_goes_away_is_no_error_message() {
    let workplace = Workplace::with_stream(8);
    let mut child = workplace
        .command(["decode", "clip.aivc", "-o", "-", "-q"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let run = Run(child.wait_with_output().unwrap());
    assert_eq!(run.stderr(), "");
    assert_eq!(run.code(), Some(1));
}

#[test]
fn effort_searches_and_any_decoder_reads_it() {
    let workplace = Workplace::with_clip(1);
    let encode = |name: &'static str, effort: &'static str| {
        let model = ["--model", "hyperprior-small", "--quality", "20"];
        let run = ["encode", "clip.y4m", "-o", name, "--effort", effort];
        workplace.run([&run[..], &model[..]].concat()).succeeds();
        workplace.bytes(name)
    };
    let plain = encode("plain.aivc", "0");
    let searched = encode("searched.aivc", "3");
    assert!(plain != searched);
    workplace
        .run(["decode", "searched.aivc", "--md5"])
        .succeeds();
}
