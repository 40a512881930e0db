use std::sync::{Mutex, MutexGuard, TryLockError};

use crate::AivcStatus;
use crate::arguments::reference;
use crate::failure::Failure;

/// An opaque type of the header: a session behind a lock.
pub trait Handle: Sized {
    type Session: Send;

    fn session(&self) -> &Mutex<Self::Session>;
}

/// Gives a handle to the caller, who frees it.
pub fn into_raw<H>(handle: H) -> *mut H {
    Box::into_raw(Box::new(handle))
}

/// The session of a handle, for one call.
///
/// # Safety
/// `handle` is null, or came from [`into_raw`] and is not freed before the guard is gone.
pub unsafe fn lock<'a, H>(
    handle: *const H,
    name: &str,
) -> Result<MutexGuard<'a, H::Session>, Failure>
where
    H::Session: 'a,
    H: Handle + 'a,
{
    // SAFETY: the contract of this function.
    let handle: &'a H = unsafe { reference(handle, name) }?;
    match handle.session().try_lock() {
        Ok(session) => Ok(session),
        Err(TryLockError::WouldBlock) => Err(Failure::new(
            AivcStatus::Busy,
            format!("{name} is at work in another call; use it from one thread at a time"),
        )),
        Err(TryLockError::Poisoned(_)) => Err(Failure::new(
            AivcStatus::Internal,
            format!("{name} is of no more use after an internal error"),
        )),
    }
}

/// Frees a handle, unless a call is at work with it. Null is nothing to free.
///
/// # Safety
/// `handle` is null, or came from [`into_raw`] and is not used by later calls.
pub unsafe fn free<H: Handle>(handle: *mut H, name: &str) -> Result<AivcStatus, Failure> {
    if handle.is_null() {
        return Ok(AivcStatus::Ok);
    }
    // SAFETY: the contract of this function.
    match unsafe { lock(handle, name) } {
        Err(failure) if failure.status != AivcStatus::Internal => Err(failure),
        held => {
            drop(held);
            // SAFETY: made by `into_raw`, and no call has it.
            drop(unsafe { Box::from_raw(handle) });
            Ok(AivcStatus::Ok)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::guard;

    struct Counter(Mutex<u32>);

    impl Handle for Counter {
        type Session = u32;

        fn session(&self) -> &Mutex<u32> {
            &self.0
        }
    }

    #[test]
    fn a_handle_at_work_is_busy_and_is_not_freed() {
        let handle = into_raw(Counter(Mutex::new(0)));
        // SAFETY: alive to the end of the test.
        let held = unsafe { lock(handle, "counter") }.unwrap();
        // SAFETY: as above.
        let second = unsafe { lock(handle, "counter") };
        assert_eq!(second.err().unwrap().status, AivcStatus::Busy);
        // SAFETY: refused.
        let freed = unsafe { free(handle, "counter") };
        assert_eq!(freed.err().unwrap().status, AivcStatus::Busy);
        drop(held);
        // SAFETY: the last use.
        assert_eq!(unsafe { free(handle, "counter") }.unwrap(), AivcStatus::Ok);
    }

    #[test]
    fn a_handle_that_saw_a_panic_can_only_be_freed() {
        let handle = into_raw(Counter(Mutex::new(0)));
        guard(|| {
            // SAFETY: alive to the end of the test.
            let _held = unsafe { lock(handle, "counter") }?;
            panic!("within a call");
        });
        // SAFETY: as above.
        let used = unsafe { lock(handle, "counter") };
        assert_eq!(used.err().unwrap().status, AivcStatus::Internal);
        // SAFETY: the last use.
        assert_eq!(unsafe { free(handle, "counter") }.unwrap(), AivcStatus::Ok);
    }
}
