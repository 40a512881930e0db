use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::training::TrainingError;

/// Batches that each thread prepares ahead.
const AHEAD: usize = 2;

/// Prepares batches on threads of its own, in the order of steps.
///
/// Thread `t` of `n` makes the batches of steps `first + t`, `first + t + n`, …; the order in
/// which they are taken is therefore fixed. Dropping the loader ends the threads.
#[derive(Debug)]
pub struct BatchLoader<T> {
    receivers: Vec<Receiver<Result<T, TrainingError>>>,
    next: usize,
}

impl<T: Send + 'static> BatchLoader<T> {
    /// Starts the threads; the first batch is that of step `first`.
    pub fn start(
        make: impl Fn(u64) -> Result<T, TrainingError> + Clone + Send + 'static,
        first: u64,
        threads: usize,
    ) -> Self {
        let receivers = (0..threads)
            .map(|index| {
                let (sender, receiver) = sync_channel(AHEAD);
                let make = make.clone();
                let steps = (first + index as u64..).step_by(threads);
                thread::spawn(move || prepare(make, steps, &sender));
                receiver
            })
            .collect();
        Self { receivers, next: 0 }
    }

    /// The batch of the next step.
    ///
    /// # Errors
    /// What went wrong while it was prepared.
    ///
    /// # Panics
    /// If called again after an error.
    pub fn next_batch(&mut self) -> Result<T, TrainingError> {
        let batch = self.receivers[self.next]
            .recv()
            .expect("loader threads stop only after an error");
        self.next = (self.next + 1) % self.receivers.len();
        batch
    }
}

fn prepare<T>(
    make: impl Fn(u64) -> Result<T, TrainingError>,
    steps: impl Iterator<Item = u64>,
    sender: &SyncSender<Result<T, TrainingError>>,
) {
    for step in steps {
        let batch = make(step);
        let failed = batch.is_err();
        if sender.send(batch).is_err() || failed {
            return;
        }
    }
}
