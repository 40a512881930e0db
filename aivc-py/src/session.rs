//! A session's state behind a lock that never waits.

use std::sync::{Mutex, TryLockError};

use rayon::ThreadPool;

use crate::failure::Failure;

/// State that one thread at a time may use, and the threads that compute for it.
pub struct Locked<T> {
    state: Mutex<T>,
    pool: Option<ThreadPool>,
}

impl<T: Send> Locked<T> {
    pub fn new(state: T, pool: Option<ThreadPool>) -> Self {
        Self {
            state: Mutex::new(state),
            pool,
        }
    }

    /// Calls `work` with the state. To be called without the interpreter.
    ///
    /// # Errors
    /// When the state is in use, by another thread or by a caller further up.
    pub fn with<R: Send>(
        &self,
        work: impl FnOnce(&mut T) -> Result<R, Failure> + Send,
    ) -> Result<R, Failure> {
        match self.state.try_lock() {
            Ok(mut state) => {
                let state = &mut *state;
                match &self.pool {
                    Some(pool) => pool.install(|| work(state)),
                    None => work(state),
                }
            }
            Err(TryLockError::WouldBlock) => Err(Failure::argument(
                "the session is in use by another call; it serves one thread at a time",
            )),
            Err(TryLockError::Poisoned(_)) => Err(Failure::argument(
                "the session is of no more use after an internal error",
            )),
        }
    }
}
