//! Long work beside a live interpreter.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use rayon::ThreadPool;

use crate::failure::Failure;

/// How often Ctrl-C is looked for.
const INTERVAL: Duration = Duration::from_millis(50);

/// That of a program's main thread, on which the command does the same work.
const STACK_BYTES: usize = 8 << 20;

/// How the work tells of its progress and learns that it is to stop.
pub struct Observer<'a, A> {
    cancelled: &'a AtomicBool,
    events: Sender<A>,
    answers: Receiver<()>,
    has_callback: bool,
}

impl<A> Observer<'_, A> {
    /// Calls the callback with these arguments, waits for it, and says whether to go on.
    pub fn tell(&mut self, arguments: A) -> ControlFlow<()> {
        if self.has_callback && self.events.send(arguments).is_ok() {
            // The other thread answers every event, until the work is done.
            let _ = self.answers.recv();
        }
        if self.cancelled.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// Runs `work` on a thread of its own, without the interpreter. The calling thread calls `callback`
/// with what the work tells, and looks for Ctrl-C. When either raises, the work is told to stop, and
/// that exception is the result whatever the work makes of it.
///
/// # Errors
/// The exception of the callback or of a signal handler. The work's own result is inside.
pub fn run_interruptible<A, T>(
    py: Python<'_>,
    threads: Option<NonZeroUsize>,
    callback: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&mut Observer<'_, A>) -> T + Send,
) -> Result<T, Failure>
where
    A: for<'py> PyCallArgs<'py> + Send,
    T: Send,
{
    let pool = thread_pool(threads)?;
    let cancelled = AtomicBool::new(false);
    let (events, receiver) = channel();
    let (answer, answers) = channel();
    // `Receiver` is not `Sync`, which lending it to a closure that leaves the interpreter takes.
    let receiver = Mutex::new(receiver);
    let mut raised = None;
    let result = thread::scope(|scope| {
        let mut observer = Observer {
            cancelled: &cancelled,
            events,
            answers,
            has_callback: callback.is_some(),
        };
        let pool = &pool;
        let worker = thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, move || match pool {
                Some(pool) => pool.install(|| work(&mut observer)),
                None => work(&mut observer),
            })
            .map_err(|error| Failure::io(error, None))?;
        loop {
            let received = py.detach(|| {
                let receiver = receiver.lock().expect("no other thread takes it");
                receiver.recv_timeout(INTERVAL)
            });
            let told = received.is_ok();
            let outcome = match (received, callback) {
                (Err(RecvTimeoutError::Disconnected), _) => break,
                _ if raised.is_some() => Ok(()),
                (Ok(arguments), Some(callback)) => {
                    callback.call1(arguments).and_then(|_| py.check_signals())
                }
                _ => py.check_signals(),
            };
            if let Err(error) = outcome {
                raised = Some(error);
                cancelled.store(true, Ordering::Relaxed);
            }
            if told {
                // The work waits for it, and notices what was stored before.
                let _ = answer.send(());
            }
        }
        Ok::<_, Failure>(py.detach(|| worker.join()))
    })?;
    let result = result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    // Ctrl-C reaches a program that feeds the work too, which then looks as if its video had ended.
    match raised {
        Some(error) => Err(error.into()),
        None => Ok(py.check_signals().map(|()| result)?),
    }
}

/// A pool of so many threads; none stands for the process's own, of all cores.
pub fn thread_pool(threads: Option<NonZeroUsize>) -> Result<Option<ThreadPool>, Failure> {
    let Some(threads) = threads else {
        return Ok(None);
    };
    const LIMIT: usize = 1024;
    if threads.get() > LIMIT {
        return Err(Failure::argument(format!(
            "threads is {threads}; it must be 1 to {LIMIT}"
        )));
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.get())
        .stack_size(STACK_BYTES)
        .build()
        .map(Some)
        .map_err(|error| Failure::argument(format!("cannot start {threads} threads: {error}")))
}
