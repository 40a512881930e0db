//! `aivc info` and `aivc models`.

use std::fs;
use std::process::Stdio;

use aivc_core::model::BUILTIN_MODELS;

use crate::support::{Run, Workplace};

#[test]
fn info_describes_a_stream() {
    let workplace = Workplace::with_stream(2);
    let info = workplace
        .run(["info", "clip.aivc", "--json"])
        .succeeds()
        .json();
    assert_eq!(info["kind"], "stream");
    assert_eq!((&info["width"], &info["height"]), (&48.into(), &40.into()));
    assert_eq!(
        (&info["packets"], &info["keyframes"]),
        (&2.into(), &1.into())
    );
    assert_eq!(
        (&info["index"], &info["weights_built_in"]),
        (&"complete".into(), &true.into())
    );
    assert_eq!(
        info["bytes"].as_u64().unwrap(),
        workplace.bytes("clip.aivc").len() as u64
    );
    assert_eq!(info["duration_seconds"], 0.08);
    let text = workplace.run(["info", "clip.aivc"]).succeeds().stdout();
    assert!(text.contains("48x40 yuv420 8 bit, 25/1 frames/s"), "{text}");
}

#[test]
fn info_reads_a_stream_from_a_pipe() {
    let workplace = Workplace::with_stream(1);
    let file = fs::File::open(workplace.path("clip.aivc")).unwrap();
    let output = workplace
        .command(["info", "-", "--json"])
        .stdin(Stdio::from(file))
        .output()
        .unwrap();
    assert_eq!(Run(output).succeeds().json()["packets"], 1);
}

#[test]
fn info_proves_the_bounds_of_a_weights_file() {
    let workplace = Workplace::new();
    fs::write(
        workplace.path("model.safetensors"),
        BUILTIN_MODELS[0].weights,
    )
    .unwrap();
    let info = workplace
        .run(["info", "model.safetensors", "--json"])
        .succeeds()
        .json();
    assert_eq!(info["kind"], "weights");
    assert_eq!(info["model"]["hash"].as_str().unwrap().len(), 64);
    assert!(info["model"]["decoder_kmac_per_pixel"].as_f64().unwrap() > 0.0);
    for layer in info["exact_layers"].as_array().unwrap() {
        assert!(layer["share_of_limit"].as_f64().unwrap() < 1.0, "{layer}");
    }
    workplace.run(["info", "model.safetensors"]).succeeds();
}

#[test]
fn a_weights_file_codes_as_the_built_in_model_does() {
    let workplace = Workplace::with_stream(1);
    fs::write(
        workplace.path("model.safetensors"),
        BUILTIN_MODELS[0].weights,
    )
    .unwrap();
    workplace
        .run([
            "encode",
            "clip.y4m",
            "-o",
            "file.aivc",
            "--model",
            "model.safetensors",
        ])
        .succeeds();
    assert!(workplace.bytes("file.aivc") == workplace.bytes("clip.aivc"));
}

#[test]
fn models_lists_every_built_in_model() {
    let workplace = Workplace::new();
    let text = workplace.run(["models"]).succeeds().stdout();
    let json = workplace.run(["models", "--json"]).succeeds().json();
    for (builtin, listed) in BUILTIN_MODELS.iter().zip(json.as_array().unwrap()) {
        assert!(text.contains(builtin.name), "{text}");
        assert_eq!(listed["name"], builtin.name);
    }
}
