//! The library as a whole: versions, errors, threads.

use std::ffi::{CStr, c_char};

use crate::AivcStatus;
use crate::failure::Failure;
use crate::guard::{guard, last_error};

/// Version of this interface. It changes when programs have to be compiled anew.
pub const AIVC_ABI_VERSION: u32 = 1;

/// The AIVC_ABI_VERSION of the library at run time.
#[unsafe(no_mangle)]
pub extern "C" fn aivc_abi_version() -> u32 {
    AIVC_ABI_VERSION
}

/// Compares the version that a program was compiled for, AIVC_ABI_VERSION, with that of the
/// library: AIVC_STATUS_ABI_VERSION if the library does not serve it.
#[unsafe(no_mangle)]
pub extern "C" fn aivc_check_abi(version: u32) -> AivcStatus {
    guard(|| {
        if version == AIVC_ABI_VERSION {
            return Ok(AivcStatus::Ok);
        }
        Err(Failure::new(
            AivcStatus::AbiVersion,
            format!(
                "the program was compiled for version {version} of the interface; \
                 the library has version {AIVC_ABI_VERSION}"
            ),
        ))
    })
}

/// The library's version, as "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn aivc_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => panic!("a version has no NUL"),
        };
    VERSION.as_ptr()
}

/// What went wrong in this thread's last call, in a line or more of UTF-8; empty if nothing did.
/// Never NULL. Valid until the thread's next call that returns a status.
#[unsafe(no_mangle)]
pub extern "C" fn aivc_last_error_message() -> *const c_char {
    last_error()
}

/// The name of a status, as "AIVC_STATUS_OK"; "AIVC_STATUS_?" for a number that is none. Lives as
/// long as the library.
#[unsafe(no_mangle)]
pub extern "C" fn aivc_status_name(status: i32) -> *const c_char {
    let name = STATUS_NAMES
        .iter()
        .find(|(known, _)| *known as i32 == status)
        .map_or(c"AIVC_STATUS_?", |(_, name)| name);
    name.as_ptr()
}

const STATUS_NAMES: [(AivcStatus, &CStr); 20] = [
    (AivcStatus::Ok, c"AIVC_STATUS_OK"),
    (AivcStatus::End, c"AIVC_STATUS_END"),
    (AivcStatus::Repaired, c"AIVC_STATUS_REPAIRED"),
    (AivcStatus::NullPointer, c"AIVC_STATUS_NULL_POINTER"),
    (AivcStatus::InvalidArgument, c"AIVC_STATUS_INVALID_ARGUMENT"),
    (AivcStatus::StructSize, c"AIVC_STATUS_STRUCT_SIZE"),
    (AivcStatus::AbiVersion, c"AIVC_STATUS_ABI_VERSION"),
    (AivcStatus::BufferSize, c"AIVC_STATUS_BUFFER_SIZE"),
    (AivcStatus::OutOfOrder, c"AIVC_STATUS_OUT_OF_ORDER"),
    (AivcStatus::Busy, c"AIVC_STATUS_BUSY"),
    (AivcStatus::Cancelled, c"AIVC_STATUS_CANCELLED"),
    (AivcStatus::Callback, c"AIVC_STATUS_CALLBACK"),
    (AivcStatus::Io, c"AIVC_STATUS_IO"),
    (AivcStatus::Damaged, c"AIVC_STATUS_DAMAGED"),
    (AivcStatus::Unsupported, c"AIVC_STATUS_UNSUPPORTED"),
    (AivcStatus::Model, c"AIVC_STATUS_MODEL"),
    (AivcStatus::Video, c"AIVC_STATUS_VIDEO"),
    (AivcStatus::Evaluation, c"AIVC_STATUS_EVALUATION"),
    (AivcStatus::Training, c"AIVC_STATUS_TRAINING"),
    (AivcStatus::Internal, c"AIVC_STATUS_INTERNAL"),
];

/// Sets the number of CPU threads that the library computes with, 1 to 1024, for the whole program;
/// without it there is one a core. Streams and frames do not depend on it. Must come before
/// anything is coded: AIVC_STATUS_OUT_OF_ORDER afterwards, and the second time.
#[unsafe(no_mangle)]
pub extern "C" fn aivc_set_thread_count(threads: u32) -> AivcStatus {
    guard(|| {
        if !(1..=1024).contains(&threads) {
            return Err(Failure::argument(format!(
                "{threads} threads; there can be 1 to 1024"
            )));
        }
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads as usize)
            .build_global()
            .map_err(|error| Failure::out_of_order(error.to_string()))?;
        Ok(AivcStatus::Ok)
    })
}
