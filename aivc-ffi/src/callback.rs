//! Functions of the caller as readers, writers and observers.

use std::ffi::c_void;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;

use aivc_core::session::Progress;

use crate::arguments::User;
use crate::failure::CallbackFailed;

/// Reads up to `capacity` bytes of a stream into `buffer` and stores their number in `*bytes_read`,
/// 0 at the end. Returns 0, or anything else if reading failed.
pub type AivcReadCallback = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        buffer: *mut u8,
        capacity: usize,
        bytes_read: *mut usize,
    ) -> i32,
>;

/// Takes `size` bytes of a stream, in order; called several times a frame. Returns 0, or anything
/// else if writing failed.
pub type AivcWriteCallback =
    Option<unsafe extern "C" fn(user: *mut c_void, data: *const u8, size: usize) -> i32>;

/// Is told how far a call is, after every frame. Returns 0 to go on; anything else ends the call
/// with AIVC_STATUS_CANCELLED.
pub type AivcProgressCallback =
    Option<unsafe extern "C" fn(user: *mut c_void, progress: *const AivcProgress) -> i32>;

/// How far a call is.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcProgress {
    /// Size of this struct.
    pub struct_size: usize,
    /// Frames done.
    pub frames: u64,
    /// Frames there will be, 0 if that is not known.
    pub frames_expected: u64,
    /// Bytes so far: of the stream when encoding, of payloads when decoding, 0 when evaluating.
    pub bytes: u64,
    /// Seconds in the codec, without reading and writing; 0 when evaluating.
    pub codec_seconds: f64,
}

impl From<&Progress> for AivcProgress {
    fn from(progress: &Progress) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            frames: progress.frames,
            frames_expected: progress.frames_expected.unwrap_or(0),
            bytes: progress.bytes,
            codec_seconds: progress.codec_seconds,
        }
    }
}

/// An observer that is the caller's function, if there is one.
pub struct Observer {
    pub callback: AivcProgressCallback,
    pub user: User,
}

impl Observer {
    pub fn tell(&self, progress: AivcProgress) -> ControlFlow<()> {
        let Some(callback) = self.callback else {
            return ControlFlow::Continue(());
        };
        // SAFETY: a function of this type by the contract of C; the struct lives through the call.
        match unsafe { callback(self.user.0, &progress) } {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

/// The caller's function as a source of bytes.
pub struct CallbackReader {
    pub callback: unsafe extern "C" fn(*mut c_void, *mut u8, usize, *mut usize) -> i32,
    pub user: User,
}

impl Read for CallbackReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut bytes_read = 0;
        // SAFETY: a function of this type by the contract of C; the buffer has that capacity.
        let result = unsafe {
            (self.callback)(
                self.user.0,
                buffer.as_mut_ptr(),
                buffer.len(),
                &mut bytes_read,
            )
        };
        if result != 0 {
            return Err(failed("reading", result));
        }
        if bytes_read > buffer.len() {
            return Err(io::Error::other(format!(
                "the reading callback says it read {bytes_read} bytes into {}",
                buffer.len()
            )));
        }
        Ok(bytes_read)
    }
}

/// The caller's function as a sink of bytes.
pub struct CallbackWriter {
    pub callback: unsafe extern "C" fn(*mut c_void, *const u8, usize) -> i32,
    pub user: User,
}

impl Write for CallbackWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        // SAFETY: a function of this type by the contract of C; the bytes live through the call.
        let result = unsafe { (self.callback)(self.user.0, bytes.as_ptr(), bytes.len()) };
        if result != 0 {
            return Err(failed("writing", result));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failed(action: &'static str, result: i32) -> io::Error {
    io::Error::other(CallbackFailed { action, result })
}
