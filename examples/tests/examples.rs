//! Every example, run as its first lines say, and what it leaves.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use aivc_core::color::{to_interleaved_rgb8, to_yuv420};
use aivc_core::frame::{ColorDescription, Frame};
use aivc_core::metrics::psnr;
use aivc_core::model::{Backend, Model, ModelError};
use aivc_core::session::{
    ContainerReader, Decoder, DecoderOutput, Encoder, EncoderConfig, EncoderOutput,
};
use aivc_core::training::{LogRecord, read_log};
use aivc_core::video::{
    ReaderOptions, VideoReader, VideoWriter, Y4mReader, Y4mWriter, open_reader,
};
use aivc_examples::{DemoClip, PHOTO, read_curves};
use tempfile::TempDir;

const ENCODE_FILE: &str = env!("CARGO_BIN_EXE_encode-file");
const DECODE_TO_PNG: &str = env!("CARGO_BIN_EXE_decode-to-png");
const STREAM_PIPE: &str = env!("CARGO_BIN_EXE_stream-pipe");
const TRAIN_TINY: &str = env!("CARGO_BIN_EXE_train-tiny");
const EVALUATE_ANCHOR: &str = env!("CARGO_BIN_EXE_evaluate-anchor");
const ENTROPY_ONLY: &str = env!("CARGO_BIN_EXE_entropy-only");

/// Below this, at the default quality, a picture is not the original any more: any usable weights
/// are far above it.
const RECOGNIZABLE_DB: f64 = 20.0;

/// A folder of its own for a test, in which the examples run.
struct Workplace(TempDir);

impl Workplace {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What an example prints; it must succeed.
    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn frames_of(reader: &mut dyn VideoReader) -> Vec<Frame> {
    std::iter::from_fn(|| reader.next_frame().unwrap()).collect()
}

fn decoded(stream: &Path, model: &Model) -> Vec<Frame> {
    let stream = fs::read(stream).unwrap();
    let mut container = ContainerReader::new(&stream[..]).unwrap();
    let mut decoder = Decoder::new(model, container.header()).unwrap();
    let mut frames = Vec::new();
    while let Some(packet) = container.next_packet().unwrap() {
        decoder.send_packet(&packet).unwrap();
        let DecoderOutput::Frame(frame) = decoder.receive_frame() else {
            panic!("no frame of {packet:?}");
        };
        frames.push(frame);
    }
    frames
}

/// The first frames of a video, coded and decoded by the sessions themselves.
fn expected(video: &mut dyn VideoReader, frames: usize) -> Vec<Frame> {
    let model = Model::default_model().unwrap();
    let config = EncoderConfig::default();
    let mut encoder = Encoder::new(&model, video.properties(), config).unwrap();
    let mut decoder = Decoder::new(&model, encoder.header()).unwrap();
    let code = |_| {
        encoder.send_frame(&video.next_frame().unwrap()?).unwrap();
        let EncoderOutput::Packet(packet) = encoder.receive_packet() else {
            panic!("no packet");
        };
        decoder.send_packet(&packet).unwrap();
        let DecoderOutput::Frame(frame) = decoder.receive_frame() else {
            panic!("no frame");
        };
        Some(frame)
    };
    (0..frames).map_while(code).collect()
}

fn assert_recognizable(originals: &[Frame], decoded: &[Frame]) {
    for (original, decoded) in originals.iter().zip(decoded) {
        let db = psnr(original, decoded).unwrap().average;
        assert!(db > RECOGNIZABLE_DB, "frame {}: {db} dB", original.pts());
    }
}

/// The number before a word in what an example printed.
fn number_before(text: &str, word: &str) -> f64 {
    let words: Vec<_> = text.split_whitespace().collect();
    let position = words
        .iter()
        .position(|found| found.trim_end_matches(',') == word);
    let position = position.unwrap_or_else(|| panic!("no `{word}` in {text}"));
    words[position - 1].parse().unwrap()
}

#[test]
fn encode_file_codes_the_demo_clip() {
    let place = Workplace::new();
    let report = place.run(ENCODE_FILE, &[]);
    let stream = place.path("runs/examples/encoded.aivc");
    let frames = decoded(&stream, &Model::default_model().unwrap());
    let originals = frames_of(&mut DemoClip::open().unwrap());
    assert_eq!((frames.len(), originals.len()), (32, 32));
    assert_recognizable(&originals, &frames);
    let bytes = fs::metadata(&stream).unwrap().len();
    assert_eq!(number_before(&report, "bytes"), bytes as f64);
    assert_eq!(number_before(&report, "frames"), 32.0);
}

#[test]
fn encode_file_takes_an_input_and_a_quality() {
    let place = Workplace::new();
    let model = Model::default_model().unwrap();
    // The default model codes 4:2:0.
    let original = frames_of(&mut *open_reader(PHOTO, &ReaderOptions::default()).unwrap());
    let original = to_yuv420(&original[0], ColorDescription::UNSPECIFIED).unwrap();
    let coded = |quality: &str| {
        let name = format!("{quality}.aivc");
        place.run(ENCODE_FILE, &[PHOTO, &name, quality]);
        let frames = decoded(&place.path(&name), &model);
        let db = psnr(&original, &frames[0]).unwrap().pooled;
        (fs::metadata(place.path(&name)).unwrap().len(), db)
    };
    let (lowest, highest) = (coded("0"), coded("63"));
    assert!(
        lowest.0 < highest.0 && lowest.1 < highest.1,
        "{lowest:?}, {highest:?}"
    );
}

#[test]
fn decode_to_png_leaves_the_decoders_frames() {
    let place = Workplace::new();
    place.run(DECODE_TO_PNG, &[]);
    let expected = expected(&mut DemoClip::open().unwrap(), 8);
    assert_eq!(expected.len(), 8);
    let folder = place.path("runs/examples/frames");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 8);
    for (number, frame) in expected.iter().enumerate() {
        let png = image::open(folder.join(format!("frame_{number:04}.png"))).unwrap();
        let pixels = to_interleaved_rgb8(frame).unwrap();
        assert!(png.into_rgb8().into_raw() == pixels, "frame {number}");
    }
}

#[test]
fn decode_to_png_names_damage_and_goes_on() {
    let place = Workplace::new();
    place.run(ENCODE_FILE, &[]);
    let path = place.path("runs/examples/encoded.aivc");
    let mut stream = fs::read(&path).unwrap();
    let middle = stream.len() / 2;
    stream[middle] ^= 1;
    fs::write(&path, stream).unwrap();
    let report = place.run(DECODE_TO_PNG, &[path.to_str().unwrap(), "frames"]);
    // The damaged packet, and those that are predicted from it.
    let lost: Vec<&str> = report.lines().filter(|l| l.starts_with("lost: ")).collect();
    assert!(lost[0].contains("checksum"), "{report}");
    let first: usize = lost[0].split_whitespace().nth(2).unwrap().parse().unwrap();
    assert_eq!(lost.len(), 32 - first, "{report}");
    assert!(
        lost[1..].iter().all(|line| line.contains("inter frame")),
        "{report}"
    );
    assert_eq!(fs::read_dir(place.path("frames")).unwrap().count(), 32);
}

#[test]
fn stream_pipe_joins_both_ends() {
    let place = Workplace::new();
    place.run(STREAM_PIPE, &[]);
    let path = place.path("runs/examples/streamed.y4m");
    let streamed = frames_of(&mut *open_reader(path, &ReaderOptions::default()).unwrap());
    assert_same_samples(&streamed, &expected(&mut DemoClip::open().unwrap(), 32));
}

fn assert_same_samples(actual: &[Frame], expected: &[Frame]) {
    let hashes = |frames: &[Frame]| frames.iter().map(Frame::md5_hex).collect::<Vec<_>>();
    assert_eq!(hashes(actual), hashes(expected));
}

fn spawn(argument: &str, input: Stdio) -> Child {
    let mut command = Command::new(STREAM_PIPE);
    command.arg(argument).stdin(input).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// So many frames of the demo clip as y4m.
fn y4m(frames: usize) -> Vec<u8> {
    let mut clip = DemoClip::open().unwrap();
    let mut bytes = Vec::new();
    let mut writer = Box::new(Y4mWriter::new(&mut bytes, "memory", clip.properties()).unwrap());
    for _ in 0..frames {
        writer
            .write_frame(&clip.next_frame().unwrap().unwrap())
            .unwrap();
    }
    writer.finish().unwrap();
    bytes
}

/// A live source must not wait for its next frame until this one gets through.
#[test]
fn stream_pipe_passes_each_frame_on_at_once() {
    let mut encoder = spawn("encode", Stdio::piped());
    let mut input = encoder.stdin.take().unwrap();
    let output = encoder.stdout.take().unwrap();
    let (sender, packets) = mpsc::channel();
    thread::spawn(move || {
        let mut container = ContainerReader::new(output).unwrap();
        while let Some(packet) = container.next_packet().unwrap() {
            sender.send(packet).unwrap();
        }
    });
    let video = y4m(2);
    let (first, second) = video.split_at(video.len() - 560 * 320 * 3 / 2);
    input.write_all(first).unwrap();
    // So long only if it never comes.
    let packet = packets.recv_timeout(Duration::from_secs(60));
    assert_eq!(
        packet
            .expect("a packet of the first frame")
            .presentation_ticks,
        0
    );
    input.write_all(second).unwrap();
    drop(input);
    assert_eq!(packets.iter().count(), 1);
    assert!(encoder.wait().unwrap().success());
}

#[test]
fn stream_pipe_works_as_two_programs() {
    let mut encoder = spawn("encode", Stdio::piped());
    let mut decoder = spawn("decode", encoder.stdout.take().unwrap().into());
    let mut input = encoder.stdin.take().unwrap();
    let video = y4m(3);
    let expected = expected(&mut Y4mReader::new(&video[..], "memory").unwrap(), 3);
    let writer = thread::spawn(move || input.write_all(&video).unwrap());
    let mut output = Vec::new();
    decoder
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut output)
        .unwrap();
    writer.join().unwrap();
    assert!(encoder.wait().unwrap().success() && decoder.wait().unwrap().success());
    let mut reader = Y4mReader::new(&output[..], "memory").unwrap();
    assert_same_samples(&frames_of(&mut reader), &expected);
}

#[test]
fn train_tiny_learns_and_goes_on_and_its_model_codes() {
    let place = Workplace::new();
    place.run(TRAIN_TINY, &["20", "tiny"]);
    let report = place.run(TRAIN_TINY, &["60", "tiny"]);
    let steps: Vec<_> = read_log(place.path("tiny/log.jsonl")).unwrap();
    let losses: Vec<_> = steps
        .iter()
        .filter_map(|record| match record {
            LogRecord::Steps { step, loss, .. } => Some((*step, *loss)),
            _ => None,
        })
        .collect();
    assert_eq!(
        losses.iter().map(|(step, _)| *step).collect::<Vec<_>>(),
        [20, 40, 60]
    );
    assert!(losses[2].1 < losses[0].1, "{losses:?}");
    assert_eq!(number_before(&report, "frames"), 8.0);

    let weights = place.path("tiny/tiny.safetensors");
    let stream = place.path("tiny/clip.aivc");
    let model = Model::find(weights.to_str().unwrap(), Backend::default()).unwrap();
    let frames = decoded(&stream, &model);
    assert_eq!(frames.len(), 8);
    assert_recognizable(&frames_of(&mut DemoClip::open().unwrap()), &frames);

    let bytes = fs::read(&stream).unwrap();
    let container = ContainerReader::new(&bytes[..]).unwrap();
    let error = Model::for_stream(container.header(), Backend::default()).unwrap_err();
    assert!(matches!(error, ModelError::WeightsNeeded { .. }), "{error}");
    let arguments = ["tiny/clip.aivc", "frames", "tiny/tiny.safetensors"];
    place.run(DECODE_TO_PNG, &arguments);
    assert_eq!(fs::read_dir(place.path("frames")).unwrap().count(), 8);
}

/// Its output, as the anchor of itself and at twice the rate, has the BD-rates that it must have.
#[test]
fn evaluate_anchor_computes_bd_rates_of_real_streams() {
    let place = Workplace::new();
    let table = place.run(EVALUATE_ANCHOR, &[]);
    for codec in ["jpeg420", "webp420"] {
        let line = format!("# BD-rate against {codec}: ");
        let rest = table
            .split(&line)
            .nth(1)
            .unwrap_or_else(|| panic!("{table}"));
        assert!(
            rest.split_whitespace()
                .next()
                .unwrap()
                .parse::<f64>()
                .is_ok(),
            "{rest}"
        );
    }
    fs::write(place.path("own.tsv"), &table).unwrap();
    let curves = read_curves(place.path("own.tsv")).unwrap();
    let (name, points) = curves.first_key_value().unwrap();
    assert_eq!(points.len(), 6);
    assert!(points.is_sorted_by(|a, b| a.rate < b.rate && a.quality < b.quality));

    // The quality 40 point, from a stream of the other example.
    place.run(ENCODE_FILE, &[PHOTO, "40.aivc", "40"]);
    let bytes = fs::metadata(place.path("40.aivc")).unwrap().len() as f64;
    assert!((points[3].rate - 8.0 * bytes / (768.0 * 576.0)).abs() < 1e-5);

    let mut anchors = table.lines().take(7).collect::<Vec<_>>().join("\n");
    for point in points {
        anchors += &format!("\ndouble\t0\t{}\t{}", 2.0 * point.rate, point.quality);
    }
    fs::write(place.path("anchors.tsv"), anchors).unwrap();
    let against = place.run(EVALUATE_ANCHOR, &[PHOTO, "anchors.tsv"]);
    let line = |codec: &str, percent: &str| format!("# BD-rate against {codec}: {percent} %");
    assert!(against.contains(&line("double", "-50.00")), "{against}");
    let own = [line(name, "+0.00"), line(name, "-0.00")];
    assert!(own.iter().any(|line| against.contains(line)), "{against}");
}

#[test]
fn entropy_only_comes_near_the_ideal_on_any_text() {
    let place = Workplace::new();
    fs::write(place.path("empty"), b"").unwrap();
    fs::write(
        place.path("bytes"),
        (0..=255).collect::<Vec<u8>>().repeat(8),
    )
    .unwrap();
    for arguments in [&[][..], &["bytes"], &["empty"]] {
        let report = place.run(ENTROPY_ONLY, arguments);
        let numbers: Vec<f64> = report
            .lines()
            .map(|line| line.split(' ').next().unwrap().parse().unwrap())
            .collect();
        let [text, coded, ideal] = numbers[..] else {
            panic!("{report}");
        };
        // One byte says the layout, and up to 8 are the coder's state.
        assert!(coded >= ideal.floor() && coded <= ideal + 9.0, "{report}");
        if arguments.is_empty() {
            assert!(coded < 0.8 * text, "{report}");
        }
    }
}

/// As promised: readable in one sitting, and listed.
#[test]
fn examples_are_short_and_in_the_readme() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    for entry in fs::read_dir(folder.join("src/bin")).unwrap() {
        let path = entry.unwrap().path();
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines < 80, "{} has {lines} lines", path.display());
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(readme.contains(&format!("`{name}`")), "{name}");
    }
}
