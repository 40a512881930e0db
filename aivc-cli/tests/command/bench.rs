//! `aivc bench`.

use std::fs;

use crate::support::Workplace;

const SUITE: &str = r#"
name = "Test"
frames = 2
[[clips]]
name = "clip"
path = "clip.y4m"
[[models]]
name = "small"
model = "hyperprior-small"
qualities = [8, 40]
[[anchors]]
name = "x264-ld"
encoder = "x264"
mode = "low-delay"
qualities = [30]
"#;

#[test]
fn a_bench_leaves_a_report_and_repeats_nothing() {
    let workplace = Workplace::with_clip(3);
    fs::write(workplace.path("suite.toml"), SUITE).unwrap();
    let arguments = [
        "bench",
        "suite.toml",
        "-o",
        "out",
        "--ffmpeg",
        "aivc-test-no-such-program",
    ];
    let first = workplace.run(arguments).succeeds();
    assert!(
        first.stderr().contains("2 measurements, 0 of them"),
        "{first:?}"
    );
    assert!(first.stderr().contains("x264-ld is left out"), "{first:?}");
    assert!(workplace.path("out/report.html").is_file());
    let second = workplace.run(arguments).succeeds();
    assert!(
        second.stderr().contains("2 measurements, 2 of them"),
        "{second:?}"
    );
    assert_eq!(first.stdout(), second.stdout());
}

#[test]
fn a_suite_that_is_wrong_is_refused_by_name() {
    let workplace = Workplace::with_clip(1);
    fs::write(
        workplace.path("suite.toml"),
        SUITE.replace("[8, 40]", "[64]"),
    )
    .unwrap();
    workplace
        .run(["bench", "suite.toml"])
        .fails(1, &["suite.toml", "quality 64", "0 to 63"]);
}
