//! What the examples have in common: pictures that ship with the repository, a folder to leave files
//! in, and a reader of rate-distortion tables. The examples themselves are in `src/bin`, a program a task.

#![forbid(unsafe_code)]

#[cfg(feature = "codec")]
mod curves;
#[cfg(feature = "codec")]
mod demo_clip;

#[cfg(feature = "codec")]
pub use curves::read_curves;
#[cfg(feature = "codec")]
pub use demo_clip::DemoClip;

use std::io;
use std::path::PathBuf;

/// A photograph of 768x576 pixels (Aitzol Berasategi, CC-BY-4.0).
pub const PHOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/picosdeeuropa.png");

/// The folder that [`PHOTO`] is the only picture of.
pub const PHOTO_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets");

/// `runs/examples` below the current folder, where examples leave what no argument names. It is
/// created if it is not there.
///
/// # Errors
/// Those of the file system.
pub fn output_folder() -> io::Result<PathBuf> {
    let folder = PathBuf::from("runs/examples");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
