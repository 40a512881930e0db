use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use aivc_core::frame::{BitDepth, ColorDescription, Frame, FrameFormat, PixelFormat, Samples};
use aivc_core::video::{Rational, VideoError, VideoProperties, VideoReader};

const ARCHIVE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../aivc-cli/assets/walkway.tar"
);
const WIDTH: usize = 560;
const HEIGHT: usize = 320;

/// The clip that ships with the repository, 32 frames of 560x320: a reader of a format that the
/// library does not know, as any program can bring its own.
///
/// `walkway.tar` holds a grey PNG a frame: luma above, Cb and Cr side by side beneath it.
#[derive(Debug)]
pub struct DemoClip {
    /// Name and bytes of the PNG files that come next.
    pictures: std::vec::IntoIter<(PathBuf, Vec<u8>)>,
    properties: VideoProperties,
    frames_read: i64,
}

impl DemoClip {
    /// Reads the archive of the repository that this was built in.
    ///
    /// # Errors
    /// [`VideoError::Io`] if it is not there any more.
    pub fn open() -> Result<Self, VideoError> {
        let pictures = read_archive().map_err(|source| VideoError::Io {
            path: ARCHIVE.into(),
            source,
        })?;
        let format = FrameFormat::new(WIDTH, HEIGHT, PixelFormat::Yuv420, BitDepth::Eight)?;
        let properties = VideoProperties {
            color: ColorDescription::BT709,
            frame_count: Some(pictures.len() as u64),
            ..VideoProperties::new(format, Rational::new(30_000, 1001)?)
        };
        Ok(Self {
            pictures: pictures.into_iter(),
            properties,
            frames_read: 0,
        })
    }
}

impl VideoReader for DemoClip {
    fn properties(&self) -> &VideoProperties {
        &self.properties
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, VideoError> {
        let Some((path, png)) = self.pictures.next() else {
            return Ok(None);
        };
        let grey = image::load_from_memory(&png)
            .map_err(|source| VideoError::Image { path, source })?
            .into_luma8();
        let (luma, chroma) = grey.as_raw().split_at(WIDTH * HEIGHT);
        let (rows, _) = chroma.as_chunks::<WIDTH>();
        let cb = rows.iter().flat_map(|row| &row[..WIDTH / 2]).copied();
        let cr = rows.iter().flat_map(|row| &row[WIDTH / 2..]).copied();
        let planes = [luma.to_vec(), cb.collect(), cr.collect()].map(Samples::U8);
        let frame = Frame::new(self.properties.format, planes)?
            .with_color(self.properties.color)
            .with_pts(self.frames_read);
        self.frames_read += 1;
        Ok(Some(frame))
    }
}

fn read_archive() -> std::io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut archive = tar::Archive::new(File::open(ARCHIVE)?);
    archive
        .entries()?
        .map(|entry| {
            let mut entry = entry?;
            let mut png = Vec::new();
            entry.read_to_end(&mut png)?;
            Ok((entry.path()?.into_owned(), png))
        })
        .collect()
}
