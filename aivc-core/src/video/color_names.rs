//! The names that ffmpeg gives to H.273 code points (`libavutil/pixdesc.c`); others, `unknown`
//! among them, are unspecified.

use crate::frame::{
    ColorDescription, ColorPrimaries, ColorRange, MatrixCoefficients, TransferCharacteristics,
};

/// The description of 4:2:0 frames that ffmpeg made of a video of `source`: where it had to
/// convert RGB, it did so by its default, BT.601 in limited range.
pub(super) fn as_yuv420(source: ColorDescription) -> ColorDescription {
    match source.matrix {
        MatrixCoefficients::Identity => ColorDescription {
            matrix: MatrixCoefficients::Smpte170M,
            range: ColorRange::Limited,
            ..source
        },
        _ => source,
    }
}

pub(super) fn range(name: &str) -> ColorRange {
    match name {
        "pc" => ColorRange::Full,
        _ => ColorRange::Limited,
    }
}

pub(super) fn matrix(name: &str) -> MatrixCoefficients {
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

pub(super) fn transfer(name: &str) -> TransferCharacteristics {
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

pub(super) fn primaries(name: &str) -> ColorPrimaries {
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
