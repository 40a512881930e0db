use std::ffi::{c_char, c_void};
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::sync::Mutex;
use std::time::Instant;

use aivc_core::frame::Frame;
use aivc_core::model::Model;
use aivc_core::session::{
    ContainerError, ContainerReader, DecodeSummary, Decoder, DecoderOutput, IndexStatus,
    SessionError, StreamHeader,
};

use crate::AivcStatus;
use crate::arguments::{
    SizedStruct, User, bytes, check_struct, init_struct, path, read_optional, read_struct,
    reference, write,
};
use crate::callback::{AivcReadCallback, CallbackReader};
use crate::failure::Failure;
use crate::frame::AivcFrame;
use crate::guard::guard;
use crate::handle::{Handle, free, into_raw, lock};
use crate::model::{self, AivcModel};
use crate::video_format::AivcVideoFormat;

/// Parameters of a decoder.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcDecoderConfig {
    /// `sizeof(AivcDecoderConfig)`.
    pub struct_size: usize,
    /// The model that the stream was coded with; NULL to take the built-in one that it names.
    pub model: *const AivcModel,
    /// What computes, if `model` is NULL: a backend of the build, or NULL for the default.
    pub backend: *const c_char,
}

// SAFETY: `repr(C)` with an integer and pointers, the size first.
unsafe impl SizedStruct for AivcDecoderConfig {}

impl AivcDecoderConfig {
    /// The model for a stream; `config` may be null.
    ///
    /// # Safety
    /// As [`read_optional`], and for the pointers in the struct.
    pub(crate) unsafe fn model(
        config: *const Self,
        header: &StreamHeader,
    ) -> Result<Model, Failure> {
        // SAFETY: the contract of this function.
        let config = unsafe { read_optional(config, "config") }?;
        let (model, backend) = config.map_or((std::ptr::null(), std::ptr::null()), |config| {
            (config.model, config.backend)
        });
        if !model.is_null() {
            // SAFETY: the contract of this function.
            return Ok(unsafe { reference(model, "config->model") }?.model.clone());
        }
        // SAFETY: the contract of this function.
        let backend = unsafe { model::backend(backend) }?;
        Ok(Model::for_stream(header, backend)?)
    }
}

/// What became of the index at a stream's end.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AivcIndexStatus {
    /// The end has not been reached.
    NotReached = 0,
    /// It is whole: no byte of the stream is missing.
    Complete = 1,
    /// The stream ends without one: it was cut off, or is still being written.
    Missing = 2,
    /// It is damaged, or bytes before it were lost or added.
    Damaged = 3,
}

impl From<IndexStatus> for AivcIndexStatus {
    fn from(status: IndexStatus) -> Self {
        match status {
            IndexStatus::NotReached => Self::NotReached,
            IndexStatus::Complete => Self::Complete,
            IndexStatus::Missing => Self::Missing,
            IndexStatus::Damaged => Self::Damaged,
        }
    }
}

/// What was decoded so far.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcDecodeSummary {
    /// `sizeof(AivcDecodeSummary)`.
    pub struct_size: usize,
    /// Frames given out, repeated ones included.
    pub frames: u64,
    /// Frames that were lost and replaced by the one before; always 0 for an AivcDecoder.
    pub repeated: u64,
    /// Damaged stretches of the stream: packets, as far as they can be told apart.
    pub damaged: u64,
    /// Bytes of all payloads.
    pub payload_bytes: u64,
    /// Seconds in the codec, without reading and writing.
    pub codec_seconds: f64,
    /// An AivcIndexStatus.
    pub index_status: u32,
}

// SAFETY: `repr(C)` with numbers, the size first.
unsafe impl SizedStruct for AivcDecodeSummary {}

impl From<&DecodeSummary> for AivcDecodeSummary {
    fn from(summary: &DecodeSummary) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            frames: summary.frames,
            repeated: summary.repeated,
            damaged: summary.damaged,
            payload_bytes: summary.payload_bytes,
            codec_seconds: summary.codec_seconds,
            index_status: AivcIndexStatus::from(summary.index) as u32,
        }
    }
}

/// Gives the frames of a stream.
pub struct AivcDecoder {
    session: Mutex<DecoderSession>,
}

impl Handle for AivcDecoder {
    type Session = DecoderSession;

    fn session(&self) -> &Mutex<DecoderSession> {
        &self.session
    }
}

pub struct DecoderSession {
    format: AivcVideoFormat,
    /// `None` once it is closed.
    stream: Option<Box<OpenStream>>,
    summary: AivcDecodeSummary,
}

struct OpenStream {
    container: ContainerReader<Box<dyn Read + Send>>,
    decoder: Decoder,
}

impl DecoderSession {
    /// # Safety
    /// The contract of C for `config`.
    unsafe fn new(
        source: Box<dyn Read + Send>,
        config: *const AivcDecoderConfig,
    ) -> Result<Self, Failure> {
        let container = ContainerReader::new(source)?;
        // SAFETY: the contract of this function.
        let model = unsafe { AivcDecoderConfig::model(config, container.header()) }?;
        let decoder = Decoder::new(&model, container.header())?;
        Ok(Self {
            format: AivcVideoFormat::of(decoder.properties())?,
            stream: Some(Box::new(OpenStream { container, decoder })),
            summary: AivcDecodeSummary {
                struct_size: size_of::<AivcDecodeSummary>(),
                frames: 0,
                repeated: 0,
                damaged: 0,
                payload_bytes: 0,
                codec_seconds: 0.0,
                index_status: AivcIndexStatus::NotReached as u32,
            },
        })
    }

    fn stream(&mut self) -> Result<&mut OpenStream, Failure> {
        self.stream
            .as_deref_mut()
            .ok_or_else(|| Failure::out_of_order("the decoder is closed"))
    }

    /// The next frame, or `None` at the end. Damage to a packet leaves the stream open; after other
    /// failures it is closed.
    fn next_frame(&mut self) -> Result<Option<Frame>, Failure> {
        let next = self.decode();
        match next {
            Ok(Some(_)) => self.summary.frames += 1,
            Ok(None) => {}
            Err(
                SessionError::Packet { .. }
                | SessionError::ReferenceLost { .. }
                | SessionError::Container(ContainerError::DamagedPacket { .. }),
            ) => self.summary.damaged += 1,
            Err(_) => self.stream = None,
        }
        Ok(next?)
    }

    fn decode(&mut self) -> Result<Option<Frame>, SessionError> {
        let Some(OpenStream { container, decoder }) = self.stream.as_deref_mut() else {
            return Ok(None);
        };
        loop {
            if let DecoderOutput::Frame(frame) = decoder.receive_frame() {
                return Ok(Some(frame));
            }
            let packet = container
                .next_packet()
                .inspect_err(|_| decoder.packet_lost())?;
            let Some(packet) = packet else {
                let index = AivcIndexStatus::from(container.index_status());
                self.summary.index_status = index as u32;
                return Ok(None);
            };
            self.summary.payload_bytes += packet.payload.len() as u64;
            let begun = Instant::now();
            let sent = decoder.send_packet(&packet);
            self.summary.codec_seconds += begun.elapsed().as_secs_f64();
            sent?;
        }
    }
}

/// What the three ways to open a decoder share.
///
/// # Safety
/// The contract of C for each of the pointers.
unsafe fn open(
    config: *const AivcDecoderConfig,
    decoder: *mut *mut AivcDecoder,
    source: impl FnOnce() -> Result<Box<dyn Read + Send>, Failure>,
) -> Result<AivcStatus, Failure> {
    // SAFETY: the contract of this function.
    unsafe { write(decoder, std::ptr::null_mut(), "decoder") }?;
    // SAFETY: the contract of this function.
    let session = Mutex::new(unsafe { DecoderSession::new(source()?, config) }?);
    // SAFETY: the contract of this function.
    unsafe { write(decoder, into_raw(AivcDecoder { session }), "decoder") }
}

/// Sets up a configuration: the built-in model that the stream names, on the default backend.
/// `struct_size` is `sizeof(AivcDecoderConfig)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_decoder_config_init(
    config: *mut AivcDecoderConfig,
    struct_size: usize,
) -> AivcStatus {
    guard(|| {
        let value = AivcDecoderConfig {
            struct_size: size_of::<AivcDecoderConfig>(),
            model: std::ptr::null(),
            backend: std::ptr::null(),
        };
        // SAFETY: the contract of C.
        unsafe { init_struct(config, struct_size, value, "config") }
    })
}

/// Opens a stream in a file. `config` may be NULL for the defaults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_decoder_open_file(
    stream_path: *const c_char,
    config: *const AivcDecoderConfig,
    decoder: *mut *mut AivcDecoder,
) -> AivcStatus {
    guard(|| {
        let source = || -> Result<Box<dyn Read + Send>, Failure> {
            // SAFETY: the contract of C.
            Ok(Box::new(open_file(unsafe {
                path(stream_path, "stream_path")
            }?)?))
        };
        // SAFETY: the contract of C.
        unsafe { open(config, decoder, source) }
    })
}

/// Opens a stream file for reading.
pub(crate) fn open_file(path: &std::path::Path) -> Result<BufReader<File>, Failure> {
    let named = |error| Failure::new(AivcStatus::Io, format!("{}: {error}", path.display()));
    Ok(BufReader::with_capacity(
        1 << 16,
        File::open(path).map_err(named)?,
    ))
}

/// Opens a stream in memory. The bytes are copied. `config` may be NULL for the defaults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_decoder_open_memory(
    data: *const u8,
    size: usize,
    config: *const AivcDecoderConfig,
    decoder: *mut *mut AivcDecoder,
) -> AivcStatus {
    guard(|| {
        let source = || -> Result<Box<dyn Read + Send>, Failure> {
            // SAFETY: the contract of C.
            let data = unsafe { bytes(data, size, "data") }?;
            Ok(Box::new(Cursor::new(data.to_vec())))
        };
        // SAFETY: the contract of C.
        unsafe { open(config, decoder, source) }
    })
}

/// Opens a stream whose bytes `read` gives, from the start and in order, when they are needed; this
/// call reads the header. `user` is handed to it. `config` may be NULL for the defaults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_decoder_open_callback(
    read: AivcReadCallback,
    user: *mut c_void,
    config: *const AivcDecoderConfig,
    decoder: *mut *mut AivcDecoder,
) -> AivcStatus {
    guard(|| {
        let source = || -> Result<Box<dyn Read + Send>, Failure> {
            let callback =
                read.ok_or_else(|| Failure::new(AivcStatus::NullPointer, "read is NULL"))?;
            let user = User(user);
            Ok(Box::new(CallbackReader { callback, user }))
        };
        // SAFETY: the contract of C.
        unsafe { open(config, decoder, source) }
    })
}

/// Says what the frames are like. `format->struct_size` must be set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_decoder_format(
    decoder: *const AivcDecoder,
    format: *mut AivcVideoFormat,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let session = unsafe { lock(decoder, "decoder") }?;
        // SAFETY: the contract of C.
        unsafe { check_struct(format, "format") }?;
        // SAFETY: checked above.
        unsafe { write(format, session.format, "format") }
    })
}

/// Stores the next frame in the buffers of `frame`, and its time. AIVC_STATUS_END after the last
/// one. AIVC_STATUS_DAMAGED if a frame is lost: the next call goes on after it, and the buffers are
/// as they were, so that showing them again repeats the frame before. After other failures of the
/// stream, as AIVC_STATUS_IO or AIVC_STATUS_CALLBACK, the decoder is closed. Buffers that do not fit
/// change nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_decoder_next_frame(
    decoder: *mut AivcDecoder,
    frame: *mut AivcFrame,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let mut session = unsafe { lock(decoder, "decoder") }?;
        // SAFETY: the contract of C.
        let buffers = unsafe { read_struct(frame, "frame") }?;
        buffers.check(session.stream()?.decoder.properties().format)?;
        let Some(decoded) = session.next_frame()? else {
            return Ok(AivcStatus::End);
        };
        // SAFETY: the contract of C.
        unsafe { buffers.store(&decoded) }?;
        let filled = AivcFrame {
            presentation_ticks: decoded.pts(),
            ..buffers
        };
        // SAFETY: checked above.
        unsafe { write(frame, filled, "frame") }
    })
}

/// Says what was decoded so far, of a closed decoder too. `summary->struct_size` must be set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_decoder_summary(
    decoder: *const AivcDecoder,
    summary: *mut AivcDecodeSummary,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let session = unsafe { lock(decoder, "decoder") }?;
        // SAFETY: the contract of C.
        unsafe { check_struct(summary, "summary") }?;
        // SAFETY: checked above.
        unsafe { write(summary, session.summary, "summary") }
    })
}

/// Lets go of the stream: its file is closed, its callback is not called any more. The decoder
/// gives no more frames and is still to be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_decoder_close(decoder: *mut AivcDecoder) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let mut session = unsafe { lock(decoder, "decoder") }?;
        session.stream()?;
        session.stream = None;
        Ok(AivcStatus::Ok)
    })
}

/// Frees a decoder. NULL is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_decoder_free(decoder: *mut AivcDecoder) -> AivcStatus {
    // SAFETY: the contract of C.
    guard(|| unsafe { free(decoder, "decoder") })
}
