//! A whole bench: measured, resumed, reported; with and without an ffmpeg program.

use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use aivc_core::evaluation::bench::{
    AnchorEncoder, BenchError, BenchObserver, BenchOptions, BenchResults, CellName, Ffmpeg, Suite,
    run_bench,
};
use aivc_core::model::Backend;
use tempfile::TempDir;

/// A folder with a clip and a suite of the built-in model and `anchors`.
struct Workplace {
    folder: TempDir,
}

impl Workplace {
    fn new(frames: u64, anchors: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("clip.y4m"), clip(frames)).unwrap();
        let suite = format!(
            r#"
            name = "Test <suite>"
            [[clips]]
            name = "clip"
            path = "clip.y4m"
            [[models]]
            name = "small"
            model = "hyperprior-small"
            qualities = [10, 30, 50]
            {anchors}
            "#
        );
        fs::write(folder.path().join("suite.toml"), suite).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, ffmpeg: &Path, observer: &dyn BenchObserver) -> Result<BenchResults, BenchError> {
        let options = BenchOptions {
            output: self.path("out"),
            jobs: NonZeroUsize::new(2).unwrap(),
            ffmpeg: Some(ffmpeg.to_owned()),
            backend: Backend::Flex,
            program: None,
        };
        run_bench(&Suite::load(&self.path("suite.toml"))?, &options, observer)
    }

    fn run_without_ffmpeg(&self, observer: &Counter) -> Result<BenchResults, BenchError> {
        self.run(Path::new("aivc-test-no-such-program"), observer)
    }
}

/// A y4m clip of a moving texture.
fn clip(frames: u64) -> Vec<u8> {
    const WIDTH: u64 = 64;
    const HEIGHT: u64 = 48;
    let mut bytes = b"YUV4MPEG2 W64 H48 F25:1 C420\n".to_vec();
    for frame in 0..frames {
        bytes.extend_from_slice(b"FRAME\n");
        let luma = (0..WIDTH * HEIGHT).map(|i| {
            let (x, y) = (i % WIDTH + 2 * frame, i / WIDTH);
            (40 + 2 * (x % 64) + y + 30 * (x / 8 % 2)) as u8
        });
        bytes.extend(luma);
        bytes.extend((0..WIDTH * HEIGHT / 2).map(|i| (100 + i % 50) as u8));
    }
    bytes
}

/// Counts what happens, and stops a bench after so many cells.
#[derive(Default)]
struct Counter {
    cached: AtomicUsize,
    measured: AtomicUsize,
    stop_after: Option<usize>,
}

impl Counter {
    fn figures(&self) -> (usize, usize) {
        (
            self.cached.load(Ordering::SeqCst),
            self.measured.load(Ordering::SeqCst),
        )
    }
}

impl BenchObserver for Counter {
    fn planned(&self, _cells: usize, cached: usize) {
        self.cached.store(cached, Ordering::SeqCst);
    }

    fn measured(&self, _cell: &CellName) {
        self.measured.fetch_add(1, Ordering::SeqCst);
    }

    fn check(&self) -> ControlFlow<()> {
        let measured = self.measured.load(Ordering::SeqCst);
        match self.stop_after {
            Some(limit) if measured >= limit => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

#[test]
fn a_bench_runs_and_reports_without_ffmpeg() {
    let anchor =
        "[[anchors]]\nname = \"x\"\nencoder = \"x264\"\nmode = \"low-delay\"\nqualities = [30]";
    let workplace = Workplace::new(2, anchor);
    let results = workplace.run_without_ffmpeg(&Counter::default()).unwrap();
    assert_eq!(results.failures, []);
    assert_eq!(results.cells.len(), 3);
    assert_eq!(results.left_out[0].codec, "x");
    for cell in &results.cells {
        let measurement = &cell.measurement;
        assert_eq!((measurement.frames, measurement.per_frame.len()), (2, 2));
        let payloads = measurement.per_frame.iter();
        let payloads: u64 = payloads.map(|frame| frame.payload_bytes.unwrap()).sum();
        assert_eq!(payloads, measurement.bytes);
        assert!(measurement.file_bytes.unwrap() > measurement.bytes);
        let (estimated, bytes) = (
            measurement.estimated_bytes.unwrap(),
            measurement.bytes as f64,
        );
        // The coder's states and the last words of a frame's payload.
        assert!(
            (bytes - 16.0 * 2.0..=bytes).contains(&estimated),
            "{estimated} {bytes}"
        );
        for stages in [measurement.encode_stages, measurement.decode_stages] {
            let stages = stages.unwrap();
            assert!(
                stages.transform_ms > 0.0 && stages.entropy_ms > 0.0,
                "{stages:?}"
            );
            assert!(stages.files_ms.is_some());
        }
        assert!(measurement.scores.psnr_avg611.is_some() && measurement.scores.psnr_rgb.is_some());
        assert!(cell.crop.as_ref().unwrap().starts_with(b"\x89PNG"));
    }
    let report = fs::read_to_string(results.write(&workplace.path("out")).unwrap()).unwrap();
    assert!(report.contains("Test &lt;suite&gt;") && report.contains("<polyline"));
    assert!(report.contains("data:image/png;base64,") && report.contains("is left out"));
    for name in ["cells.csv", "frames.csv", "bd.csv", "results.json"] {
        assert!(workplace.path("out").join(name).is_file(), "{name}");
    }
    let cells = fs::read_to_string(workplace.path("out/cells.csv")).unwrap();
    let columns: Vec<_> = cells.lines().map(|line| line.split(',').count()).collect();
    assert_eq!(columns, [31; 4], "{cells}");
}

#[test]
fn a_bench_that_was_stopped_goes_on_and_is_then_all_cached() {
    let workplace = Workplace::new(2, "");
    let stopped = Counter {
        stop_after: Some(1),
        ..Counter::default()
    };
    let error = workplace.run_without_ffmpeg(&stopped).unwrap_err();
    assert!(matches!(error, BenchError::Cancelled), "{error}");
    let (_, kept) = stopped.figures();
    assert!((1..3).contains(&kept));
    let out = fs::read_dir(workplace.path("out")).unwrap();
    let names: Vec<_> = out.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["cache"], "the folder for work is gone");

    fs::create_dir(workplace.path("out/work-of-a-killed-run")).unwrap();
    let resumed = Counter::default();
    let first = workplace.run_without_ffmpeg(&resumed).unwrap();
    assert_eq!(resumed.figures(), (kept, 3 - kept));
    assert!(!workplace.path("out/work-of-a-killed-run").exists());
    let again = Counter::default();
    let second = workplace.run_without_ffmpeg(&again).unwrap();
    assert_eq!(again.figures(), (3, 0));
    let bytes = |results: &BenchResults| {
        let cells = results.cells.iter();
        cells.map(|cell| cell.measurement.bytes).collect::<Vec<_>>()
    };
    assert_eq!(bytes(&first), bytes(&second));
}

#[test]
fn a_changed_clip_is_measured_anew() {
    let workplace = Workplace::new(2, "");
    workplace.run_without_ffmpeg(&Counter::default()).unwrap();
    let longer = Workplace::new(3, "");
    fs::copy(longer.path("clip.y4m"), workplace.path("clip.y4m")).unwrap();
    let counter = Counter::default();
    let results = workplace.run_without_ffmpeg(&counter).unwrap();
    assert_eq!(counter.figures(), (0, 3));
    assert_eq!(results.cells[0].measurement.frames, 3);
}

/// Runs where there is an ffmpeg program with x264; everywhere else there is nothing to test.
#[test]
fn an_anchor_is_measured_with_its_commands() {
    let Some(ffmpeg) = Ffmpeg::find(&[AnchorEncoder::X264]) else {
        return;
    };
    if !ffmpeg.has(AnchorEncoder::X264) {
        return;
    }
    let anchor = "[[anchors]]\nname = \"x264-ra\"\nencoder = \"x264\"\nmode = \"random-access\"\nqualities = [20, 35]";
    let workplace = Workplace::new(8, anchor);
    let results = workplace
        .run(Path::new(ffmpeg.program()), &Counter::default())
        .unwrap();
    assert_eq!(results.failures, []);
    let anchors: Vec<_> = results
        .cells
        .iter()
        .filter(|cell| cell.codec == "x264-ra")
        .collect();
    let [fine, coarse] = anchors[..] else {
        panic!("{anchors:?}");
    };
    assert!(fine.measurement.bytes > coarse.measurement.bytes);
    assert!(fine.measurement.scores.psnr_y > coarse.measurement.scores.psnr_y);
    assert_eq!(fine.measurement.frames, 8);
    assert!(
        fine.measurement.commands[0].contains("-i clip.y4m -map 0:V:0 -threads 1 -c:v libx264")
    );
    let has_vmaf = results
        .cells
        .iter()
        .all(|cell| cell.measurement.scores.vmaf.is_some());
    assert_eq!(has_vmaf, ffmpeg.has_vmaf());
    assert_eq!(results.references, ["small"]);
}
