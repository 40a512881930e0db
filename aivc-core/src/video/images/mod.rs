//! Single images and sequences of images.

mod pattern;
mod reader;
mod writer;

pub(super) use pattern::is_pattern;
pub(super) use reader::ImageSequenceReader;
pub(super) use writer::PngWriter;
