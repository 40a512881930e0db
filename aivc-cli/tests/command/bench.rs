//! `aivc bench`.

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

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

/// Killed outright, with no chance to clean up, in the middle of a cell.
#[test]
fn a_bench_that_was_killed_goes_on_where_it_was() {
    let workplace = Workplace::with_clip(3);
    let suite = SUITE.replace("[8, 40]", "[8, 16, 24, 32, 40, 48, 56]");
    fs::write(workplace.path("suite.toml"), suite).unwrap();
    let program = "aivc-test-no-such-program";
    let arguments = ["bench", "suite.toml", "-o", "out", "--ffmpeg", program];
    let mut child = workplace
        .command(arguments)
        .args(["--jobs", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let kept = || {
        let files = fs::read_dir(workplace.path("out/cache"));
        let names = files.into_iter().flatten().map(|file| file.unwrap().path());
        // What is being written has a name that begins with a dot.
        let whole =
            names.filter(|name| !name.file_name().unwrap().to_string_lossy().starts_with('.'));
        whole
            .filter(|name| name.extension().is_some_and(|end| end == "json"))
            .count()
    };
    while kept() == 0 && child.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = kept();
    assert!(kept > 0, "a cell was measured before");
    let resumed = workplace.run(arguments).succeeds();
    let expected = format!("7 measurements, {kept} of them");
    assert!(
        resumed.stderr().contains(&expected),
        "{expected}: {resumed:?}"
    );
    // What the killed run left beside the cache and the report is gone.
    let out = fs::read_dir(workplace.path("out")).unwrap();
    let names = out.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let others: Vec<_> = names.filter(|name| name.starts_with("work-")).collect();
    assert_eq!(others, Vec::<String>::new());
}

/// The figures of a child process, which Linux keeps.
#[cfg(target_os = "linux")]
#[test]
fn models_have_the_memory_of_the_command() {
    let workplace = Workplace::with_clip(3);
    fs::write(workplace.path("suite.toml"), SUITE).unwrap();
    let program = "aivc-test-no-such-program";
    workplace
        .run(["bench", "suite.toml", "-o", "out", "--ffmpeg", program])
        .succeeds();
    let results: serde_json::Value =
        serde_json::from_slice(&workplace.bytes("out/results.json")).unwrap();
    for cell in results["cells"].as_array().unwrap() {
        for field in ["encode_peak_bytes", "decode_peak_bytes"] {
            let bytes = cell[field].as_u64().unwrap();
            // The program itself, at least.
            assert!(bytes > 1 << 20, "{field}: {bytes}");
        }
    }
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
