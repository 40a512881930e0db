use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::report::html_report;
use super::{BdComparison, BenchError, BenchMetric, Measurement, Scores};
use crate::evaluation::StageTimes;
use crate::video::OutputFile;

/// Everything that a bench measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchResults {
    /// The suite's title.
    pub suite: String,
    /// Version and hash of the program that measured.
    pub program: String,
    /// The ffmpeg program's version, if there was one.
    pub ffmpeg: Option<String>,
    /// Cells that were measured at the same time.
    pub jobs: usize,
    /// Names of the clips.
    pub clips: Vec<String>,
    /// Names of the codecs that were measured.
    pub codecs: Vec<String>,
    /// Codecs that BD-rates are taken against.
    pub references: Vec<String>,
    /// Codecs of the suite that could not be run.
    pub left_out: Vec<LeftOut>,
    /// Cells that failed.
    pub failures: Vec<CellFailure>,
    /// Differences between codecs.
    pub bd: Vec<BdComparison>,
    /// Every clip, codec and rate point.
    pub cells: Vec<CellResult>,
    /// A crop of each clip, as PNG.
    #[serde(skip)]
    pub originals: Vec<Option<Vec<u8>>>,
}

/// One clip, codec and rate point that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CellResult {
    /// The clip.
    pub clip: String,
    /// The codec.
    pub codec: String,
    /// The rate point on the codec's own scale.
    pub quality: u32,
    /// Rate, quality and speed.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// The decoded crop, as PNG.
    #[serde(skip)]
    pub crop: Option<Vec<u8>>,
}

/// A codec that could not be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its name.
    pub codec: String,
    /// Why.
    pub reason: String,
}

/// A cell that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CellFailure {
    /// The clip.
    pub clip: String,
    /// The codec.
    pub codec: String,
    /// The rate point.
    pub quality: u32,
    /// Why.
    pub message: String,
}

impl BenchResults {
    /// The metric that codecs are compared by first: weighted PSNR, or that of RGB if all clips are
    /// pictures.
    #[must_use]
    pub fn main_metric(&self) -> BenchMetric {
        let is_video = |cell: &CellResult| cell.measurement.scores.psnr_avg611.is_some();
        if self.cells.iter().any(is_video) {
            BenchMetric::PsnrAvg611
        } else {
            BenchMetric::PsnrRgb
        }
    }

    /// Writes `results.json`, `cells.csv`, `frames.csv`, `bd.csv` and `report.html` to a folder, and
    /// returns the report's path.
    ///
    /// # Errors
    /// [`BenchError::Io`] and [`BenchError::Video`] if a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, BenchError> {
        fs::create_dir_all(folder).map_err(BenchError::io(folder))?;
        let json = serde_json::to_string_pretty(self).expect("results are plain data");
        let report = folder.join("report.html");
        for (path, text) in [
            (folder.join("results.json"), json),
            (folder.join("cells.csv"), self.cells_csv()),
            (folder.join("frames.csv"), self.frames_csv()),
            (folder.join("bd.csv"), self.bd_csv()),
            (report.clone(), html_report(self)),
        ] {
            let mut file = OutputFile::create(&path)?;
            file.write_all(text.as_bytes())
                .map_err(BenchError::io(&path))?;
            file.finish()?;
        }
        Ok(report)
    }

    fn cells_csv(&self) -> String {
        let mut csv = format!(
            "clip,codec,quality,width,height,frames,bytes,file_bytes,estimated_bytes,bits_per_pixel,\
             bits_per_second,{},encode_frames_per_second,decode_frames_per_second,\
             encode_transform_ms,encode_entropy_ms,encode_files_ms,\
             decode_transform_ms,decode_entropy_ms,decode_files_ms,\
             encode_peak_bytes,decode_peak_bytes\n",
            Scores::NAMES.join(",")
        );
        for cell in &self.cells {
            let m = &cell.measurement;
            let _ = writeln!(
                csv,
                "{},{},{},{},{},{},{},{},{},{:.6},{:.1},{},{},{},{},{},{},{}",
                cell.clip,
                cell.codec,
                cell.quality,
                m.width,
                m.height,
                m.frames,
                m.bytes,
                whole(m.file_bytes),
                field(m.estimated_bytes),
                m.bits_per_pixel,
                m.bits_per_second,
                fields(&m.scores.values()),
                field(m.encode_frames_per_second),
                field(m.decode_frames_per_second),
                stage_fields(m.encode_stages),
                stage_fields(m.decode_stages),
                whole(m.encode_peak_bytes),
                whole(m.decode_peak_bytes),
            );
        }
        csv
    }

    fn frames_csv(&self) -> String {
        let mut csv = format!(
            "clip,codec,quality,frame,payload_bytes,estimated_bits,{}\n",
            Scores::NAMES.join(",")
        );
        for cell in &self.cells {
            for (number, frame) in cell.measurement.per_frame.iter().enumerate() {
                let _ = writeln!(
                    csv,
                    "{},{},{},{number},{},{},{}",
                    cell.clip,
                    cell.codec,
                    cell.quality,
                    whole(frame.payload_bytes),
                    field(frame.estimated_bits),
                    fields(&frame.scores.values())
                );
            }
        }
        csv
    }

    fn bd_csv(&self) -> String {
        let mut csv = String::from(
            "metric,reference,codec,clip,bd_rate_percent,confidence_95,overlap,bd_quality,\
             quality_confidence_95,rate_overlap,problem\n",
        );
        for comparison in &self.bd {
            let metric = serde_json::to_string(&comparison.metric).expect("a name is plain data");
            let metric = metric.trim_matches('"');
            let (reference, codec) = (&comparison.reference, &comparison.codec);
            for clip in &comparison.clips {
                let _ = writeln!(
                    csv,
                    "{metric},{reference},{codec},{},{},,{:.3},{},,{:.3},{}",
                    clip.clip,
                    field(clip.bd_rate),
                    clip.overlap,
                    field(clip.bd_quality),
                    clip.rate_overlap,
                    clip.problem
                        .as_deref()
                        .or(clip.quality_problem.as_deref())
                        .unwrap_or_default()
                        .replace(',', ";"),
                );
            }
            let (rate, quality) = (comparison.bd_rate, comparison.bd_quality);
            let _ = writeln!(
                csv,
                "{metric},{reference},{codec},MEAN,{},{},,{},{},,",
                field(rate.map(|rate| rate.mean)),
                field(rate.and_then(|rate| rate.confidence)),
                field(quality.map(|quality| quality.mean)),
                field(quality.and_then(|quality| quality.confidence)),
            );
        }
        csv
    }
}

fn whole(value: Option<u64>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

/// Three fields.
fn stage_fields(stages: Option<StageTimes>) -> String {
    let Some(stages) = stages else {
        return ",,".to_owned();
    };
    let times = [
        Some(stages.transform_ms),
        Some(stages.entropy_ms),
        stages.files_ms,
    ];
    times.map(field).join(",")
}

fn field(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| format!("{value:.4}"))
}

fn fields(values: &[Option<f64>]) -> String {
    let text: Vec<_> = values
        .iter()
        .map(|value| value.map_or(String::new(), |value| format!("{value:.5}")))
        .collect();
    text.join(",")
}
