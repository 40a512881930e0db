use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::TrainingError;
use super::validation::ValidationPoint;

/// One line of a run's `log.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LogRecord {
    /// A run started or was resumed.
    Start {
        /// First step.
        step: u64,
        /// Steps that the run will have.
        steps: u64,
        /// Name of the backend's device.
        device: String,
        /// Parameters of the network.
        parameters: usize,
        /// Pictures of each source.
        pictures: Vec<usize>,
    },
    /// Means over the steps since the last such record.
    Steps {
        /// Last step of the mean.
        step: u64,
        /// Loss.
        loss: f64,
        /// Estimated bits per pixel.
        bits_per_pixel: f64,
        /// PSNR of the mean squared error, in dB; 0 where nothing is decoded, as distributions by themselves
        /// learn.
        psnr: f64,
        /// Norm of the gradient before clipping.
        gradient_norm: f64,
        /// Learning rate of the last step.
        learning_rate: f64,
        /// Pictures a second, waiting for data included.
        samples_per_second: f64,
        /// Seconds that the run has had, over all resumptions.
        elapsed_seconds: f64,
        /// Effective number of codes in use, a stage; empty without codebooks.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        perplexity: Vec<f64>,
    },
    /// A step whose loss or gradient was not finite, and which was left out.
    Skipped {
        /// The step.
        step: u64,
    },
    /// The run went back to its last good weights, because steps broke one after another.
    RolledBack {
        /// The step at which it broke.
        step: u64,
        /// Steps that the weights have had which it goes on from.
        to: u64,
        /// What the recipe's learning rate is multiplied by from now on.
        rate_factor: f64,
    },
    /// Validation with real streams and averaged weights.
    Validation {
        /// Steps done.
        step: u64,
        /// One point a quality.
        points: Vec<ValidationPoint>,
    },
}

/// Appends records to a run's log.
#[derive(Debug)]
pub(super) struct LogWriter {
    path: PathBuf,
    file: File,
}

impl LogWriter {
    pub fn append(path: &Path) -> Result<Self, TrainingError> {
        let io = || TrainingError::io(path);
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(path)
            .map_err(io())?;
        if ends_within_a_line(&mut file).map_err(io())? {
            file.write_all(b"\n").map_err(io())?;
        }
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    pub fn write(&mut self, record: &LogRecord) -> Result<(), TrainingError> {
        let mut line = serde_json::to_string(record).expect("records are plain data");
        line.push('\n');
        self.file
            .write_all(line.as_bytes())
            .map_err(TrainingError::io(&self.path))
    }
}

/// Whether the last record was cut off, when the run was killed.
fn ends_within_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Reads a run's log. Lines that are no record are left out: one that was cut off when the run was
/// killed, and kinds of a later version.
///
/// # Errors
/// [`TrainingError::Io`] if the file cannot be read.
pub fn read_log(path: impl AsRef<Path>) -> Result<Vec<LogRecord>, TrainingError> {
    let path = path.as_ref();
    let file = File::open(path).map_err(TrainingError::io(path))?;
    let mut records = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line.map_err(TrainingError::io(path))?;
        records.extend(serde_json::from_str::<LogRecord>(&line).ok());
    }
    Ok(records)
}
