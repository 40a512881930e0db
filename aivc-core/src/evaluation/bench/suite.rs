use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::anchor::{AnchorEncoder, AnchorMode, AnchorSettings, Tuning};
use super::{BenchError, SuiteProblem};
use crate::session::QUALITY_LEVELS;

/// What a bench measures: every codec on every clip at each of its rate points.
///
/// ```
/// use aivc_core::evaluation::bench::Suite;
///
/// let suite = Suite::from_toml(
///     r#"
///     name = "example"
///     references = ["x265-ra"]
///
///     [[clips]]
///     name = "walkway"
///     path = "walkway.mkv"
///
///     [[models]]
///     name = "small"
///     model = "hyperprior-small"
///     qualities = [8, 24, 40, 56]
///
///     [[anchors]]
///     name = "x265-ra"
///     encoder = "x265"
///     mode = "random-access"
///     qualities = [18, 23, 28, 33]
///     "#,
///     "example.toml".as_ref(),
/// )?;
/// assert_eq!(suite.anchors[0].qualities.len(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Title of the report.
    pub name: String,
    /// The ffmpeg program, relative to the suite's folder; looked for if it is not given.
    #[serde(default)]
    pub ffmpeg: Option<PathBuf>,
    /// Only so many frames from the start of every clip.
    #[serde(default)]
    pub frames: Option<u64>,
    /// Whether VMAF is computed, where the ffmpeg program can. True if it is not given.
    #[serde(default = "yes")]
    pub vmaf: bool,
    /// Whether SSIMULACRA 2 is computed. True if it is not given.
    #[serde(default = "yes")]
    pub ssimulacra2: bool,
    /// Weights for LPIPS, relative to the suite's folder; without them it is not computed.
    #[serde(default)]
    pub lpips: Option<PathBuf>,
    /// SSIMULACRA 2 and LPIPS are computed of the first frame and every n-th one after it. 5 if it is
    /// not given.
    #[serde(default = "every_fifth")]
    pub perceptual_every: u64,
    /// Codecs that BD-rates are taken against. The first codec if none is given.
    #[serde(default)]
    pub references: Vec<String>,
    /// What is coded.
    #[serde(default)]
    pub clips: Vec<ClipEntry>,
    /// Codecs of this library.
    #[serde(default)]
    pub models: Vec<ModelEntry>,
    /// Conventional codecs.
    #[serde(default)]
    pub anchors: Vec<AnchorEntry>,
}

/// A video or picture of a [`Suite`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipEntry {
    /// Its name in results; part of file names.
    pub name: String,
    /// The file, relative to the suite's folder.
    pub path: PathBuf,
}

/// A codec of this library.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// Its name in results; part of file names.
    pub name: String,
    /// A built-in model, or a weights file relative to the suite's folder.
    pub model: String,
    /// Quality levels, 0 to 63.
    pub qualities: Vec<u32>,
    /// Most frames from one keyframe to the next; that of
    /// [`EncoderConfig`](crate::session::EncoderConfig) if it is not given.
    #[serde(default)]
    pub keyframe_interval: Option<u32>,
}

/// A conventional codec, run through an ffmpeg program.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "AnchorFields")]
pub struct AnchorEntry {
    /// Its name in results; part of file names.
    pub name: String,
    /// What codes, and how.
    pub settings: AnchorSettings,
    /// Values of the encoder's own scale of quality: CRF, QP or percent.
    pub qualities: Vec<u32>,
}

/// An [`AnchorEntry`] as it is written: serde cannot flatten a struct and refuse unknown fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnchorFields {
    name: String,
    encoder: AnchorEncoder,
    mode: Option<AnchorMode>,
    #[serde(default)]
    tuning: Tuning,
    preset: Option<String>,
    qualities: Vec<u32>,
}

impl From<AnchorFields> for AnchorEntry {
    fn from(fields: AnchorFields) -> Self {
        Self {
            name: fields.name,
            settings: AnchorSettings {
                encoder: fields.encoder,
                mode: fields.mode,
                tuning: fields.tuning,
                preset: fields.preset,
            },
            qualities: fields.qualities,
        }
    }
}

fn every_fifth() -> u64 {
    5
}

fn yes() -> bool {
    true
}

impl Suite {
    /// Reads a suite and makes its paths relative to the current folder.
    ///
    /// # Errors
    /// [`BenchError::Io`] and those of [`Suite::from_toml`].
    pub fn load(path: &Path) -> Result<Self, BenchError> {
        let text = fs::read_to_string(path).map_err(BenchError::io(path))?;
        Self::from_toml(&text, path)
    }

    /// A suite from its text. `path` is what its paths are relative to, and its name in errors.
    ///
    /// # Errors
    /// [`BenchError::Toml`] and [`BenchError::Suite`].
    pub fn from_toml(text: &str, path: &Path) -> Result<Self, BenchError> {
        let mut suite: Self = toml::from_str(text).map_err(|source| BenchError::Toml {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        suite.validate().map_err(|problem| BenchError::Suite {
            path: path.to_owned(),
            problem,
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for clip in &mut suite.clips {
            clip.path = folder.join(&clip.path);
        }
        for entry in &mut suite.models {
            let file = folder.join(&entry.model);
            if file.is_file() {
                entry.model = file.to_string_lossy().into_owned();
            }
        }
        if let Some(weights) = &mut suite.lpips {
            *weights = folder.join(&weights);
        }
        if let Some(program) = &mut suite.ffmpeg {
            // A bare name is looked for on the path.
            if program.components().count() > 1 {
                *program = folder.join(&program);
            }
        }
        Ok(suite)
    }

    /// Names of all codecs, models first.
    pub fn codec_names(&self) -> impl Iterator<Item = &str> {
        let models = self.models.iter().map(|entry| &*entry.name);
        models.chain(self.anchors.iter().map(|entry| &*entry.name))
    }

    fn validate(&self) -> Result<(), SuiteProblem> {
        if self.clips.is_empty() {
            return Err(SuiteProblem::Missing { kind: "clip" });
        }
        if self.codec_names().next().is_none() {
            return Err(SuiteProblem::Missing { kind: "codec" });
        }
        if self.frames == Some(0) {
            return Err(SuiteProblem::Frames);
        }
        if self.perceptual_every == 0 {
            return Err(SuiteProblem::PerceptualEvery);
        }
        check_names(self.clips.iter().map(|clip| &*clip.name))?;
        check_names(self.codec_names())?;
        for entry in &self.models {
            check_qualities(&entry.name, &entry.qualities)?;
            let beyond = |quality: &&u32| **quality >= QUALITY_LEVELS as u32;
            if let Some(&quality) = entry.qualities.iter().find(beyond) {
                return Err(SuiteProblem::Quality {
                    codec: entry.name.clone(),
                    quality,
                });
            }
        }
        for entry in &self.anchors {
            check_qualities(&entry.name, &entry.qualities)?;
            if !entry.settings.exist() {
                return Err(SuiteProblem::Setting {
                    codec: entry.name.clone(),
                    encoder: entry.settings.encoder.to_string(),
                });
            }
        }
        for name in &self.references {
            if !self.codec_names().any(|codec| codec == name) {
                return Err(SuiteProblem::Reference { name: name.clone() });
            }
        }
        Ok(())
    }
}

fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), SuiteProblem> {
    let mut seen = BTreeSet::new();
    for name in names {
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let begins = name
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric());
        if !begins || !name.bytes().all(safe) {
            return Err(SuiteProblem::Name { name: name.into() });
        }
        if !seen.insert(name) {
            return Err(SuiteProblem::Twice { name: name.into() });
        }
    }
    Ok(())
}

fn check_qualities(codec: &str, qualities: &[u32]) -> Result<(), SuiteProblem> {
    let unique: BTreeSet<_> = qualities.iter().collect();
    if qualities.is_empty() || unique.len() != qualities.len() {
        return Err(SuiteProblem::Qualities {
            codec: codec.to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUITE: &str = r#"
        name = "t"
        [[clips]]
        name = "a"
        path = "a.y4m"
        [[models]]
        name = "m"
        model = "hyperprior-small"
        qualities = [1, 2]
        [[anchors]]
        name = "x"
        encoder = "x264"
        mode = "low-delay"
        qualities = [20]
    "#;

    fn problem(text: &str) -> SuiteProblem {
        match Suite::from_toml(text, Path::new("dir/suite.toml")) {
            Err(BenchError::Suite { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn paths_are_relative_to_the_suite() {
        let suite = Suite::from_toml(SUITE, Path::new("dir/suite.toml")).unwrap();
        assert_eq!(suite.clips[0].path, Path::new("dir/a.y4m"));
        assert!(suite.vmaf && suite.ssimulacra2);
        assert_eq!((suite.lpips, suite.perceptual_every), (None, 5));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for (from, to, expected) in [
            (
                "\"a\"",
                "\"../a\"",
                SuiteProblem::Name {
                    name: "../a".into(),
                },
            ),
            (
                "name = \"t\"",
                "name = \"t\"\nperceptual_every = 0",
                SuiteProblem::PerceptualEvery,
            ),
            ("\"x\"", "\"m\"", SuiteProblem::Twice { name: "m".into() }),
            (
                "[1, 2]",
                "[1, 1]",
                SuiteProblem::Qualities { codec: "m".into() },
            ),
            (
                "[1, 2]",
                "[64]",
                SuiteProblem::Quality {
                    codec: "m".into(),
                    quality: 64,
                },
            ),
            (
                "x264\"",
                "webp\"",
                SuiteProblem::Setting {
                    codec: "x".into(),
                    encoder: "webp".into(),
                },
            ),
        ] {
            assert_eq!(problem(&SUITE.replace(from, to)), expected);
        }
        assert_eq!(
            problem("name = \"t\""),
            SuiteProblem::Missing { kind: "clip" }
        );
    }

    #[test]
    fn unknown_fields_are_refused() {
        for (after, field) in [("\"t\"", "frame"), ("\"low-delay\"", "tunning")] {
            let text = SUITE.replace(after, &format!("{after}\n{field} = 3"));
            let error = Suite::from_toml(&text, Path::new("s.toml")).unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
        }
    }
}
