//! Errors: the exit code, and one line with the cause and the mend.

use std::fs;

use crate::support::{Run, Workplace, clip, empty_path};

#[test]
fn a_missing_input_is_named() {
    Workplace::new()
        .run(["encode", "nothing.mkv", "-o", "a.aivc"])
        .fails(
            1,
            &["nothing.mkv: No such file or directory; check the path"],
        );
    Workplace::new()
        .run(["decode", "nothing.aivc", "--md5"])
        .fails(1, &["nothing.aivc: No such file"]);
    Workplace::new()
        .run(["info", "nothing.aivc"])
        .fails(1, &["nothing.aivc: No such file"]);
    Workplace::new()
        .run(["train", "nothing.toml"])
        .fails(1, &["nothing.toml: No such file"]);
}

#[test]
fn a_quality_out_of_range_is_wrong_usage() {
    let run =
        Workplace::with_clip(1).run(["encode", "clip.y4m", "-o", "a.aivc", "--quality", "64"]);
    assert_eq!(run.code(), Some(2));
    assert!(
        run.stderr().contains("64 is not in 0..=63"),
        "{}",
        run.stderr()
    );
}

#[test]
fn an_unknown_extension_is_told_which_ones_there_are() {
    let workplace = Workplace::with_stream(1);
    workplace
        .run(["decode", "clip.aivc", "-o", "back.avi"])
        .fails(1, &["back.avi", ".y4m, .yuv, .png, .mkv"]);
    workplace
        .run(["encode", "clip.y4m", "-o", "clip.mp4"])
        .fails(2, &["clip.mp4", "is named .aivc"]);
}

#[test]
fn a_file_that_is_no_stream_is_refused_by_name() {
    let workplace = Workplace::with_clip(1);
    workplace
        .run(["decode", "clip.y4m", "--md5"])
        .fails(1, &["clip.y4m: not an .aivc stream", "aivc encode"]);
    workplace
        .run(["info", "clip.y4m"])
        .fails(1, &["clip.y4m: neither an .aivc stream nor a weights file"]);
}

#[test]
fn a_missing_ffmpeg_is_told_how_to_be_had() {
    let workplace = Workplace::with_stream(1);
    let without_programs = |arguments: [&str; 4]| {
        Run(workplace
            .command(arguments)
            .env("PATH", empty_path(&workplace))
            .output()
            .unwrap())
    };
    without_programs(["decode", "clip.aivc", "-o", "back.mkv"]).fails(
        1,
        &["ffmpeg was not found on PATH", "apt-get install ffmpeg"],
    );
    assert!(
        !workplace
            .names()
            .iter()
            .any(|name| name.starts_with(".aivc")),
        "{:?}",
        workplace.names()
    );
}

#[cfg(not(feature = "ffmpeg"))]
#[test]
fn reading_a_container_needs_ffmpeg_too() {
    let workplace = Workplace::new();
    fs::write(workplace.path("clip.mkv"), b"\x1a\x45\xdf\xa3 and so on").unwrap();
    let mut command = workplace.command(["encode", "clip.mkv", "-o", "a.aivc"]);
    Run(command
        .env("PATH", empty_path(&workplace))
        .output()
        .unwrap())
    .fails(1, &["ffmpeg was not found on PATH"]);
}

#[test]
fn raw_video_without_a_size_is_told_what_it_needs() {
    let workplace = Workplace::new();
    fs::write(workplace.path("clip.yuv"), [0; 100]).unwrap();
    workplace
        .run(["encode", "clip.yuv", "-o", "a.aivc"])
        .fails(2, &["clip.yuv", "--size WIDTHxHEIGHT"]);
}

#[test]
fn arguments_that_the_input_contradicts_are_refused() {
    let workplace = Workplace::with_clip(1);
    workplace
        .run(["encode", "clip.y4m", "-o", "a.aivc", "--size", "4x4"])
        .fails(2, &["--size", "leave them out"]);
    workplace
        .run(["encode", "clip.y4m", "-o", "a.aivc", "--fps", "30"])
        .fails(2, &["--fps", "25/1"]);
}

#[test]
fn the_input_is_not_overwritten() {
    let workplace = Workplace::with_clip(1);
    fs::rename(workplace.path("clip.y4m"), workplace.path("clip.aivc")).unwrap();
    workplace
        .run(["encode", "clip.aivc", "-o", "./clip.aivc"])
        .fails(2, &["is the input"]);
    assert!(workplace.bytes("clip.aivc") == clip(1));
}

#[test]
fn a_backend_that_is_not_built_in_is_told_how_to_be_had() {
    if cfg!(feature = "vulkan") {
        return;
    }
    Workplace::with_clip(1)
        .run(["encode", "clip.y4m", "-o", "a.aivc", "--backend", "vulkan"])
        .fails(
            1,
            &[
                "backend `vulkan` is not part of this build",
                "--features vulkan",
            ],
        );
}

#[test]
fn an_unknown_model_is_told_which_ones_there_are() {
    Workplace::with_clip(1)
        .run(["encode", "clip.y4m", "-o", "a.aivc", "--model", "nothing"])
        .fails(1, &["no model `nothing`", "hyperprior-small"]);
}

#[test]
fn a_truncated_input_leaves_no_stream() {
    let workplace = Workplace::new();
    let bytes = clip(2);
    fs::write(workplace.path("clip.y4m"), &bytes[..bytes.len() - 1]).unwrap();
    workplace
        .run(["encode", "clip.y4m", "-o", "a.aivc"])
        .fails(1, &["clip.y4m: the input ends inside frame 1", "--frames"]);
    assert_eq!(workplace.names(), ["clip.y4m"]);
}

#[test]
fn help_documents_the_exit_codes() {
    let help = Workplace::new().run(["--help"]).succeeds().stdout();
    for line in [
        "  2  wrong usage",
        "  3  done, but the stream is damaged",
        "130  cancelled",
    ] {
        assert!(help.contains(line), "{help}");
    }
}

#[test]
fn decoding_to_nothing_is_wrong_usage() {
    Workplace::with_stream(1)
        .run(["decode", "clip.aivc"])
        .fails(2, &["-o", "--md5"]);
}

#[test]
fn a_missing_folder_of_the_output_is_named_without_the_temporary_file() {
    Workplace::with_clip(1)
        .run(["encode", "clip.y4m", "-o", "no/a.aivc"])
        .fails(1, &["no/a.aivc: No such file or directory; check the path"]);
}
