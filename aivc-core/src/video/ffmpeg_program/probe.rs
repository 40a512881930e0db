//! What `ffprobe` knows of a file and y4m cannot carry.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use crate::frame::ColorDescription;
use crate::video::color_names;

use super::child::{file_argument, quiet_command};

/// Colours and length of the first video stream.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Probe {
    pub(super) color: ColorDescription,
    pub(super) frame_count: Option<u64>,
}

/// Asks `program`; nothing is known where it is absent or fails, since the video can be read
/// without it.
pub(super) fn probe(program: &OsStr, path: &Path) -> Probe {
    let output = quiet_command(program)
        .args([
            "-select_streams",
            "V:0",
            "-of",
            "default=noprint_wrappers=1",
            "-show_entries",
        ])
        .arg("stream=color_range,color_space,color_transfer,color_primaries,nb_frames")
        .arg(file_argument(path))
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => parse(&String::from_utf8_lossy(&output.stdout)),
        _ => Probe::default(),
    }
}

/// Parses lines of `key=value`.
fn parse(text: &str) -> Probe {
    let mut probe = Probe::default();
    let color = &mut probe.color;
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        match key {
            "color_range" => color.range = color_names::range(value),
            "color_space" => color.matrix = color_names::matrix(value),
            "color_transfer" => color.transfer = color_names::transfer(value),
            "color_primaries" => color.primaries = color_names::primaries(value),
            "nb_frames" => probe.frame_count = value.parse().ok(),
            _ => {}
        }
    }
    probe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{ColorPrimaries, ColorRange, MatrixCoefficients, TransferCharacteristics};

    #[test]
    fn the_output_of_ffprobe_is_understood() {
        let text = "color_range=tv\ncolor_space=bt2020nc\ncolor_transfer=smpte2084\n\
                    color_primaries=bt2020\nnb_frames=48\n";
        let probe = parse(text);
        assert_eq!(probe.color.range, ColorRange::Limited);
        assert_eq!(probe.color.matrix, MatrixCoefficients::Bt2020Ncl);
        assert_eq!(probe.color.transfer, TransferCharacteristics::Pq);
        assert_eq!(probe.color.primaries, ColorPrimaries::Bt2020);
        assert_eq!(probe.frame_count, Some(48));
    }

    #[test]
    fn unknown_values_stay_unspecified() {
        let text = "color_range=unknown\ncolor_space=unknown\nnb_frames=N/A\nnonsense";
        assert_eq!(parse(text), Probe::default());
    }

    #[test]
    fn a_missing_program_knows_nothing() {
        let program = OsStr::new("aivc-test-no-such-program");
        assert_eq!(probe(program, Path::new("a.mkv")), Probe::default());
    }
}
