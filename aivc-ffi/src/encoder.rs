use std::ffi::{c_char, c_void};
use std::io::{self, Write};
use std::sync::Mutex;

use aivc_core::session::{
    CodedSize, ContainerWriter, Effort, Encoder, EncoderConfig, EncoderOutput, Quality, RateTarget,
    SessionError,
};
use aivc_core::video::{OutputFile, VideoProperties};

use crate::AivcStatus;
use crate::arguments::{
    SizedStruct, User, init_struct, path, read_optional, read_struct, reference, write,
};
use crate::callback::{AivcWriteCallback, CallbackWriter};
use crate::failure::Failure;
use crate::frame::AivcFrame;
use crate::guard::guard;
use crate::handle::{Handle, free, into_raw, lock};
use crate::model::AivcModel;
use crate::video_format::AivcVideoFormat;

/// Parameters of an encoder.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcEncoderConfig {
    /// `sizeof(AivcEncoderConfig)`.
    pub struct_size: usize,
    /// Quality level, from 0 (smallest) to 63 (best). Keyframes that others are predicted from are up to 16
    /// levels better.
    pub quality: u32,
    /// Most frames from one keyframe to the next, at least 1, for models that predict; others code
    /// keyframes only.
    pub keyframe_interval: u32,
    /// Bits a second that the stream is to reach, in place of a constant quality; 0 for none.
    pub bits_per_second: f64,
    /// Mean PSNR in dB, planes weighted 6:1:1, that the stream is to reach; 0 for none. At most one
    /// of both is given.
    pub psnr: f64,
    /// Not 0: no keyframes where scenes change.
    pub no_scene_cuts: u32,
    /// How long to search for latents that take fewer bits, from 0 (not at all) to 9. Decoders do not
    /// notice. Models of the family hyperprior search; others code as with 0.
    pub effort: u32,
    /// Frames that the encoder knows beyond the one that it codes: models that predict spend bits where these
    /// profit. Packets come that much later; 0 gives a packet at once, 40 is good for files.
    pub lookahead: u32,
}

// SAFETY: `repr(C)` with numbers, the size first.
unsafe impl SizedStruct for AivcEncoderConfig {}

impl AivcEncoderConfig {
    /// The configuration of a pointer that may be null.
    ///
    /// # Safety
    /// As [`read_optional`].
    pub(crate) unsafe fn read(config: *const Self) -> Result<EncoderConfig, Failure> {
        // SAFETY: the contract of this function.
        match unsafe { read_optional(config, "config") }? {
            Some(config) => Ok(EncoderConfig {
                quality: quality(config.quality)?,
                target: target(&config)?,
                effort: effort(config.effort)?,
                keyframe_interval: config.keyframe_interval,
                scene_cuts: config.no_scene_cuts == 0,
                lookahead: config.lookahead,
                coded_size: CodedSize::Full,
            }),
            None => Ok(EncoderConfig::default()),
        }
    }
}

fn target(config: &AivcEncoderConfig) -> Result<Option<RateTarget>, Failure> {
    match (config.bits_per_second, config.psnr) {
        (0.0, 0.0) => Ok(None),
        (rate, 0.0) => Ok(Some(RateTarget::BitsPerSecond(rate))),
        (0.0, psnr) => Ok(Some(RateTarget::Psnr(psnr))),
        _ => Err(Failure::argument(
            "a bitrate and a PSNR cannot both be reached; one of them is 0",
        )),
    }
}

fn quality(level: u32) -> Result<Quality, Failure> {
    Ok(Quality::new(u8::try_from(level).unwrap_or(u8::MAX))?)
}

fn effort(level: u32) -> Result<Effort, Failure> {
    Ok(Effort::new(u8::try_from(level).unwrap_or(u8::MAX))?)
}

/// Codes the frames of one video into a stream.
pub struct AivcEncoder {
    session: Mutex<EncoderSession>,
}

impl Handle for AivcEncoder {
    type Session = EncoderSession;

    fn session(&self) -> &Mutex<EncoderSession> {
        &self.session
    }
}

pub struct EncoderSession {
    properties: VideoProperties,
    state: State,
}

enum State {
    Open(Box<OpenStream>),
    /// With the stream, if it was written to memory.
    Finished(Option<Vec<u8>>),
    /// Writing failed, in the middle of a packet perhaps.
    Failed,
}

struct OpenStream {
    encoder: Encoder,
    container: ContainerWriter<Sink>,
}

enum Sink {
    Callback(CallbackWriter),
    File(OutputFile),
    Memory(Vec<u8>),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Callback(sink) => sink.write(bytes),
            Self::File(sink) => sink.write(bytes),
            Self::Memory(sink) => sink.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Callback(sink) => sink.flush(),
            Self::File(sink) => sink.flush(),
            Self::Memory(sink) => sink.flush(),
        }
    }
}

impl EncoderSession {
    fn open(&mut self) -> Result<&mut OpenStream, Failure> {
        match &mut self.state {
            State::Open(open) => Ok(open),
            State::Finished(_) => Err(Failure::out_of_order("the encoder is finished")),
            State::Failed => Err(Failure::out_of_order(
                "the encoder could not write its stream and is of no more use",
            )),
        }
    }

    /// # Safety
    /// As [`AivcFrame::to_frame`].
    unsafe fn send(&mut self, frame: AivcFrame) -> Result<AivcStatus, Failure> {
        let properties = self.properties;
        let open = self.open()?;
        // SAFETY: the contract of this function.
        let frame = unsafe { frame.to_frame(&properties) }?;
        open.encoder.send_frame(&frame)?;
        let written = open.write_packets();
        if written.is_err() {
            self.state = State::Failed;
        }
        written.map(|()| AivcStatus::Ok).map_err(Failure::from)
    }

    fn finish(&mut self) -> Result<AivcStatus, Failure> {
        self.open()?;
        let State::Open(open) = std::mem::replace(&mut self.state, State::Failed) else {
            unreachable!("it is open, by the line above");
        };
        self.state = State::Finished(open.finish()?);
        Ok(AivcStatus::Ok)
    }
}

impl OpenStream {
    fn write_packets(&mut self) -> Result<(), SessionError> {
        while let EncoderOutput::Packet(packet) = self.encoder.receive_packet() {
            self.container.write_packet(&packet)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Option<Vec<u8>>, SessionError> {
        self.encoder.finish()?;
        self.write_packets()?;
        match self.container.finish()? {
            Sink::Callback(_) => Ok(None),
            Sink::File(file) => Ok(file.finish().map(|()| None)?),
            Sink::Memory(bytes) => Ok(Some(bytes)),
        }
    }
}

/// What the three ways to open an encoder share.
///
/// # Safety
/// The contract of C for each of the pointers.
unsafe fn open(
    model: *const AivcModel,
    format: *const AivcVideoFormat,
    config: *const AivcEncoderConfig,
    encoder: *mut *mut AivcEncoder,
    sink: impl FnOnce() -> Result<Sink, Failure>,
) -> Result<AivcStatus, Failure> {
    // SAFETY: the contract of this function.
    unsafe { write(encoder, std::ptr::null_mut(), "encoder") }?;
    // SAFETY: the contract of this function.
    let model = &unsafe { reference(model, "model") }?.model;
    // SAFETY: the contract of this function.
    let properties = unsafe { read_struct(format, "format") }?.properties()?;
    // SAFETY: the contract of this function.
    let config = unsafe { AivcEncoderConfig::read(config) }?;
    let session = Encoder::new(model, &properties, config)?;
    let container = ContainerWriter::new(sink()?, session.header())?;
    let opened = AivcEncoder {
        session: Mutex::new(EncoderSession {
            properties,
            state: State::Open(Box::new(OpenStream {
                encoder: session,
                container,
            })),
        }),
    };
    // SAFETY: the contract of this function.
    unsafe { write(encoder, into_raw(opened), "encoder") }
}

/// Sets up a configuration: quality 32, effort 0, a keyframe every 64 frames, no lookahead. `struct_size` is
/// `sizeof(AivcEncoderConfig)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_encoder_config_init(
    config: *mut AivcEncoderConfig,
    struct_size: usize,
) -> AivcStatus {
    guard(|| {
        let default = EncoderConfig::default();
        let value = AivcEncoderConfig {
            struct_size: size_of::<AivcEncoderConfig>(),
            quality: default.quality.level().into(),
            keyframe_interval: default.keyframe_interval,
            bits_per_second: 0.0,
            psnr: 0.0,
            no_scene_cuts: u32::from(!default.scene_cuts),
            effort: default.effort.level().into(),
            lookahead: default.lookahead,
        };
        // SAFETY: the contract of C.
        unsafe { init_struct(config, struct_size, value, "config") }
    })
}

/// Starts a stream in a file, which gets its name when the encoder is finished: an encoder that is
/// freed before leaves nothing. `config` may be NULL for the defaults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_encoder_open_file(
    stream_path: *const c_char,
    model: *const AivcModel,
    format: *const AivcVideoFormat,
    config: *const AivcEncoderConfig,
    encoder: *mut *mut AivcEncoder,
) -> AivcStatus {
    guard(|| {
        let create = || {
            // SAFETY: the contract of C.
            let stream_path = unsafe { path(stream_path, "stream_path") }?;
            Ok(Sink::File(OutputFile::create(stream_path)?))
        };
        // SAFETY: the contract of C.
        unsafe { open(model, format, config, encoder, create) }
    })
}

/// Starts a stream in memory; aivc_encoder_bytes gives it. `config` may be NULL for the defaults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_encoder_open_memory(
    model: *const AivcModel,
    format: *const AivcVideoFormat,
    config: *const AivcEncoderConfig,
    encoder: *mut *mut AivcEncoder,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        unsafe {
            open(model, format, config, encoder, || {
                Ok(Sink::Memory(Vec::new()))
            })
        }
    })
}

/// Starts a stream whose bytes `write` takes as they come; nothing is written again or looked back
/// at. `user` is handed to it. `config` may be NULL for the defaults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_encoder_open_callback(
    write: AivcWriteCallback,
    user: *mut c_void,
    model: *const AivcModel,
    format: *const AivcVideoFormat,
    config: *const AivcEncoderConfig,
    encoder: *mut *mut AivcEncoder,
) -> AivcStatus {
    guard(|| {
        let sink = || {
            let callback =
                write.ok_or_else(|| Failure::new(AivcStatus::NullPointer, "write is NULL"))?;
            let user = User(user);
            Ok(Sink::Callback(CallbackWriter { callback, user }))
        };
        // SAFETY: the contract of C.
        unsafe { open(model, format, config, encoder, sink) }
    })
}

/// Changes the quality from the next frame on: 0 to 63.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_encoder_set_quality(
    encoder: *mut AivcEncoder,
    quality: u32,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let mut session = unsafe { lock(encoder, "encoder") }?;
        session.open()?.encoder.set_quality(self::quality(quality)?);
        Ok(AivcStatus::Ok)
    })
}

/// Codes a picture of the encoder's format and writes it to the stream. If it cannot be written,
/// as AIVC_STATUS_CALLBACK and AIVC_STATUS_IO say, the encoder takes no more calls but to be freed;
/// a picture that is refused changes nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_encoder_send_frame(
    encoder: *mut AivcEncoder,
    frame: *const AivcFrame,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let mut session = unsafe { lock(encoder, "encoder") }?;
        // SAFETY: the contract of C.
        let frame = unsafe { read_struct(frame, "frame") }?;
        // SAFETY: the contract of C.
        unsafe { session.send(frame) }
    })
}

/// Ends the stream: writes its index, and gives a file its name. The encoder takes no more frames.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_encoder_finish(encoder: *mut AivcEncoder) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        unsafe { lock(encoder, "encoder") }?.finish()
    })
}

/// The stream of a finished encoder that was opened with aivc_encoder_open_memory. The bytes belong
/// to the encoder and live until it is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_encoder_bytes(
    encoder: *const AivcEncoder,
    data: *mut *const u8,
    size: *mut usize,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        unsafe { write(size, 0, "size") }?;
        // SAFETY: the contract of C.
        unsafe { write(data, std::ptr::null(), "data") }?;
        // SAFETY: the contract of C.
        let session = unsafe { lock(encoder, "encoder") }?;
        let bytes = match &session.state {
            State::Finished(Some(bytes)) => bytes,
            State::Finished(None) => {
                return Err(Failure::out_of_order(
                    "the stream was not written to memory",
                ));
            }
            _ => return Err(Failure::out_of_order("the encoder is not finished")),
        };
        // SAFETY: checked above.
        unsafe { write(data, bytes.as_ptr(), "data") }?;
        // SAFETY: checked above.
        unsafe { write(size, bytes.len(), "size") }
    })
}

/// Frees an encoder. One that is not finished leaves no file. NULL is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_encoder_free(encoder: *mut AivcEncoder) -> AivcStatus {
    // SAFETY: the contract of C.
    guard(|| unsafe { free(encoder, "encoder") })
}
