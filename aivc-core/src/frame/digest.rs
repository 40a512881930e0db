use std::io;

use md5::{Digest, Md5};

use super::Frame;

impl Frame {
    /// MD5 of the raw bytes of the planes in order ([`Frame::write_bytes`]). For 4:2:0 it is the
    /// hash that `ffmpeg -f framemd5` prints for `yuv420p` and `yuv420p10le` frames.
    #[must_use]
    pub fn md5(&self) -> [u8; 16] {
        let mut sink = Md5Sink(Md5::new());
        self.write_bytes(&mut sink).expect("hashing does not fail");
        sink.0.finalize().into()
    }

    /// [`Frame::md5`] in 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn md5_hex(&self) -> String {
        self.md5()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

struct Md5Sink(Md5);

impl io::Write for Md5Sink {
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
    use crate::frame::{BitDepth, Frame, FrameFormat, PixelFormat, Samples};

    /// Expected values: `md5sum` over `printf` of the bytes.
    #[test]
    fn the_hash_covers_the_raw_bytes() {
        let format = FrameFormat::new(2, 1, PixelFormat::Yuv420, BitDepth::Eight).unwrap();
        let frame = Frame::new(format, [vec![1, 2], vec![3], vec![4]].map(Samples::U8)).unwrap();
        assert_eq!(frame.md5_hex(), "08d6c05a21512a79a1dfeb9d2a8f262f");

        let format = format.with_bit_depth(BitDepth::Ten);
        let planes = [vec![1, 2], vec![3], vec![0x304]].map(Samples::U16);
        let frame = Frame::new(format, planes).unwrap();
        assert_eq!(frame.md5_hex(), "427522dacd4939acf53c8895e9a72cdf");
    }
}
