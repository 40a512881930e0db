use std::fmt;

use serde::{Deserialize, Serialize};

use crate::frame::BitDepth;

/// An encoder that ffmpeg may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AnchorEncoder {
    /// H.264 by x264.
    X264,
    /// HEVC by x265.
    X265,
    /// AV1 by SVT-AV1.
    SvtAv1,
    /// VVC by VVenC.
    Vvenc,
    /// JPEG 4:2:0 by ffmpeg's own encoder, for pictures.
    Jpeg,
    /// WebP by libwebp, for pictures.
    Webp,
    /// A still picture of AV1 4:4:4 by libaom, for pictures.
    Avif,
    /// A still picture of HEVC 4:4:4 by x265, for pictures.
    HevcIntra,
}

impl AnchorEncoder {
    /// Its name in ffmpeg.
    pub(super) fn ffmpeg_name(self) -> &'static str {
        match self {
            Self::X264 => "libx264",
            Self::X265 | Self::HevcIntra => "libx265",
            Self::SvtAv1 => "libsvtav1",
            Self::Vvenc => "libvvenc",
            Self::Jpeg => "mjpeg",
            Self::Webp => "libwebp",
            Self::Avif => "libaom-av1",
        }
    }

    /// Whether it codes pictures, and not video.
    #[must_use]
    pub fn is_for_pictures(self) -> bool {
        matches!(self, Self::Jpeg | Self::Webp | Self::Avif | Self::HevcIntra)
    }

    /// The extension of its elementary streams.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::X264 => "h264",
            Self::X265 | Self::HevcIntra => "hevc",
            Self::SvtAv1 | Self::Avif => "obu",
            Self::Vvenc => "vvc",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
        }
    }

    fn muxer(self) -> &'static str {
        match self {
            Self::Jpeg => "mjpeg",
            other => other.extension(),
        }
    }
}

/// The name as in a suite.
impl fmt::Display for AnchorEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X264 => "x264",
            Self::X265 => "x265",
            Self::SvtAv1 => "svt-av1",
            Self::Vvenc => "vvenc",
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
            Self::Avif => "avif",
            Self::HevcIntra => "hevc-intra",
        })
    }
}

/// What an encoder of video may do with time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorMode {
    /// One keyframe at the start, frames in presentation order.
    LowDelay,
    /// The encoder's usual group of pictures, with reordering.
    RandomAccess,
}

/// What an encoder spends its bits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tuning {
    /// The eye, as the encoder is tuned by default.
    #[default]
    Default,
    /// The squared error: `-tune psnr`, or VVenC's `-qpa 0`.
    Psnr,
}

/// How an anchor codes, apart from its rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnchorSettings {
    /// The encoder.
    pub encoder: AnchorEncoder,
    /// For encoders of video, which need it.
    pub mode: Option<AnchorMode>,
    /// What bits are spent for.
    pub tuning: Tuning,
    /// The encoder's preset; `medium`, 6 of SVT-AV1, `faster` of VVenC if it is not given.
    pub preset: Option<String>,
}

impl AnchorSettings {
    /// Whether the encoder has this mode, tuning and preset.
    pub(super) fn exist(&self) -> bool {
        use AnchorEncoder::{HevcIntra, SvtAv1, Vvenc, X264, X265};
        let tuned = self.tuning == Tuning::Default || matches!(self.encoder, X264 | X265 | Vvenc);
        let preset = self.preset.is_none()
            || matches!(self.encoder, X264 | X265 | SvtAv1 | Vvenc | HevcIntra);
        tuned && preset && self.mode.is_some() != self.encoder.is_for_pictures()
    }

    /// The whole command after the program's name: one thread, and an elementary stream without
    /// what encoders write about themselves.
    pub(super) fn encode_arguments(&self, quality: u32, input: &str, output: &str) -> Vec<String> {
        let mut arguments = words("-hide_banner -loglevel error -nostdin -y -i");
        arguments.push(input.to_owned());
        arguments.extend(words("-map 0:V:0 -threads 1 -c:v"));
        arguments.push(self.encoder.ffmpeg_name().to_owned());
        arguments.extend(words(&self.codec_arguments(quality)));
        arguments.extend(words("-f"));
        arguments.push(self.encoder.muxer().to_owned());
        arguments.push(output.to_owned());
        arguments
    }

    fn codec_arguments(&self, quality: u32) -> String {
        use AnchorEncoder::{Avif, HevcIntra, Jpeg, SvtAv1, Vvenc, Webp, X264, X265};
        let low_delay = self.mode == Some(AnchorMode::LowDelay);
        let pick = |yes: &'static str| if low_delay { yes } else { "" };
        let tune = match (self.encoder, self.tuning) {
            (X264 | X265, Tuning::Psnr) => " -tune psnr",
            (Vvenc, Tuning::Psnr) => " -qpa 0",
            (Vvenc, Tuning::Default) => " -qpa 1",
            _ => "",
        };
        let preset = self.preset.as_deref().unwrap_or(match self.encoder {
            SvtAv1 => "6",
            Vvenc => "faster",
            _ => "medium",
        });
        match self.encoder {
            // Unit type 6 is SEI: x264 writes its options there.
            X264 => format!(
                "-preset {preset}{tune}{} -crf {quality} -bsf:v filter_units=remove_types=6",
                pick(" -bf 0 -x264-params keyint=infinite:scenecut=0")
            ),
            X265 => format!(
                "-preset {preset}{tune} -x265-params log-level=error:info=0:pools=none{} -crf {quality}",
                pick(":bframes=0:keyint=-1:scenecut=0")
            ),
            SvtAv1 => format!(
                "-preset {preset} -svtav1-params lp=1:keyint=-1{} -crf {quality}",
                pick(":pred-struct=1")
            ),
            Vvenc => format!(
                "-preset {preset} -period 60{tune}{} -qp {quality}",
                pick(" -vvenc-params picreordering=0:decodingrefreshtype=none:gopsize=8")
            ),
            Jpeg => format!(
                "-vf scale=out_color_matrix=bt601:out_range=pc:flags=bicubic+accurate_rnd+full_chroma_int,format=yuvj420p -huffman optimal -q:v {quality}"
            ),
            Webp => format!("-pix_fmt yuv420p -compression_level 6 -quality {quality}"),
            Avif => format!(
                "-vf {SCALE_444} -still-picture 1 -cpu-used 4 -crf {quality} -color_range tv -colorspace bt709"
            ),
            HevcIntra => format!(
                "-vf {SCALE_444} -preset {preset} -x265-params log-level=error:info=0:pools=none:keyint=1 -crf {quality} -color_range tv -colorspace bt709"
            ),
        }
    }

    /// The command after the program's name that decodes to y4m, or to PNG for pictures.
    pub(super) fn decode_arguments(
        &self,
        depth: BitDepth,
        input: &str,
        output: &str,
    ) -> Vec<String> {
        let mut arguments = words("-hide_banner -loglevel error -nostdin -y -threads 1 -i");
        arguments.push(input.to_owned());
        arguments.extend(words(match (self.encoder, depth) {
            (AnchorEncoder::Avif | AnchorEncoder::HevcIntra, _) => {
                "-vf scale=in_color_matrix=bt709:in_range=tv:flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24 -f image2 -update 1"
            }
            (AnchorEncoder::Webp, _) => {
                "-vf scale=in_color_matrix=bt601:in_range=tv:flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24 -f image2 -update 1"
            }
            (AnchorEncoder::Jpeg, _) => {
                "-vf scale=in_color_matrix=bt601:in_range=pc:flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24 -f image2 -update 1"
            }
            (_, BitDepth::Eight) => "-fps_mode passthrough -pix_fmt yuv420p -f yuv4mpegpipe",
            (_, BitDepth::Ten) => {
                "-fps_mode passthrough -pix_fmt yuv420p10le -strict -1 -f yuv4mpegpipe"
            }
        }));
        arguments.push(output.to_owned());
        arguments
    }
}

const SCALE_444: &str = "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int,format=yuv444p";

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(encoder: AnchorEncoder, mode: AnchorMode, tuning: Tuning) -> String {
        let settings = AnchorSettings {
            encoder,
            mode: Some(mode),
            tuning,
            preset: None,
        };
        assert!(settings.exist());
        settings.encode_arguments(30, "in.y4m", "out").join(" ")
    }

    #[test]
    fn low_delay_has_one_keyframe_and_no_reordering() {
        let of = |encoder| command(encoder, AnchorMode::LowDelay, Tuning::Default);
        let x264 = of(AnchorEncoder::X264);
        assert!(x264.contains("-bf 0 -x264-params keyint=infinite:scenecut=0"));
        assert!(of(AnchorEncoder::X265).contains(":bframes=0:keyint=-1:scenecut=0 "));
        assert!(of(AnchorEncoder::SvtAv1).contains("keyint=-1:pred-struct=1 "));
        assert!(of(AnchorEncoder::Vvenc).contains("picreordering=0"));
    }

    #[test]
    fn the_command_is_written_out_in_full() {
        assert_eq!(
            command(AnchorEncoder::X265, AnchorMode::RandomAccess, Tuning::Psnr),
            "-hide_banner -loglevel error -nostdin -y -i in.y4m -map 0:V:0 -threads 1 -c:v libx265 \
             -preset medium -tune psnr -x265-params log-level=error:info=0:pools=none -crf 30 -f hevc out"
        );
    }

    #[test]
    fn pictures_have_no_mode_and_video_needs_one() {
        let settings = |encoder, mode| AnchorSettings {
            encoder,
            mode,
            tuning: Tuning::Default,
            preset: None,
        };
        assert!(settings(AnchorEncoder::Webp, None).exist());
        assert!(!settings(AnchorEncoder::Webp, Some(AnchorMode::LowDelay)).exist());
        assert!(!settings(AnchorEncoder::X264, None).exist());
    }
}
