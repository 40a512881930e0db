use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use aivc_core::frame::{
    BitDepth, ColorDescription, ColorPrimaries, ColorRange, FrameFormat, MatrixCoefficients,
    PixelFormat, TransferCharacteristics,
};
use aivc_core::session::{
    CodedSize, ContainerWriter, Effort, Encoder as CoreEncoder, EncoderConfig, EncoderOutput,
    Quality, RateTarget, SessionError,
};
use aivc_core::video::{OutputFile, VideoProperties};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::failure::Failure;
use crate::frames::{frame_from, in_pixel_format, pixel_format, usual_color};
use crate::interruptible::thread_pool;
use crate::model::ModelArgument;
use crate::session::Locked;
use crate::sources::{rational, thread_count};

/// Codes frames into a container, which goes to a file or is handed out piece by piece.
#[pyclass(frozen, module = "aivc._native")]
pub struct Encoder {
    state: Locked<State>,
    memory: Arc<Mutex<Vec<u8>>>,
}

struct State {
    /// Until it is finished or given up.
    session: Option<Session>,
    format: FrameFormat,
    color: ColorDescription,
    frames: u64,
    bytes: u64,
}

struct Session {
    encoder: CoreEncoder,
    container: ContainerWriter<Sink>,
}

enum Sink {
    File(OutputFile),
    Memory(Arc<Mutex<Vec<u8>>>),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Memory(memory) => {
                let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                memory.extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Memory(_) => Ok(()),
        }
    }
}

/// What both ways of encoding take: keyframes are their interval, whether scene cuts make some, and the frames
/// that are known ahead; the target is a bitrate or a PSNR.
pub fn encoder_config(
    quality: u8,
    effort: u8,
    (keyframe_interval, scene_cuts, lookahead): (u32, bool, u32),
    target: (Option<f64>, Option<f64>),
) -> Result<EncoderConfig, Failure> {
    let target = match target {
        (None, None) => None,
        (Some(rate), None) => Some(RateTarget::BitsPerSecond(rate)),
        (None, Some(psnr)) => Some(RateTarget::Psnr(psnr)),
        _ => {
            return Err(Failure::argument(
                "a bitrate and a PSNR cannot both be reached",
            ));
        }
    };
    Ok(EncoderConfig {
        quality: Quality::new(quality)?,
        target,
        effort: Effort::new(effort)?,
        keyframe_interval,
        scene_cuts,
        lookahead,
        coded_size: CodedSize::Full,
    })
}

#[pymethods]
impl Encoder {
    #[new]
    #[allow(clippy::too_many_arguments, reason = "named in Python")]
    fn new(
        py: Python<'_>,
        size: (usize, usize),
        frame_rate: (u32, u32),
        output: Option<PathBuf>,
        quality: u8,
        effort: u8,
        model: Option<&Bound<'_, PyAny>>,
        pixel_format_name: &str,
        bit_depth: u8,
        color: (Option<String>, String),
        keyframes: (u32, bool, u32),
        target: (Option<f64>, Option<f64>),
        threads: Option<usize>,
    ) -> Result<Self, Failure> {
        let pixel_format = pixel_format(pixel_format_name)?;
        let (width, height) = size;
        let format = FrameFormat::new(width, height, pixel_format, BitDepth::try_from(bit_depth)?)?;
        let (matrix, range) = color;
        let properties = VideoProperties {
            color: color_description(format, matrix.as_deref(), &range)?,
            ..VideoProperties::new(format, rational(frame_rate)?)
        };
        let config = encoder_config(quality, effort, keyframes, target)?;
        let model = ModelArgument::extract(model)?;
        let threads: Option<NonZeroUsize> = thread_count(threads)?;
        py.detach(|| {
            let pool = thread_pool(threads)?;
            let encoder = CoreEncoder::new(&model.or_default()?, &properties, config)?;
            let memory = Arc::new(Mutex::new(Vec::new()));
            let sink = match &output {
                Some(path) => Sink::File(OutputFile::create(path)?),
                None => Sink::Memory(memory.clone()),
            };
            let container = ContainerWriter::new(sink, encoder.header())?;
            let bytes = container.bytes_written();
            let state = State {
                session: Some(Session { encoder, container }),
                format,
                color: properties.color,
                frames: 0,
                bytes,
            };
            Ok(Self {
                state: Locked::new(state, pool),
                memory,
            })
        })
    }

    /// Codes a frame: an array, or a tuple of three planes. Its presentation time is its number.
    fn send(&self, py: Python<'_>, frame: &Bound<'_, PyAny>) -> Result<(), Failure> {
        let frame = frame_from(frame)?;
        py.detach(|| {
            self.state.with(|state| {
                let session = state.session.as_mut().ok_or(SessionError::Finished)?;
                if (frame.width(), frame.height(), frame.format().bit_depth())
                    != (
                        state.format.width(),
                        state.format.height(),
                        state.format.bit_depth(),
                    )
                {
                    return Err(SessionError::FrameFormat {
                        number: state.frames,
                        actual: frame.format(),
                        expected: state.format,
                    }
                    .into());
                }
                let number = i64::try_from(state.frames).expect("frames that were counted up");
                let frame = in_pixel_format(frame, state.format.pixel_format(), state.color)?;
                session.encoder.send_frame(&frame.with_pts(number))?;
                session.write_packets()?;
                state.frames += 1;
                state.bytes = session.container.bytes_written();
                Ok(())
            })
        })
    }

    fn set_quality(&self, py: Python<'_>, quality: u8) -> Result<(), Failure> {
        let quality = Quality::new(quality)?;
        py.detach(|| {
            self.state.with(|state| {
                let session = state.session.as_mut().ok_or(SessionError::Finished)?;
                session.encoder.set_quality(quality);
                Ok(())
            })
        })
    }

    /// The bytes of the stream since the last call, without an output file.
    fn take<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = std::mem::take(&mut *memory);
        drop(memory);
        PyBytes::new(py, &bytes)
    }

    /// Ends the stream; once more does nothing.
    fn finish(&self, py: Python<'_>) -> Result<(), Failure> {
        py.detach(|| {
            self.state.with(|state| {
                let Some(mut session) = state.session.take() else {
                    return Ok(());
                };
                session.encoder.finish()?;
                session.write_packets()?;
                state.bytes = session.container.bytes_written();
                if let Sink::File(file) = session.container.finish()? {
                    file.finish()?;
                }
                Ok(())
            })
        })
    }

    /// Gives the stream up: a file does not appear.
    fn discard(&self, py: Python<'_>) -> Result<(), Failure> {
        py.detach(|| {
            self.state.with(|state| {
                state.session = None;
                Ok(())
            })
        })
    }

    /// Frames coded, bytes of header and packets, and whether the stream has ended.
    fn state(&self, py: Python<'_>) -> Result<(u64, u64, bool), Failure> {
        py.detach(|| {
            self.state
                .with(|state| Ok((state.frames, state.bytes, state.session.is_none())))
        })
    }
}

impl Session {
    fn write_packets(&mut self) -> Result<(), Failure> {
        while let EncoderOutput::Packet(packet) = self.encoder.receive_packet() {
            self.container.write_packet(&packet)?;
        }
        Ok(())
    }
}

fn color_description(
    format: FrameFormat,
    matrix: Option<&str>,
    range: &str,
) -> Result<ColorDescription, Failure> {
    let range = match range {
        "limited" => ColorRange::Limited,
        "full" => ColorRange::Full,
        _ => {
            return Err(Failure::argument(format!(
                "color range `{range}` is unknown; there are limited and full"
            )));
        }
    };
    let color = match matrix {
        None => usual_color(format.height()),
        Some("bt601") => ColorDescription::BT601,
        Some("bt709") => ColorDescription::BT709,
        Some("bt2020") => ColorDescription {
            primaries: ColorPrimaries::Bt2020,
            transfer: TransferCharacteristics::Bt2020Ten,
            matrix: MatrixCoefficients::Bt2020Ncl,
            range: ColorRange::Limited,
        },
        Some(matrix) => {
            return Err(Failure::argument(format!(
                "color `{matrix}` is unknown; there are bt601, bt709 and bt2020"
            )));
        }
    };
    Ok(match format.pixel_format() {
        PixelFormat::Yuv420 => ColorDescription { range, ..color },
        _ => ColorDescription::SRGB,
    })
}
