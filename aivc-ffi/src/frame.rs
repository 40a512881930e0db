use std::ffi::c_void;
use std::ptr;

use aivc_core::frame::{BitDepth, Frame, FrameFormat, PlaneSize, Samples};
use aivc_core::video::VideoProperties;

use crate::AivcStatus;
use crate::arguments::{SizedStruct, check_struct, read_struct, write};
use crate::failure::Failure;
use crate::guard::guard;
use crate::video_format::AivcVideoFormat;

/// A picture in buffers of the caller.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AivcFrame {
    /// `sizeof(AivcFrame)`.
    pub struct_size: usize,
    /// First sample of each plane: Y, Cb, Cr or R, G, B. The encoder reads them, the decoder
    /// writes them; neither keeps them.
    pub planes: [*mut c_void; 3],
    /// Bytes from a row to the next one, at least those of a row's samples.
    pub strides: [usize; 3],
    /// Bytes of each buffer.
    pub sizes: [usize; 3],
    /// When the picture is shown, in frames from the start: 0, 1, 2 ... for a video without gaps.
    pub presentation_ticks: i64,
}

// SAFETY: `repr(C)` with integers and pointers, the size first.
unsafe impl SizedStruct for AivcFrame {}

impl AivcFrame {
    /// Buffers without padding, yet to be allocated.
    fn tight(format: FrameFormat) -> Self {
        let rows = |plane| Rows::of(format, plane);
        Self {
            struct_size: size_of::<Self>(),
            planes: [ptr::null_mut(); 3],
            strides: [0, 1, 2].map(|plane| rows(plane).bytes),
            sizes: [0, 1, 2].map(|plane| rows(plane).bytes * rows(plane).count),
            presentation_ticks: 0,
        }
    }

    /// Checks that the buffers can hold a picture of this format.
    pub(crate) fn check(&self, format: FrameFormat) -> Result<(), Failure> {
        for plane in 0..3 {
            let (stride, size) = (self.strides[plane], self.sizes[plane]);
            if self.planes[plane].is_null() {
                return Err(Failure::new(
                    AivcStatus::NullPointer,
                    format!("plane {plane} of the frame is NULL"),
                ));
            }
            let rows = Rows::of(format, plane);
            if stride < rows.bytes {
                return Err(Failure::new(
                    AivcStatus::BufferSize,
                    format!(
                        "plane {plane} has a stride of {stride} bytes; a row takes {}",
                        rows.bytes
                    ),
                ));
            }
            let needed = (rows.count - 1)
                .checked_mul(stride)
                .and_then(|bytes| bytes.checked_add(rows.bytes));
            let fits = needed.is_some_and(|needed| needed <= size && isize::try_from(size).is_ok());
            if !fits {
                let count = rows.count;
                return Err(Failure::new(
                    AivcStatus::BufferSize,
                    format!("plane {plane} has {size} bytes, too few for {count} rows of {stride}"),
                ));
            }
        }
        Ok(())
    }

    /// The caller's picture.
    ///
    /// # Safety
    /// The buffers are valid for reads of as many bytes as `sizes` says.
    pub(crate) unsafe fn to_frame(self, properties: &VideoProperties) -> Result<Frame, Failure> {
        let format = properties.format;
        self.check(format)?;
        let planes = [0, 1, 2].map(|plane| {
            let size = format.plane_size(plane);
            match format.bit_depth() {
                BitDepth::Eight => {
                    let mut samples = vec![0u8; size.samples()];
                    // SAFETY: checked above.
                    unsafe { self.read_rows(plane, size, &mut samples) };
                    Samples::U8(samples)
                }
                BitDepth::Ten => {
                    let mut samples = vec![0u16; size.samples()];
                    // SAFETY: checked above.
                    unsafe { self.read_rows(plane, size, &mut samples) };
                    Samples::U16(samples)
                }
            }
        });
        let frame = Frame::new(format, planes)?;
        Ok(frame
            .with_color(properties.color)
            .with_pts(self.presentation_ticks))
    }

    /// Stores a picture in the caller's buffers.
    ///
    /// # Safety
    /// The buffers are valid for writes of as many bytes as `sizes` says.
    pub(crate) unsafe fn store(self, frame: &Frame) -> Result<(), Failure> {
        self.check(frame.format())?;
        for (index, plane) in frame.planes().iter().enumerate() {
            match plane.samples() {
                // SAFETY: checked above.
                Samples::U8(samples) => unsafe { self.write_rows(index, plane.size(), samples) },
                // SAFETY: checked above.
                Samples::U16(samples) => unsafe { self.write_rows(index, plane.size(), samples) },
            }
        }
        Ok(())
    }

    /// # Safety
    /// [`check`](Self::check) passed for samples of this type and a plane of this size, and the
    /// buffer can be read.
    unsafe fn read_rows<T: Copy>(&self, plane: usize, size: PlaneSize, samples: &mut [T]) {
        for (row, target) in samples.chunks_exact_mut(size.width).enumerate() {
            let offset = row * self.strides[plane];
            // SAFETY: within the buffer, as checked. Bytes are copied, so the caller's need no
            // alignment, and padding between rows may be uninitialized.
            unsafe {
                let source = self.planes[plane].cast::<u8>().add(offset);
                let bytes = size_of_val(target);
                ptr::copy_nonoverlapping(source, target.as_mut_ptr().cast(), bytes);
            }
        }
    }

    /// # Safety
    /// As [`read_rows`](Self::read_rows), and the buffer can be written.
    unsafe fn write_rows<T: Copy>(&self, plane: usize, size: PlaneSize, samples: &[T]) {
        for (row, source) in samples.chunks_exact(size.width).enumerate() {
            let offset = row * self.strides[plane];
            // SAFETY: as in `read_rows`.
            unsafe {
                let target = self.planes[plane].cast::<u8>().add(offset);
                let bytes = size_of_val(source);
                ptr::copy_nonoverlapping(source.as_ptr().cast(), target, bytes);
            }
        }
    }
}

/// Rows of a plane.
#[derive(Clone, Copy)]
struct Rows {
    bytes: usize,
    count: usize,
}

impl Rows {
    fn of(format: FrameFormat, plane: usize) -> Self {
        let PlaneSize { width, height } = format.plane_size(plane);
        Self {
            bytes: width * format.bit_depth().bytes_per_sample(),
            count: height,
        }
    }
}

/// Fills in the smallest strides and sizes of buffers for pictures of a format, so that the caller
/// can allocate them; the planes are NULL. `frame->struct_size` must be set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aivc_frame_layout(
    format: *const AivcVideoFormat,
    frame: *mut AivcFrame,
) -> AivcStatus {
    guard(|| {
        // SAFETY: the contract of C.
        let format = unsafe { read_struct(format, "format") }?
            .properties()?
            .format;
        // SAFETY: the contract of C.
        unsafe { check_struct(frame, "frame") }?;
        // SAFETY: checked above.
        unsafe { write(frame, AivcFrame::tight(format), "frame") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aivc_core::frame::PixelFormat;
    use aivc_core::video::Rational;

    fn properties(bit_depth: BitDepth) -> VideoProperties {
        let format = FrameFormat::new(3, 3, PixelFormat::Yuv420, bit_depth).unwrap();
        VideoProperties::new(format, Rational::whole(25))
    }

    fn frame(buffers: &mut [Vec<u8>; 3], stride: usize) -> AivcFrame {
        AivcFrame {
            struct_size: size_of::<AivcFrame>(),
            planes: buffers.each_mut().map(|buffer| buffer.as_mut_ptr().cast()),
            strides: [stride; 3],
            sizes: buffers.each_ref().map(Vec::len),
            presentation_ticks: 5,
        }
    }

    #[test]
    fn padded_rows_come_back_and_padding_stays() {
        for (depth, sample) in [(BitDepth::Eight, 1), (BitDepth::Ten, 2)] {
            let properties = properties(depth);
            let stride = 3 * sample + 5;
            // 10-bit samples below 1024, whichever end comes first: equal bytes of 0 to 2.
            let mut source = [3, 2, 2].map(|rows| {
                let bytes = 0..stride * (rows - 1) + 3 * sample;
                bytes.map(|i| (i / stride % 3) as u8).collect::<Vec<u8>>()
            });
            // SAFETY: `frame` states the buffers' sizes.
            let picture = unsafe { frame(&mut source, stride).to_frame(&properties) }.unwrap();
            assert_eq!(picture.pts(), 5);

            let mut target = source.each_ref().map(|buffer| vec![0xee; buffer.len()]);
            // SAFETY: as above.
            unsafe { frame(&mut target, stride).store(&picture) }.unwrap();
            for plane in 0..3 {
                let row = Rows::of(properties.format, plane).bytes;
                for (at, (&byte, &was)) in target[plane].iter().zip(&source[plane]).enumerate() {
                    let expected = if at % stride < row { was } else { 0xee };
                    assert_eq!(byte, expected, "byte {at} of plane {plane}");
                }
            }
        }
    }

    #[test]
    fn buffers_that_are_too_small_are_refused() {
        let properties = properties(BitDepth::Eight);
        let mut buffers = [vec![0; 9], vec![0; 6], vec![0; 6]];
        let good = frame(&mut buffers, 3);
        good.check(properties.format).unwrap();
        let spoil: [fn(&mut AivcFrame); 4] = [
            |frame| frame.sizes[0] -= 1,
            |frame| frame.strides[2] = 1,
            |frame| frame.strides[0] = usize::MAX,
            |frame| frame.sizes[1] = usize::MAX,
        ];
        for spoil in spoil {
            let mut bad = good;
            spoil(&mut bad);
            let failure = bad.check(properties.format).unwrap_err();
            assert_eq!(failure.status, AivcStatus::BufferSize, "{bad:?}");
        }
    }
}
