use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::anchor::AnchorSettings;
use super::{BenchError, Measurement};
use crate::evaluation::PerceptualMetrics;
use crate::metrics::Lpips;
use crate::video::OutputFile;

/// Raised with every change of what a cell measures.
const REVISION: u32 = 2;

/// Everything that a measurement depends on. Names of clips and codecs are not part of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct CellKey<'a> {
    /// Hash of the clip's bytes.
    pub(super) clip: &'a str,
    /// Only so many frames of it.
    pub(super) frames: Option<u64>,
    /// What coded it.
    pub(super) codec: CodecKey<'a>,
    /// At which quality.
    pub(super) quality: u32,
    /// The ffmpeg that computed VMAF.
    pub(super) vmaf: Option<&'a str>,
    /// SSIMULACRA 2 and LPIPS.
    pub(super) perceptual: PerceptualKey<'a>,
}

/// The part of a [`CellKey`] that is of what some frames are measured by.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct PerceptualKey<'a> {
    every: u64,
    ssimulacra2: bool,
    /// Hash of the weights.
    lpips: Option<&'a str>,
}

impl<'a> PerceptualKey<'a> {
    pub(super) fn of(metrics: &'a PerceptualMetrics) -> Self {
        Self {
            every: metrics.every.get(),
            ssimulacra2: metrics.ssimulacra2,
            lpips: metrics.lpips.as_ref().map(Lpips::hash),
        }
    }
}

/// The part of a [`CellKey`] that is of the codec.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CodecKey<'a> {
    Model {
        weights: String,
        backend: String,
        keyframe_interval: Option<u32>,
        /// Hash of the running program: the same version, built from other sources, measures anew.
        program: &'a str,
    },
    Anchor {
        settings: &'a AnchorSettings,
        /// The command, so that a change of it measures anew.
        arguments: Vec<String>,
        ffmpeg: &'a str,
    },
}

impl CellKey<'_> {
    /// The name of the cell's files.
    pub(super) fn hash(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let text = serde_json::to_vec(&(REVISION, version, self)).expect("keys are plain data");
        blake3::hash(&text).to_hex()[..32].to_owned()
    }
}

/// Measurements by the hash of their [`CellKey`]: a file each, written whole or not at all.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub(super) fn open(folder: PathBuf) -> Result<Self, BenchError> {
        fs::create_dir_all(&folder).map_err(BenchError::io(&folder))?;
        Ok(Self { folder })
    }

    fn path(&self, key: &str, extension: &str) -> PathBuf {
        self.folder.join(format!("{key}.{extension}"))
    }

    /// What was measured before. A file that is damaged counts as none.
    pub(super) fn load(&self, key: &str) -> Option<Measurement> {
        let text = fs::read(self.path(key, "json")).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Keeps a measurement. The picture comes first: where the measurement is, it is too.
    pub(super) fn store(
        &self,
        key: &str,
        measurement: &Measurement,
        crop: &[u8],
    ) -> Result<(), BenchError> {
        self.store_crop(key, crop)?;
        let text = serde_json::to_vec(measurement).expect("measurements are plain data");
        write_whole(&self.path(key, "json"), &text)
    }

    /// Keeps a picture.
    pub(super) fn store_crop(&self, key: &str, crop: &[u8]) -> Result<(), BenchError> {
        write_whole(&self.path(key, "png"), crop)
    }

    /// The picture of a measurement.
    pub(super) fn crop(&self, key: &str) -> Option<Vec<u8>> {
        fs::read(self.path(key, "png")).ok()
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), BenchError> {
    let mut file = OutputFile::create(path)?;
    file.write_all(bytes).map_err(BenchError::io(path))?;
    Ok(file.finish()?)
}

/// Hash of the bytes of a file, or of a folder's files with their names.
pub(super) fn content_hash(path: &Path) -> Result<String, BenchError> {
    let mut hasher = blake3::Hasher::new();
    if path.is_dir() {
        let mut files = fs::read_dir(path)
            .and_then(|entries| {
                entries
                    .map(|entry| Ok(entry?.path()))
                    .collect::<io::Result<Vec<_>>>()
            })
            .map_err(BenchError::io(path))?;
        files.retain(|file| file.is_file());
        files.sort();
        for file in files {
            let name = file.file_name().unwrap_or_default();
            hasher.update(name.as_encoded_bytes());
            hasher.update(&[0]);
            hasher.update(content_hash(&file)?.as_bytes());
        }
    } else {
        let mut file = fs::File::open(path).map_err(BenchError::io(path))?;
        io::copy(&mut file, &mut HashSink(&mut hasher)).map_err(BenchError::io(path))?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}

struct HashSink<'a>(&'a mut blake3::Hasher);

impl Write for HashSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::anchor::{AnchorEncoder, AnchorMode, Tuning};
    use super::*;

    fn settings() -> AnchorSettings {
        AnchorSettings {
            encoder: AnchorEncoder::X264,
            mode: Some(AnchorMode::LowDelay),
            tuning: Tuning::Default,
            preset: None,
        }
    }

    #[test]
    fn everything_that_a_measurement_depends_on_changes_its_key() {
        let (low_delay, psnr) = (
            settings(),
            AnchorSettings {
                tuning: Tuning::Psnr,
                ..settings()
            },
        );
        let anchor = |settings, ffmpeg, argument: &str| CodecKey::Anchor {
            settings,
            arguments: vec![argument.to_owned()],
            ffmpeg,
        };
        let model = |weights: &str, program, keyframe_interval| CodecKey::Model {
            weights: weights.to_owned(),
            backend: "flex".to_owned(),
            keyframe_interval,
            program,
        };
        let no_metrics = PerceptualMetrics::default();
        let base = CellKey {
            clip: "c",
            frames: None,
            codec: model("w", "p", None),
            quality: 8,
            vmaf: None,
            perceptual: PerceptualKey::of(&no_metrics),
        };
        let with = |codec| CellKey {
            codec,
            ..base.clone()
        };
        let perceptual = |every, ssimulacra2, lpips| CellKey {
            perceptual: PerceptualKey {
                every,
                ssimulacra2,
                lpips,
            },
            ..base.clone()
        };
        let keys = [
            base.clone(),
            CellKey {
                clip: "d",
                ..base.clone()
            },
            CellKey {
                frames: Some(2),
                ..base.clone()
            },
            CellKey {
                quality: 9,
                ..base.clone()
            },
            CellKey {
                vmaf: Some("9"),
                ..base.clone()
            },
            perceptual(2, true, None),
            perceptual(1, true, None),
            perceptual(1, true, Some("w")),
            with(model("x", "p", None)),
            with(model("w", "q", None)),
            with(model("w", "p", Some(8))),
            with(anchor(&low_delay, "5", "a")),
            with(anchor(&psnr, "5", "a")),
            with(anchor(&low_delay, "9", "a")),
            with(anchor(&low_delay, "5", "b")),
        ];
        let hashes: BTreeSet<_> = keys.iter().map(CellKey::hash).collect();
        assert_eq!(hashes.len(), keys.len());
        assert_eq!(base.hash(), base.clone().hash());
    }

    #[test]
    fn a_damaged_entry_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path().join("cache")).unwrap();
        assert_eq!(cache.load("k"), None);
        fs::write(cache.path("k", "json"), "{\"frames\": 1").unwrap();
        assert_eq!(cache.load("k"), None);
    }

    #[test]
    fn the_hash_of_a_clip_is_that_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&a, "frames").unwrap();
        fs::write(&b, "frames").unwrap();
        assert_eq!(content_hash(&a).unwrap(), content_hash(&b).unwrap());
        let of_folder = content_hash(folder.path()).unwrap();
        fs::write(&b, "others").unwrap();
        assert_ne!(content_hash(&a).unwrap(), content_hash(&b).unwrap());
        assert_ne!(content_hash(folder.path()).unwrap(), of_folder);
    }
}
