//! Refined and enlarged frames, and streams of half size.

use std::fs;

use aivc_core::model::BUILTIN_MODELS;

use crate::support::Workplace;

fn size_of_y4m(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == b'\n').unwrap();
    let header = String::from_utf8(bytes[..end].to_vec()).unwrap();
    header.split(' ').skip(1).take(2).collect()
}

/// A folder with `odd.y4m` of 47×39 pixels, and `odd.aivc` coded from it at half size.
fn with_half_size_stream() -> Workplace {
    let workplace = Workplace::new();
    let mut clip = b"YUV4MPEG2 W47 H39 F25:1 Ip A1:1 C420\nFRAME\n".to_vec();
    clip.extend((0..47 * 39).map(|i| 30 + (2 * (i % 47) + i / 47) as u8));
    clip.extend((0..2 * 24 * 20).map(|i| 100 + (i % 50) as u8));
    fs::write(workplace.path("odd.y4m"), clip).unwrap();
    workplace
        .run(["encode", "odd.y4m", "-o", "odd.aivc", "--scale", "1/2"])
        .succeeds();
    workplace
}

#[test]
fn a_clip_coded_at_half_size_gets_its_size_back() {
    let workplace = with_half_size_stream();
    let info = workplace.run(["info", "odd.aivc", "--json"]).succeeds();
    let info = info.json();
    let numbers =
        ["width", "height", "coded_width", "coded_height"].map(|name| info[name].as_u64().unwrap());
    assert_eq!(numbers, [47, 39, 24, 20]);

    let decode = ["decode", "odd.aivc", "-o", "back.y4m"];
    let half = workplace.run(decode).succeeds();
    assert!(
        half.stderr().contains("--upscale 2 shows it"),
        "{}",
        half.stderr()
    );
    assert_eq!(size_of_y4m(&workplace.bytes("back.y4m")), "W24H20");

    for more in [
        &["--upscale", "2"][..],
        &["--upscale", "2", "--refine=plain"],
    ] {
        let full = workplace.run(decode.iter().chain(more)).succeeds();
        assert!(!full.stderr().contains("--upscale"), "{}", full.stderr());
        assert_eq!(size_of_y4m(&workplace.bytes("back.y4m")), "W47H39");
    }
}

#[test]
fn refined_frames_have_the_size_of_the_decoded_ones() {
    let workplace = Workplace::with_stream(2);
    workplace
        .run(["decode", "clip.aivc", "-o", "plain.y4m"])
        .succeeds();
    for (name, refine) in [("refined.y4m", "--refine"), ("same.y4m", "--refine=plain")] {
        workplace
            .run(["decode", refine, "clip.aivc", "-o", name])
            .succeeds();
    }
    let plain = workplace.bytes("plain.y4m");
    assert_eq!(workplace.bytes("same.y4m"), plain);
    let refined = workplace.bytes("refined.y4m");
    assert_eq!(refined.len(), plain.len());
    assert_ne!(refined, plain);
}

#[test]
fn hashes_are_only_of_what_streams_decode_to() {
    let workplace = with_half_size_stream();
    for more in [&["--refine"][..], &["--upscale", "2"]] {
        let decode = ["decode", "odd.aivc", "--md5"];
        workplace
            .run(decode.iter().chain(more))
            .fails(2, &["--md5", "may differ between devices"]);
    }
}

#[test]
fn weights_that_are_no_refinement_of_that_size_are_refused() {
    let workplace = with_half_size_stream();
    fs::write(workplace.path("codec.st"), BUILTIN_MODELS[0].weights).unwrap();
    let decode = ["decode", "odd.aivc", "-o", "back.y4m"];
    for (more, parts) in [
        (
            &["--refine=codec.st"][..],
            &["codec.st", "a refinement is needed"][..],
        ),
        (
            &["--refine=upscale-small"],
            &["upscale-small", "at 2 times"],
        ),
        (
            &["--upscale", "2", "--refine=refine-small"],
            &["refine-small", "not at 2"],
        ),
        (&["--refine=odd.y4m"], &["odd.y4m", "safetensors"]),
        (&["--refine=nothing"], &["nothing", "refine-small"]),
    ] {
        workplace.run(decode.iter().chain(more)).fails(1, parts);
    }
    assert!(!workplace.names().contains(&"back.y4m".to_owned()));
    let upscale = ["--upscale", "3"];
    let run = workplace.run(decode.iter().chain(&upscale));
    assert_eq!(run.code(), Some(2), "{}", run.stderr());
}

#[test]
fn eval_compares_what_is_shown() {
    let workplace = with_half_size_stream();
    workplace
        .run(["eval", "odd.y4m", "odd.aivc"])
        .fails(1, &["24x20", "47x39"]);
    let eval = [
        "eval",
        "odd.y4m",
        "odd.aivc",
        "--json",
        "--timed-encodings",
        "0",
    ];
    let run = workplace
        .run(eval.iter().chain(&["--upscale", "2"]))
        .succeeds();
    assert_eq!(run.json()["frames"], 1);
    workplace
        .run(["eval", "odd.y4m", "odd.y4m", "--refine"])
        .fails(2, &["--refine", ".aivc"]);
}
