//! `aivc eval`.

use std::fs;

use crate::support::Workplace;

#[test]
fn a_stream_has_rate_quality_and_speed() {
    let workplace = Workplace::with_stream(3);
    let report = workplace
        .run(["eval", "clip.y4m", "clip.aivc", "--json"])
        .succeeds()
        .json();
    assert_eq!(report["frames"], 3);
    assert_eq!(
        report["rate"]["bytes"].as_u64().unwrap(),
        workplace.bytes("clip.aivc").len() as u64
    );
    for field in [
        "bytes",
        "payload_bytes",
        "container_bytes",
        "estimated_bits",
        "bits_per_pixel",
        "bits_per_second",
    ] {
        assert!(report["rate"][field].is_number(), "{field}: {report}");
    }
    for field in ["psnr_y", "psnr_u", "psnr_v", "psnr_avg611", "ssim"] {
        assert!(report["quality"][field].is_number(), "{field}: {report}");
    }
    assert!(
        report["quality"]["ms_ssim"].is_null(),
        "the picture is too small for it"
    );
    for field in [
        "decode_frames_per_second",
        "decode_codec_frames_per_second",
        "encode_codec_frames_per_second",
    ] {
        assert!(report["speed"][field].is_number(), "{field}: {report}");
    }
    for stages in ["encode_stages", "decode_stages"] {
        for field in ["transform_ms", "entropy_ms"] {
            assert!(
                report["speed"][stages][field].is_number(),
                "{stages} {field}: {report}"
            );
        }
    }
    assert_eq!(report["per_frame"].as_array().unwrap().len(), 3);
    let bits = |frame: &serde_json::Value| frame["estimated_bits"].as_f64().unwrap();
    let sum: f64 = report["per_frame"]
        .as_array()
        .unwrap()
        .iter()
        .map(bits)
        .sum();
    let total = report["rate"]["estimated_bits"].as_f64().unwrap();
    assert!((sum - total).abs() < 1e-9 * total, "{sum} {total}");
    let text = workplace
        .run(["eval", "clip.y4m", "clip.aivc"])
        .succeeds()
        .stdout();
    assert!(
        text.contains("bits/pixel")
            && text.contains("weighted 6:1:1")
            && text.contains("ideal code length"),
        "{text}"
    );
}

#[test]
fn the_decoded_video_is_exactly_as_good_as_the_stream() {
    let workplace = Workplace::with_stream(2);
    workplace
        .run(["decode", "clip.aivc", "-o", "back.y4m"])
        .succeeds();
    let quality = |name| {
        workplace
            .run(["eval", "clip.y4m", name, "--json"])
            .succeeds()
            .json()["quality"]
            .clone()
    };
    assert_eq!(quality("back.y4m"), quality("clip.aivc"));
}

/// A network of random weights, which the test of its arithmetic has too.
const LPIPS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../aivc-models/tests/fixtures/lpips.safetensors"
);

#[test]
fn lpips_is_measured_with_weights_of_the_user() {
    let workplace = Workplace::with_stream(3);
    let report = |every| {
        let arguments = ["eval", "clip.y4m", "clip.aivc", "--json", "--lpips", LPIPS];
        let run = workplace.run(arguments.into_iter().chain(["--perceptual-every", every]));
        run.succeeds().json()
    };
    let all = report("1");
    let of_frame =
        |report: &serde_json::Value, frame: usize| report["per_frame"][frame]["lpips"].as_f64();
    let values: Vec<_> = (0..3).filter_map(|frame| of_frame(&all, frame)).collect();
    let mean = values.iter().sum::<f64>() / 3.0;
    assert!((all["quality"]["lpips"].as_f64().unwrap() - mean).abs() < 1e-12);
    assert!(
        values.iter().all(|value| (0.0..1.0).contains(value)),
        "{values:?}"
    );
    let some = report("2");
    let expected = [Some(values[0]), None, Some(values[2])];
    assert_eq!([0, 1, 2].map(|frame| of_frame(&some, frame)), expected);
    assert!(report("0")["quality"]["lpips"].is_null());
    workplace
        .run(["eval", "clip.y4m", "clip.aivc", "--lpips", "clip.aivc"])
        .fails(1, &["clip.aivc", "no safetensors file"]);
}

#[test]
fn the_beginning_of_a_video_is_compared_and_noted() {
    let workplace = Workplace::with_clip(4);
    workplace
        .run(["encode", "clip.y4m", "-o", "clip.aivc", "--frames", "2"])
        .succeeds();
    let report = workplace
        .run(["eval", "clip.y4m", "clip.aivc", "--json"])
        .succeeds()
        .json();
    assert_eq!(
        (&report["frames"], &report["reference_frames"]),
        (&2.into(), &4.into())
    );
    assert!(
        report["notes"][0]
            .as_str()
            .unwrap()
            .contains("first 2 of the reference's 4 frames"),
        "{report}"
    );
}

#[test]
fn videos_of_different_length_or_size_are_not_compared() {
    let workplace = Workplace::with_clip(2);
    fs::write(workplace.path("long.y4m"), crate::support::clip(3)).unwrap();
    workplace
        .run(["eval", "clip.y4m", "long.y4m"])
        .fails(1, &["2 frames", "--frames 2"]);
    workplace
        .run(["eval", "long.y4m", "clip.y4m"])
        .fails(1, &["2 frames", "--frames 2"]);
    workplace
        .run(["eval", "long.y4m", "clip.y4m", "--frames", "2"])
        .succeeds();
    fs::write(
        workplace.path("small.y4m"),
        b"YUV4MPEG2 W2 H2 F25:1 C420\nFRAME\n\x10\x10\x10\x10\x80\x80",
    )
    .unwrap();
    workplace
        .run(["eval", "clip.y4m", "small.y4m"])
        .fails(1, &["48x40", "2x2"]);
}
