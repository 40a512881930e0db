use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::VideoError;

const BUFFER_BYTES: usize = 1 << 20;

/// A file that appears under its name only when it is complete.
///
/// It is written under a hidden temporary name in the same folder and renamed by
/// [`finish`](Self::finish); dropping it before that removes it. So an interrupted run leaves the
/// old file, or none, and never half a file. A name that exists and is no regular file (a device,
/// a pipe) is written directly, and a symbolic link keeps pointing at its target.
#[derive(Debug)]
pub struct OutputFile {
    target: Target,
    path: PathBuf,
}

#[derive(Debug)]
enum Target {
    Temporary(BufWriter<NamedTempFile>),
    Direct(BufWriter<File>),
}

impl OutputFile {
    /// Opens a temporary file that will become `path`.
    ///
    /// # Errors
    /// [`VideoError::Io`] if the folder does not exist or cannot be written.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, VideoError> {
        let path = path.as_ref();
        let target = if is_special(path) {
            let file = File::options()
                .write(true)
                .open(path)
                .map_err(VideoError::io(path))?;
            Target::Direct(BufWriter::with_capacity(BUFFER_BYTES, file))
        } else {
            let file = temporary_beside(path)?;
            Target::Temporary(BufWriter::with_capacity(BUFFER_BYTES, file))
        };
        Ok(Self {
            target,
            path: path.to_owned(),
        })
    }

    /// The final name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes out what is buffered and gives the file its final name.
    ///
    /// # Errors
    /// [`VideoError::Io`] if the last bytes cannot be written or the file not be renamed.
    pub fn finish(self) -> Result<(), VideoError> {
        match self.target {
            Target::Temporary(buffer) => {
                let file = buffer
                    .into_inner()
                    .map_err(|error| VideoError::io(&self.path)(error.into_error()))?;
                persist(file.into_temp_path(), &self.path)
            }
            Target::Direct(mut file) => file.flush().map_err(VideoError::io(&self.path)),
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.target {
            Target::Temporary(file) => file.write(bytes),
            Target::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Temporary(file) => file.flush(),
            Target::Direct(file) => file.flush(),
        }
    }
}

/// A temporary file in the folder of `path`, with its extension, so that another program can be
/// told to write it.
pub(super) fn temporary_beside(path: &Path) -> Result<NamedTempFile, VideoError> {
    let path = &resolved(path);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let suffix = path
        .extension()
        .map(|extension| format!(".part.{}", extension.to_string_lossy()));
    let mut builder = tempfile::Builder::new();
    builder
        .prefix(".aivc-")
        .suffix(suffix.as_deref().unwrap_or(".part"));
    // The permissions that any new file gets, in place of tempfile's private ones.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder).map_err(VideoError::io(path))
}

/// Renames the finished temporary file to `path`.
pub(super) fn persist(file: TempPath, path: &Path) -> Result<(), VideoError> {
    let target = resolved(path);
    file.persist(&target)
        .map_err(|error| VideoError::io(path)(error.error))
}

fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_appears_before_finish() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        let mut file = OutputFile::create(&path).unwrap();
        file.write_all(b"abc").unwrap();
        assert!(!path.exists());
        file.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"abc");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_dropped_file_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        fs::write(&path, b"old").unwrap();
        let mut file = OutputFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none/a.bin");
        let error = OutputFile::create(&path).unwrap_err();
        assert!(error.to_string().contains("a.bin"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_in_place() {
        let mut file = OutputFile::create("/dev/null").unwrap();
        file.write_all(b"abc").unwrap();
        file.finish().unwrap();
        assert!(is_special(Path::new("/dev/null")));
    }
}
