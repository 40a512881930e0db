//! Video in other containers, decoded in process by the libraries of ffmpeg.

mod turn;

use std::path::{Path, PathBuf};

use ffmpeg_next::codec::packet::side_data;
use ffmpeg_next::codec::{self, decoder, threading};
use ffmpeg_next::error::EAGAIN;
use ffmpeg_next::format::stream::{Disposition, Stream};
use ffmpeg_next::format::{self, Pixel};
use ffmpeg_next::software::scaling;
use ffmpeg_next::{Error, Packet, frame, log, media};

use crate::frame::{BitDepth, ColorDescription, Frame, FrameFormat, PixelFormat};

use self::turn::Turn;
use super::{Rational, VideoError, VideoProperties, VideoReader, color_names};

/// Decodes the first video stream of any file that libavformat reads.
///
/// 4:2:0 of 8 and 10 bits comes as it is; other formats are converted to the nearer of the two.
/// Pictures are turned as the container asks, as the ffmpeg program does.
pub(super) struct LibraryReader {
    input: format::context::Input,
    stream: usize,
    decoder: decoder::Video,
    path: PathBuf,
    /// The first picture, decoded to learn the format.
    first: Option<frame::Video>,
    turn: Turn,
    properties: VideoProperties,
    frames: u64,
}

impl LibraryReader {
    /// Opens `path` and decodes its first picture.
    pub(super) fn open(path: &Path) -> Result<Self, VideoError> {
        let failed = |source| VideoError::FfmpegLibrary {
            path: path.to_owned(),
            source,
        };
        let no_video = || VideoError::NoVideoStream {
            path: path.to_owned(),
        };
        // Gives errors their texts.
        ffmpeg_next::init().map_err(failed)?;
        // What goes wrong is in the error codes; a library does not write to standard error.
        log::set_level(log::Level::Quiet);
        // The crate turns paths into C strings and panics where it cannot.
        let name = path.to_str().filter(|name| !name.contains('\0'));
        let name = name.ok_or_else(|| failed(Error::InvalidData))?;

        let mut input = format::input(&format!("file:{name}")).map_err(failed)?;
        let stream = input.streams().find(is_video).ok_or_else(no_video)?;
        let turn = display_turn(&stream);
        let rates = [stream.avg_frame_rate(), stream.rate()];
        let frame_count = u64::try_from(stream.frames())
            .ok()
            .filter(|&count| count > 0);
        let index = stream.index();
        let mut context = codec::Context::from_parameters(stream.parameters()).map_err(failed)?;
        context.set_threading(threading::Config::kind(threading::Type::Frame));
        let mut decoder = context.decoder().video().map_err(failed)?;

        let first = next_picture(&mut input, index, &mut decoder)
            .map_err(failed)?
            .ok_or_else(no_video)?;
        let properties = VideoProperties {
            format: turn.format(target_format(&first)?)?,
            color: description(&first),
            frame_rate: rates
                .into_iter()
                .find_map(positive)
                .unwrap_or(Rational::whole(25)),
            frame_count,
        };
        let path = path.to_owned();
        Ok(Self {
            input,
            stream: index,
            decoder,
            path,
            first: Some(first),
            turn,
            properties,
            frames: 0,
        })
    }
}

impl VideoReader for LibraryReader {
    fn properties(&self) -> &VideoProperties {
        &self.properties
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, VideoError> {
        let failed = |source| VideoError::FfmpegLibrary {
            path: self.path.clone(),
            source,
        };
        let picture = match self.first.take() {
            Some(picture) => picture,
            None => match next_picture(&mut self.input, self.stream, &mut self.decoder)
                .map_err(failed)?
            {
                Some(picture) => picture,
                None => return Ok(None),
            },
        };
        let format = target_format(&picture)?;
        let (expected, actual) = (self.properties.format, self.turn.format(format)?);
        if expected != actual {
            return Err(VideoError::FormatChange {
                frame: self.frames,
                expected,
                actual,
            });
        }
        let picture = in_target_format(picture).map_err(failed)?;
        let frame = self
            .turn
            .apply(Frame::from_bytes(format, &packed_bytes(&picture, format))?)?;
        let frame = frame
            .with_color(self.properties.color)
            .with_pts(self.frames as i64);
        self.frames += 1;
        Ok(Some(frame))
    }
}

/// A video, and not the cover picture of a song.
fn is_video(stream: &Stream<'_>) -> bool {
    stream.parameters().medium() == media::Type::Video
        && !stream.disposition().contains(Disposition::ATTACHED_PIC)
}

fn display_turn(stream: &Stream<'_>) -> Turn {
    let matrix = stream
        .side_data()
        .find(|data| data.kind() == side_data::Type::DisplayMatrix);
    matrix.map_or(Turn::None, |matrix| Turn::of_display_matrix(matrix.data()))
}

/// Decodes until a picture comes out, or `None` at the end of the file.
fn next_picture(
    input: &mut format::context::Input,
    stream: usize,
    decoder: &mut decoder::Video,
) -> Result<Option<frame::Video>, Error> {
    let mut picture = frame::Video::empty();
    loop {
        match decoder.receive_frame(&mut picture) {
            Ok(()) => return Ok(Some(picture)),
            Err(Error::Eof) => return Ok(None),
            Err(Error::Other { errno: EAGAIN }) => {}
            Err(error) => return Err(error),
        }
        let mut packet = Packet::empty();
        match packet.read(input) {
            Ok(()) if packet.stream() == stream => decoder.send_packet(&packet)?,
            Ok(()) => {}
            Err(Error::Eof) => decoder.send_eof()?,
            Err(error) => return Err(error),
        }
    }
}

/// The pixel format that a picture is read as.
fn target_pixel(source: Pixel) -> Pixel {
    match source {
        Pixel::YUV420P | Pixel::YUVJ420P | Pixel::YUV420P10LE => source,
        // Full range stays full range.
        Pixel::YUVJ422P | Pixel::YUVJ444P | Pixel::YUVJ440P => Pixel::YUVJ420P,
        _ if is_deep(source) => Pixel::YUV420P10LE,
        _ => Pixel::YUV420P,
    }
}

/// Whether a component has more than 8 bits. The crate shows no depths, but formats that need a
/// byte order in their name are deep, except for packed RGB of up to 16 bits a pixel.
fn is_deep(pixel: Pixel) -> bool {
    let name = pixel
        .descriptor()
        .map_or("", |descriptor| descriptor.name());
    let packed = ["rgb4", "rgb5", "bgr4", "bgr5"]
        .iter()
        .any(|start| name.starts_with(start));
    (name.ends_with("le") || name.ends_with("be")) && !packed
}

fn target_format(picture: &frame::Video) -> Result<FrameFormat, VideoError> {
    let bit_depth = match target_pixel(picture.format()) {
        Pixel::YUV420P10LE => BitDepth::Ten,
        _ => BitDepth::Eight,
    };
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Ok(FrameFormat::new(
        width,
        height,
        PixelFormat::Yuv420,
        bit_depth,
    )?)
}

fn description(picture: &frame::Video) -> ColorDescription {
    let range = match target_pixel(picture.format()) {
        Pixel::YUVJ420P => "pc",
        _ => picture.color_range().name().unwrap_or(""),
    };
    color_names::as_yuv420(ColorDescription {
        primaries: color_names::primaries(picture.color_primaries().name().unwrap_or("")),
        transfer: color_names::transfer(
            picture.color_transfer_characteristic().name().unwrap_or(""),
        ),
        matrix: color_names::matrix(picture.color_space().name().unwrap_or("")),
        range: color_names::range(range),
    })
}

fn in_target_format(picture: frame::Video) -> Result<frame::Video, Error> {
    let target = target_pixel(picture.format());
    // Pictures stored bottom-up have negative strides, which the scaler understands.
    let bottom_up = (0..picture.planes()).any(|plane| picture.stride(plane) > i32::MAX as usize);
    if picture.format() == target && !bottom_up {
        return Ok(picture);
    }
    let (width, height) = (picture.width(), picture.height());
    let flags = scaling::Flags::BICUBIC | scaling::Flags::ACCURATE_RND;
    // Made anew for each picture: it cannot be sent to another thread, as a reader can, and it
    // serves the unusual formats alone.
    let mut scaler = scaling::Context::get(
        picture.format(),
        width,
        height,
        target,
        width,
        height,
        flags,
    )?;
    let mut converted = frame::Video::empty();
    scaler.run(&picture, &mut converted)?;
    Ok(converted)
}

/// The planes without the padding of their rows.
fn packed_bytes(picture: &frame::Video, format: FrameFormat) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(format.frame_bytes());
    for plane in 0..3 {
        let size = format.plane_size(plane);
        let row_bytes = size.width * format.bit_depth().bytes_per_sample();
        for row in picture
            .data(plane)
            .chunks(picture.stride(plane))
            .take(size.height)
        {
            bytes.extend_from_slice(&row[..row_bytes]);
        }
    }
    bytes
}

fn positive(rate: ffmpeg_next::Rational) -> Option<Rational> {
    let (numerator, denominator) = (rate.numerator(), rate.denominator());
    Rational::new(numerator.try_into().ok()?, denominator.try_into().ok()?).ok()
}
