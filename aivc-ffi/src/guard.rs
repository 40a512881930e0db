use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::AivcStatus;
use crate::failure::Failure;

thread_local! {
    static LAST_ERROR: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// Runs the body of an exported function: what it panics with ends here, and what it fails with is
/// kept for [`last_error`].
pub fn guard(call: impl FnOnce() -> Result<AivcStatus, Failure>) -> AivcStatus {
    set_last_error(None);
    // Sessions lie in mutexes, which a panic poisons: nobody sees a half-changed one.
    let failure = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(status)) => {
            // Calls that a callback made may have left one.
            set_last_error(None);
            return status;
        }
        Ok(Err(failure)) => failure,
        Err(payload) => Failure::new(AivcStatus::Internal, describe(payload)),
    };
    let text = failure.message.replace('\0', " ");
    set_last_error(CString::new(text).ok());
    failure.status
}

/// The message of this thread's last call, empty if it did not fail; valid until the next one.
pub fn last_error() -> *const c_char {
    LAST_ERROR
        .try_with(|last| last.borrow().as_ref().map(|message| message.as_ptr()))
        .ok()
        .flatten()
        .unwrap_or(c"".as_ptr())
}

/// Does nothing in a thread that is ending and has no storage any more.
fn set_last_error(message: Option<CString>) {
    let _ = LAST_ERROR.try_with(|last| *last.borrow_mut() = message);
}

fn describe(payload: Box<dyn Any + Send>) -> String {
    let text = if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without a message".to_owned()
    };
    // Dropping a payload can panic, and this is the last place that could catch it.
    std::mem::forget(payload);
    format!("internal error: {text}")
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;

    fn message() -> String {
        // SAFETY: a string of this thread, and no call came between.
        let message = unsafe { CStr::from_ptr(last_error()) };
        message.to_str().unwrap().to_owned()
    }

    extern "C" fn panics() -> AivcStatus {
        guard(|| panic!("number {}", 7))
    }

    #[test]
    fn a_panic_becomes_a_status_and_a_message() {
        assert_eq!(panics(), AivcStatus::Internal);
        assert_eq!(message(), "internal error: number 7");
    }

    struct PanicsWhenDropped;

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    #[test]
    fn a_payload_that_panics_itself_is_contained() {
        let status = guard(|| std::panic::panic_any(PanicsWhenDropped));
        assert_eq!(status, AivcStatus::Internal);
    }

    #[test]
    fn a_panic_in_another_thread_of_the_call_is_contained() {
        let status = guard(|| {
            rayon::join(|| (), || panic!("in a worker"));
            Ok(AivcStatus::Ok)
        });
        assert_eq!(status, AivcStatus::Internal);
    }

    #[test]
    fn messages_are_of_the_thread_and_of_the_last_call() {
        guard(|| Err(Failure::argument("here\0and here")));
        let other = std::thread::spawn(message).join().unwrap();
        assert_eq!(other, "");
        assert_eq!(message(), "here and here");
        guard(|| {
            guard(|| Err(Failure::argument("from a callback")));
            Ok(AivcStatus::End)
        });
        assert_eq!(message(), "");
    }
}
