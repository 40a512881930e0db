//! The bench's report in a real browser: headless Chromium, where there is one.

use std::env;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, Stdio};

use aivc_core::evaluation::bench::{BenchObserver, BenchOptions, Suite, run_bench};
use aivc_core::model::Backend;
use serde_json::Value;

const SUITE: &str = r#"
name = "Browser"
[[clips]]
name = "clip"
path = "clip.y4m"
[[models]]
name = "a"
model = "hyperprior-small"
qualities = [8, 24, 40, 56]
[[models]]
name = "b"
model = "hyperprior-small"
qualities = [4, 20, 36, 52]
"#;

/// Before anything of the page: keeps what goes wrong.
const WATCH: &str = r#"<script>
window.problems = [];
addEventListener("error", (event) => problems.push(String(event.message || event.target.src)), true);
addEventListener("unhandledrejection", (event) => problems.push(String(event.reason)));
for (const name of ["error", "warn"]) console[name] = (...texts) => problems.push(texts.join(" "));
</script>"#;

/// After all of it: uses the controls as a visitor would, and writes down what the page then shows.
const PROBE: &str = r#"<script>
addEventListener("load", () => {
  const figure = document.querySelector(".compare");
  const [left, right] = [".left", ".right"].map((side) => figure.querySelector("img" + side));
  const use = (control, value) => {
    Object.assign(control, value);
    control.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const seam = () => getComputedStyle(left).clipPath;
  const slider = figure.querySelector("input");
  const seams = [seam()];
  for (const value of [25, 100]) { use(slider, { value }); seams.push(seam()); }
  const before = left.src;
  use(figure.querySelector("select.left"), { selectedIndex: 2 });
  const outcome = {
    problems,
    seams,
    sizes: [left, right].map((picture) => [picture.naturalWidth, picture.naturalHeight]),
    changed: left.src !== before && left.src !== right.src,
    curves: document.querySelectorAll("svg polyline").length,
    outside: performance.getEntriesByType("resource").map((entry) => entry.name)
      .filter((name) => !name.startsWith("data:")),
  };
  const note = document.createElement("pre");
  note.id = "outcome";
  note.textContent = JSON.stringify(outcome);
  document.body.append(note);
});
</script>"#;

struct Quiet;

impl BenchObserver for Quiet {}

/// A y4m clip of a moving texture.
fn clip() -> Vec<u8> {
    const WIDTH: u64 = 128;
    const HEIGHT: u64 = 96;
    let mut bytes = b"YUV4MPEG2 W128 H96 F25:1 C420\n".to_vec();
    for frame in 0..2 {
        bytes.extend_from_slice(b"FRAME\n");
        let luma = (0..WIDTH * HEIGHT).map(|i| {
            let (x, y) = (i % WIDTH + 2 * frame, i / WIDTH);
            (40 + x + y / 2 + 30 * (x / 8 % 2)) as u8
        });
        bytes.extend(luma);
        bytes.extend((0..WIDTH * HEIGHT / 2).map(|i| (100 + i % 50) as u8));
    }
    bytes
}

/// The program of `$CHROMIUM`, or one of the usual names.
fn chromium() -> Option<String> {
    let given = env::var("CHROMIUM").ok();
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    given.into_iter().chain(usual).find(|program| {
        let asked = Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    })
}

/// The page after its scripts, and what the browser logged of its console.
fn open(program: &str, page: &Path, folder: &Path) -> (String, Vec<String>) {
    let output = Command::new(program)
        // In a container there is no sandbox within the sandbox, and little shared memory.
        .args(["--headless", "--no-sandbox", "--disable-dev-shm-usage"])
        .args(["--disable-gpu", "--no-first-run", "--enable-logging=stderr"])
        .arg("--disable-background-networking")
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    let console = log.lines().filter(|line| line.contains(":CONSOLE"));
    (
        String::from_utf8(output.stdout).unwrap(),
        console.map(str::to_owned).collect(),
    )
}

/// Runs where there is a Chromium; `.ci/run` installs one. Everywhere else there is nothing to test.
#[test]
fn the_report_works_in_a_browser() {
    let Some(program) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("clip.y4m"), clip()).unwrap();
    let suite = Suite::from_toml(SUITE, &folder.path().join("suite.toml")).unwrap();
    let options = BenchOptions {
        output: folder.path().join("out"),
        jobs: NonZeroUsize::MIN,
        ffmpeg: Some("aivc-test-no-such-program".into()),
        backend: Backend::Flex,
        program: None,
    };
    let results = run_bench(&suite, &options, &Quiet).unwrap();
    let report = fs::read_to_string(results.write(&options.output).unwrap()).unwrap();
    let watched = report
        .replacen("<head>", &format!("<head>{WATCH}"), 1)
        .replacen("</body>", &format!("{PROBE}</body>"), 1);
    assert!(watched.contains(WATCH) && watched.contains(PROBE));
    let page = folder.path().join("watched.html");
    fs::write(&page, watched).unwrap();

    let (dom, console) = open(&program, &page, folder.path());
    assert_eq!(console, Vec::<String>::new());
    let (_, outcome) = dom
        .split_once("<pre id=\"outcome\">")
        .expect("the probe ran");
    let (outcome, _) = outcome.split_once("</pre>").unwrap();
    let outcome = outcome.replace("&lt;", "<").replace("&gt;", ">");
    let outcome: Value = serde_json::from_str(&outcome.replace("&amp;", "&")).unwrap();
    assert_eq!(outcome["problems"], Value::Array(vec![]), "{outcome}");
    assert_eq!(outcome["outside"], Value::Array(vec![]), "{outcome}");
    let expected = [
        "inset(0px 50% 0px 0px)",
        "inset(0px 75% 0px 0px)",
        "inset(0px)",
    ];
    let seams: Vec<_> = outcome["seams"].as_array().unwrap().iter().collect();
    assert_eq!(seams[..2], expected[..2], "{outcome}");
    assert!(
        seams[2].as_str().unwrap().starts_with("inset(0px"),
        "{outcome}"
    );
    assert_ne!(seams[2], seams[1]);
    assert_eq!(outcome["sizes"], serde_json::json!([[128, 96], [128, 96]]));
    assert_eq!(outcome["changed"], true);
    assert!(outcome["curves"].as_u64().unwrap() > 0);
}
