use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::dataset::{Batch, Dataset};
use crate::training::TrainingError;

/// Batches that each thread prepares ahead.
const AHEAD: usize = 2;

/// Prepares batches on threads of its own, in the order of steps.
///
/// Thread `t` of `n` makes the batches of steps `first + t`, `first + t + n`, …; the order in
/// which they are taken is therefore fixed. Dropping the loader ends the threads.
#[derive(Debug)]
pub struct BatchLoader {
    receivers: Vec<Receiver<Result<Batch, TrainingError>>>,
    next: usize,
}

impl BatchLoader {
    /// Starts the threads; the first batch is that of step `first`.
    pub fn start(
        dataset: Arc<Dataset>,
        first: u64,
        pictures: usize,
        side: usize,
        threads: usize,
    ) -> Self {
        let receivers = (0..threads)
            .map(|index| {
                let (sender, receiver) = sync_channel(AHEAD);
                let dataset = dataset.clone();
                let steps = (first + index as u64..).step_by(threads);
                thread::spawn(move || prepare(&dataset, steps, pictures, side, &sender));
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
    pub fn next_batch(&mut self) -> Result<Batch, TrainingError> {
        let batch = self.receivers[self.next]
            .recv()
            .expect("loader threads stop only after an error");
        self.next = (self.next + 1) % self.receivers.len();
        batch
    }
}

fn prepare(
    dataset: &Dataset,
    steps: impl Iterator<Item = u64>,
    pictures: usize,
    side: usize,
    sender: &SyncSender<Result<Batch, TrainingError>>,
) {
    for step in steps {
        let batch = dataset.batch(step, pictures, side);
        let failed = batch.is_err();
        if sender.send(batch).is_err() || failed {
            return;
        }
    }
}
