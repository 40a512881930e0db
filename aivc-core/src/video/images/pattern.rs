use std::path::{Path, PathBuf};

use crate::video::VideoError;

/// A file name with one number in it, written `%d` or, with leading zeros, `%04d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    folder: PathBuf,
    prefix: String,
    suffix: String,
    digits: usize,
}

/// Whether the file name holds a number pattern.
pub(in crate::video) fn is_pattern(path: &Path) -> bool {
    Pattern::parse(path).is_some()
}

impl Pattern {
    /// The pattern in the file name of `path`, if there is one.
    pub(super) fn parse(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let (prefix, rest) = name.split_once('%')?;
        let (width, suffix) = rest.split_once('d')?;
        let digits = match width {
            "" => 0,
            _ => width
                .strip_prefix('0')?
                .parse()
                .ok()
                .filter(|digits| (1..=18).contains(digits))?,
        };
        Some(Self {
            folder: path.parent().unwrap_or(Path::new("")).to_owned(),
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            digits,
        })
    }

    /// The name of image `number`.
    pub(super) fn name(&self, number: u64) -> PathBuf {
        let Self {
            folder,
            prefix,
            suffix,
            digits,
        } = self;
        folder.join(format!("{prefix}{number:0digits$}{suffix}"))
    }

    /// The files of the sequence, which begins at the lowest number there is.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>, VideoError> {
        let folder = match self.folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => &self.folder,
        };
        let mut numbers = Vec::new();
        for entry in folder.read_dir().map_err(VideoError::io(folder))? {
            let entry = entry.map_err(VideoError::io(folder))?;
            numbers.extend(
                entry
                    .file_name()
                    .to_str()
                    .and_then(|name| self.number_of(name)),
            );
        }
        numbers.sort_unstable();
        for pair in numbers.windows(2) {
            if pair[1] != pair[0] + 1 {
                return Err(VideoError::MissingImage {
                    path: self.name(pair[0] + 1),
                });
            }
        }
        Ok(numbers
            .into_iter()
            .map(|number| self.name(number))
            .collect())
    }

    fn number_of(&self, name: &str) -> Option<u64> {
        let digits = name
            .strip_prefix(&self.prefix)?
            .strip_suffix(&self.suffix)?;
        let number = digits.parse().ok().filter(|number| *number < u64::MAX)?;
        // `%04d` names frame_0007 and not frame_7 or frame_+007.
        (self.name(number) == self.folder.join(name)).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_pattern() {
        let pattern = Pattern::parse(Path::new("a/f_%04d.png")).unwrap();
        assert_eq!(pattern.name(7), Path::new("a/f_0007.png"));
        assert_eq!(pattern.name(12345), Path::new("a/f_12345.png"));
        assert_eq!(
            Pattern::parse(Path::new("%d.png")).unwrap().name(7),
            Path::new("7.png")
        );
    }

    #[test]
    fn other_percent_signs_are_no_pattern() {
        for name in [
            "100%.png",
            "%4d.png",
            "%x.png",
            "%099999999999999999999d.png",
            "%0d.png",
            "",
        ] {
            assert_eq!(Pattern::parse(Path::new(name)), None, "{name}");
        }
    }

    #[test]
    fn a_gap_is_an_error_that_names_the_missing_image() {
        let folder = tempfile::tempdir().unwrap();
        let pattern = Pattern::parse(&folder.path().join("%02d.png")).unwrap();
        for number in [3, 4, 5] {
            std::fs::write(pattern.name(number), b"").unwrap();
        }
        std::fs::write(folder.path().join("7.png"), b"").unwrap();
        assert_eq!(
            pattern.files().unwrap(),
            [3, 4, 5].map(|number| pattern.name(number))
        );
        std::fs::remove_file(pattern.name(4)).unwrap();
        let error = pattern.files().unwrap_err();
        assert!(matches!(error, VideoError::MissingImage { path } if path == pattern.name(4)));
    }
}
