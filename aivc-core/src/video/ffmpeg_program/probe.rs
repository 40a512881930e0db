//! What `ffprobe` knows of a file and y4m cannot carry.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use crate::frame::{
    ColorDescription, ColorPrimaries, ColorRange, MatrixCoefficients, TransferCharacteristics,
};

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
            "v:0",
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
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        match key {
            "color_range" if value == "pc" => probe.color.range = ColorRange::Full,
            "color_space" => probe.color.matrix = matrix(value),
            "color_transfer" => probe.color.transfer = transfer(value),
            "color_primaries" => probe.color.primaries = primaries(value),
            "nb_frames" => probe.frame_count = value.parse().ok(),
            _ => {}
        }
    }
    probe
}

/// The names are those of `libavutil/pixdesc.c`.
fn matrix(name: &str) -> MatrixCoefficients {
    use MatrixCoefficients as M;
    match name {
        "gbr" => M::Identity,
        "bt709" => M::Bt709,
        "fcc" => M::Fcc,
        "bt470bg" => M::Bt470Bg,
        "smpte170m" => M::Smpte170M,
        "smpte240m" => M::Smpte240M,
        "ycgco" => M::YCgCo,
        "bt2020nc" => M::Bt2020Ncl,
        "bt2020c" => M::Bt2020Cl,
        "smpte2085" => M::Smpte2085,
        "chroma-derived-nc" => M::ChromaticityNcl,
        "chroma-derived-c" => M::ChromaticityCl,
        "ictcp" => M::ICtCp,
        _ => M::Unspecified,
    }
}

fn transfer(name: &str) -> TransferCharacteristics {
    use TransferCharacteristics as T;
    match name {
        "bt709" => T::Bt709,
        "bt470m" => T::Gamma22,
        "bt470bg" => T::Gamma28,
        "smpte170m" => T::Smpte170M,
        "smpte240m" => T::Smpte240M,
        "linear" => T::Linear,
        "log100" => T::Log100,
        "log316" => T::Log316,
        "iec61966-2-4" => T::Iec61966_2_4,
        "bt1361e" => T::Bt1361,
        "iec61966-2-1" => T::Srgb,
        "bt2020-10" => T::Bt2020Ten,
        "bt2020-12" => T::Bt2020Twelve,
        "smpte2084" => T::Pq,
        "smpte428" => T::Smpte428,
        "arib-std-b67" => T::Hlg,
        _ => T::Unspecified,
    }
}

fn primaries(name: &str) -> ColorPrimaries {
    use ColorPrimaries as P;
    match name {
        "bt709" => P::Bt709,
        "bt470m" => P::Bt470M,
        "bt470bg" => P::Bt470Bg,
        "smpte170m" => P::Smpte170M,
        "smpte240m" => P::Smpte240M,
        "film" => P::Film,
        "bt2020" => P::Bt2020,
        "smpte428" => P::Smpte428,
        "smpte431" => P::Smpte431,
        "smpte432" => P::Smpte432,
        "ebu3213" => P::Ebu3213,
        _ => P::Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
