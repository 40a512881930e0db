//! The clip of `aivc demo`, which every build carries.
//!
//! `assets/walkway.tar` holds a grey PNG a frame: luma above, Cb and Cr side by side beneath it. So
//! the 4:2:0 samples of the original are there without loss, in 4 MB and in a form that needs no
//! video decoder.

use std::fs;
use std::path::Path;

use aivc_core::frame::{BitDepth, ColorDescription, Frame, FrameFormat, PixelFormat, Samples};
use aivc_core::video::{
    Rational, ReaderOptions, VideoError, VideoProperties, VideoReader, open_reader,
};
use tempfile::TempDir;

use crate::failure::Failure;

const ARCHIVE: &[u8] = include_bytes!("../assets/walkway.tar");
const WIDTH: usize = 560;
const HEIGHT: usize = 320;

/// Reads the frames of the clip.
pub struct DemoClip {
    pictures: Box<dyn VideoReader>,
    properties: VideoProperties,
    /// Where the pictures lie unpacked.
    _folder: TempDir,
}

impl DemoClip {
    pub fn open() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        unpack(folder.path()).map_err(Failure::at(folder.path()))?;
        let pictures = open_reader(folder.path(), &ReaderOptions::default())?;
        let format = FrameFormat::new(WIDTH, HEIGHT, PixelFormat::Yuv420, BitDepth::Eight)?;
        let properties = VideoProperties {
            color: ColorDescription::BT709,
            frame_count: pictures.properties().frame_count,
            ..VideoProperties::new(format, Rational::new(30_000, 1001)?)
        };
        Ok(Self {
            pictures,
            properties,
            _folder: folder,
        })
    }
}

impl VideoReader for DemoClip {
    fn properties(&self) -> &VideoProperties {
        &self.properties
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, VideoError> {
        let Some(picture) = self.pictures.next_frame()? else {
            return Ok(None);
        };
        // A grey picture is read as three equal planes.
        let samples = picture
            .plane(0)
            .as_u8()
            .expect("the archive's pictures have 8 bits");
        let (luma, chroma) = samples.split_at(WIDTH * HEIGHT);
        let (rows, _) = chroma.as_chunks::<WIDTH>();
        let half = |range: std::ops::Range<usize>| {
            rows.iter()
                .flat_map(|row| &row[range.clone()])
                .copied()
                .collect()
        };
        let planes = [luma.to_vec(), half(0..WIDTH / 2), half(WIDTH / 2..WIDTH)].map(Samples::U8);
        let frame = Frame::new(self.properties.format, planes)?;
        Ok(Some(
            frame
                .with_color(self.properties.color)
                .with_pts(picture.pts()),
        ))
    }
}

fn unpack(folder: &Path) -> std::io::Result<()> {
    for entry in tar::Archive::new(ARCHIVE).entries()? {
        let mut entry = entry?;
        let name = entry.path()?.into_owned();
        let mut file = fs::File::create(folder.join(name.file_name().unwrap_or_default()))?;
        std::io::copy(&mut entry, &mut file)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MD5 of the frame's samples in the source, `walkway_560x320.mkv`, by
    /// `ffmpeg -i walkway_560x320.mkv -vf select=eq(n\,16) -vsync 0 -f framemd5 -`.
    #[test]
    fn the_first_frame_is_the_sources_without_loss() {
        let frame = DemoClip::open().unwrap().next_frame().unwrap().unwrap();
        assert_eq!(frame.md5_hex(), "ff19d9ecb0b9da455d2adf76d2d34c02");
    }
}
