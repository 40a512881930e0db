//! Reports as text, for people.

use std::fmt::Write;

use aivc_core::evaluation::{Evaluation, PsnrReport, Rate, Speed, StageTimes};

/// Columns of a label.
const LABEL: usize = 16;

/// Lines of `label  value`.
#[derive(Debug, Default)]
pub struct Table {
    text: String,
}

impl Table {
    /// A table whose first line is `title`.
    pub fn titled(title: impl std::fmt::Display) -> Self {
        Self {
            text: title.to_string(),
        }
    }

    pub fn row(&mut self, label: &str, value: impl std::fmt::Display) {
        let line = if self.text.is_empty() { "" } else { "\n" };
        write!(self.text, "{line}  {label:<LABEL$}{value}").expect("a string takes any text");
    }

    pub fn into_text(self) -> String {
        self.text
    }
}

/// An evaluation as a table.
pub fn evaluation_table(title: &str, evaluation: &Evaluation) -> String {
    let Evaluation {
        format,
        stream,
        rate,
        quality,
        speed,
        notes,
        ..
    } = evaluation;
    let mut table = Table::titled(title);
    table.row(
        "video",
        format!(
            "{} frames, {}x{} {} {} bit, {:.2} frames/s",
            evaluation.frames,
            format.width,
            format.height,
            format.pixel_format,
            format.bit_depth,
            format.frame_rate
        ),
    );
    if let Some(stream) = stream {
        let (lowest, highest) = (stream.quality_lowest, stream.quality_highest);
        let quality = if lowest == highest {
            lowest.to_string()
        } else {
            format!("{lowest} to {highest}")
        };
        table.row(
            "model",
            format!("{}, quality {quality}, on {}", stream.model, stream.backend),
        );
    }
    if let Some(rate) = rate {
        table.row("rate", describe_rate(rate));
        if let (Some(bits), Some(real)) = (rate.estimated_bits, rate.payload_bytes) {
            let estimated = bits / 8.0;
            let excess = 100.0 * (real as f64 / estimated - 1.0);
            table.row(
                "estimated",
                format!(
                    "{estimated:.0} bytes of ideal code length; the payload is {excess:.2} % longer"
                ),
            );
        }
    }
    match quality.psnr {
        PsnrReport::Yuv {
            psnr_y,
            psnr_u,
            psnr_v,
            psnr_avg611,
        } => table.row(
            "PSNR",
            format!(
                "Y {psnr_y:.3}  U {psnr_u:.3}  V {psnr_v:.3}  weighted 6:1:1 {psnr_avg611:.3} dB"
            ),
        ),
        PsnrReport::Rgb {
            psnr_r,
            psnr_g,
            psnr_b,
            psnr_rgb,
        } => {
            table.row(
                "PSNR",
                format!("R {psnr_r:.3}  G {psnr_g:.3}  B {psnr_b:.3}  RGB {psnr_rgb:.3} dB"),
            );
        }
        _ => {}
    }
    table.row("SSIM", describe_similarity(quality.ssim));
    table.row("MS-SSIM", describe_similarity(quality.ms_ssim));
    if let Some(value) = quality.ssimulacra2 {
        table.row("SSIMULACRA 2", format!("{value:.2}"));
    }
    if let Some(value) = quality.lpips {
        table.row("LPIPS", format!("{value:.5}"));
    }
    speed_rows(speed, &mut table);
    for note in notes {
        table.row("note", note);
    }
    table.into_text()
}

fn describe_rate(rate: &Rate) -> String {
    let Rate {
        bytes,
        payload_bytes,
        container_bytes,
        bits_per_pixel,
        bits_per_second,
        ..
    } = *rate;
    let mut text = format!(
        "{bits_per_pixel:.4} bits/pixel, {:.1} kbit/s, {bytes} bytes",
        bits_per_second / 1000.0
    );
    if let (Some(payload), Some(container)) = (payload_bytes, container_bytes) {
        let share = 100.0 * container as f64 / bytes.max(1) as f64;
        text.push_str(&format!(
            " (payload {payload} + container {container}, {share:.2} %)"
        ));
    }
    text
}

fn describe_similarity(value: Option<f64>) -> String {
    value.map_or_else(
        || "none; the picture is too small".to_owned(),
        |value| format!("{value:.5}"),
    )
}

fn speed_rows(speed: &Speed, table: &mut Table) {
    if let Some(rate) = speed.encode_codec_frames_per_second {
        let timed = speed.encode_frames_timed;
        table.row(
            "encoding",
            format!("{rate:.2} frames/s (the codec alone, over {timed} frames)"),
        );
        stages_row(speed.encode_stages, table);
    }
    if let Some(rate) = speed.decode_frames_per_second {
        let codec = speed.decode_codec_frames_per_second;
        let codec = codec.map_or_else(String::new, |codec| {
            format!(" (the codec alone {codec:.2})")
        });
        table.row("decoding", format!("{rate:.2} frames/s{codec}"));
        stages_row(speed.decode_stages, table);
    }
}

fn stages_row(stages: Option<StageTimes>, table: &mut Table) {
    let Some(stages) = stages else { return };
    let (transform, entropy) = (stages.transform_ms, stages.entropy_ms);
    let files = stages
        .files_ms
        .map_or_else(String::new, |files| format!(", files {files:.2}"));
    table.row(
        "",
        format!("milliseconds a frame: transform {transform:.2}, entropy {entropy:.2}{files}"),
    );
}
