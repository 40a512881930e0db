use crate::frame::Frame;

use super::{VideoError, VideoWriter};

/// A sink that takes every frame and keeps none, for measuring and for decoding to hashes alone.
#[derive(Debug, Default, Clone, Copy)]
pub struct NullWriter;

impl VideoWriter for NullWriter {
    fn write_frame(&mut self, _frame: &Frame) -> Result<(), VideoError> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), VideoError> {
        Ok(())
    }
}
