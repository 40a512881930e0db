use std::io::BufReader;
use std::num::NonZeroUsize;

use aivc_core::frame::PixelFormat;
use aivc_core::session::{
    ContainerError, ContainerReader, Decoder as CoreDecoder, DecoderOutput, SessionError,
};
use aivc_core::video::VideoProperties;
use pyo3::prelude::*;

use crate::failure::Failure;
use crate::files::index_name;
use crate::frames::{Picture, pixel_format, pixel_format_name};
use crate::interruptible::thread_pool;
use crate::model::ModelArgument;
use crate::refinement::{RefinementArgument, refining_decoder};
use crate::session::Locked;
use crate::sources::{StreamSource, open_file, stream_source, thread_count};

/// Decodes a container frame by frame.
#[pyclass(frozen, module = "aivc._native")]
pub struct Decoder {
    state: Locked<State>,
    properties: VideoProperties,
    frame_count: Option<u64>,
    model_name: String,
    weights_hash: String,
}

struct State {
    /// Until it is closed.
    session: Option<Session>,
    /// What the frames are given as.
    pixel_format: PixelFormat,
    frame_number: Option<i64>,
}

struct Session {
    container: ContainerReader<StreamSource>,
    decoder: CoreDecoder,
}

#[pymethods]
impl Decoder {
    #[new]
    fn new(
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        model: Option<&Bound<'_, PyAny>>,
        output_format: &str,
        refinement: Option<RefinementArgument>,
        threads: Option<usize>,
    ) -> Result<Self, Failure> {
        let (source, path) = stream_source(source)?;
        let output_format = pixel_format(output_format)?;
        let model = ModelArgument::extract(model)?;
        let threads: Option<NonZeroUsize> = thread_count(threads)?;
        py.detach(|| {
            let pool = thread_pool(threads)?;
            let container = ContainerReader::new(source)?;
            let header = container.header();
            let model = model.or_of_stream(header)?;
            let decoder = refining_decoder(&model, header, refinement.as_ref())?;
            let frame_count = match &path {
                // Its own reader: a pipe, which cannot be sought in, has no count.
                Some(path) if path.is_file() => {
                    let mut container = ContainerReader::new(BufReader::new(open_file(path)?))?;
                    let index = container.read_index().ok();
                    index.map(|index| index.entries().len() as u64)
                }
                _ => None,
            };
            Ok(Self {
                properties: *decoder.properties(),
                frame_count,
                model_name: header.model_name.clone(),
                weights_hash: model.hash().to_string(),
                state: Locked::new(
                    State {
                        session: Some(Session { container, decoder }),
                        pixel_format: output_format,
                        frame_number: None,
                    },
                    pool,
                ),
            })
        })
    }

    /// The next frame with its presentation time, or nothing after the last one. After an error of
    /// the stream it can be called again, and goes on after the damage.
    fn next_frame<'py>(
        &self,
        py: Python<'py>,
    ) -> Result<Option<(Bound<'py, PyAny>, i64)>, Failure> {
        let next = py.detach(|| {
            self.state.with(|state| {
                let session = state.session.as_mut().ok_or(SessionError::Finished)?;
                let Some(frame) = session.next_frame()? else {
                    return Ok(None);
                };
                let number = frame.pts();
                state.frame_number = Some(number);
                Ok(Some((Picture::new(frame, state.pixel_format)?, number)))
            })
        })?;
        match next {
            None => Ok(None),
            Some((picture, number)) => Ok(Some((picture.into_python(py)?, number))),
        }
    }

    /// Closes the source.
    fn close(&self, py: Python<'_>) -> Result<(), Failure> {
        py.detach(|| {
            self.state.with(|state| {
                state.session = None;
                Ok(())
            })
        })
    }

    /// What is known of the index at the stream's end.
    fn index_status(&self, py: Python<'_>) -> Result<Option<&'static str>, Failure> {
        py.detach(|| {
            self.state.with(|state| {
                let session = state.session.as_ref();
                Ok(session.map(|session| index_name(session.container.index_status())))
            })
        })
    }

    #[getter]
    fn size(&self) -> (usize, usize) {
        (
            self.properties.format.width(),
            self.properties.format.height(),
        )
    }

    #[getter]
    fn frame_rate(&self) -> (u32, u32) {
        let rate = self.properties.frame_rate;
        (rate.numerator(), rate.denominator())
    }

    #[getter]
    fn pixel_format(&self) -> &'static str {
        pixel_format_name(self.properties.format.pixel_format())
    }

    #[getter]
    fn bit_depth(&self) -> u8 {
        self.properties.format.bit_depth().bits()
    }

    #[getter]
    fn frame_count(&self) -> Option<u64> {
        self.frame_count
    }

    #[getter]
    fn model_name(&self) -> &str {
        &self.model_name
    }

    #[getter]
    fn weights_hash(&self) -> &str {
        &self.weights_hash
    }
}

impl Session {
    fn next_frame(&mut self) -> Result<Option<aivc_core::frame::Frame>, Failure> {
        loop {
            if let DecoderOutput::Frame(frame) = self.decoder.receive_frame() {
                return Ok(Some(frame));
            }
            match self.container.next_packet() {
                Ok(Some(packet)) => self.decoder.send_packet(&packet)?,
                Ok(None) => return Ok(None),
                Err(error @ ContainerError::DamagedPacket { .. }) => {
                    self.decoder.packet_lost();
                    return Err(error.into());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}
