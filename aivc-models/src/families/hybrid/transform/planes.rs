use super::cosine::CosineTransform;
use super::layout::{
    Coefficient, DETAIL_CHANNELS, LATENT_CHANNELS, MACROBLOCK, detail_layout, latent_layout,
};
use crate::families::hybrid::motion::{SamplePlane, Yuv420Picture};

/// Units of a level of 8-bit video.
pub(crate) const SIXTEENTHS: i32 = 16;

static COSINE_4: CosineTransform<4> = CosineTransform::new();
static COSINE_8: CosineTransform<8> = CosineTransform::new();
static COSINE_16: CosineTransform<16> = CosineTransform::new();

/// A frame in sixteenths of a level about the middle, grown to whole macroblocks by repeating its
/// edges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FramePlanes {
    rows: usize,
    columns: usize,
    /// Luma, then chroma at half the size.
    planes: [Vec<i32>; 3],
}

/// Coefficients of a frame, channel by channel, each a plane of one value a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CoefficientPlanes {
    pub channels: usize,
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<i32>,
}

impl FramePlanes {
    /// The samples of a picture.
    pub fn of_picture(picture: &Yuv420Picture) -> Self {
        let [luma, ..] = &picture.planes;
        let rows = luma.height().div_ceil(MACROBLOCK);
        let columns = luma.width().div_ceil(MACROBLOCK);
        let unit = unit(picture.maximum);
        let planes = [0, 1, 2].map(|index| {
            let side = side(index);
            let plane = &picture.planes[index];
            let mut values = Vec::with_capacity(rows * columns * side * side);
            for y in 0..rows * side {
                let row = plane.row(y.min(plane.height() - 1));
                let level = |&sample: &u16| i32::from(sample) * unit - 128 * SIXTEENTHS;
                values.extend(row.iter().map(level));
                let last = values[values.len() - 1];
                values.resize((y + 1) * columns * side, last);
            }
            values
        });
        Self {
            rows,
            columns,
            planes,
        }
    }

    /// A frame that is grey all over.
    pub fn grey(rows: usize, columns: usize) -> Self {
        let plane = |index| vec![0; rows * columns * side(index) * side(index)];
        Self {
            rows,
            columns,
            planes: [0, 1, 2].map(plane),
        }
    }

    /// Rows of macroblocks.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of macroblocks.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The picture of this size and largest sample: rounded, clamped and cut.
    ///
    /// # Panics
    /// If the frame is smaller.
    pub fn to_picture(&self, width: usize, height: usize, maximum: u16) -> Yuv420Picture {
        let unit = unit(maximum);
        let planes = [0, 1, 2].map(|index| {
            let (width, height) = if index == 0 {
                (width, height)
            } else {
                (width.div_ceil(2), height.div_ceil(2))
            };
            let rows = self.planes[index].chunks_exact(self.columns * side(index));
            let sample = |value: &i32| {
                let level = (value + 128 * SIXTEENTHS + unit / 2) / unit;
                level.clamp(0, maximum.into()) as u16
            };
            let samples = rows
                .take(height)
                .flat_map(|row| row[..width].iter().map(sample))
                .collect();
            SamplePlane::new(width, height, samples)
        });
        Yuv420Picture { planes, maximum }
    }

    /// The sum of two frames.
    pub fn plus(mut self, other: &Self) -> Self {
        for (plane, other) in self.planes.iter_mut().zip(&other.planes) {
            plane.iter_mut().zip(other).for_each(|(a, b)| *a += b);
        }
        self
    }

    /// What this frame has more than another.
    pub fn minus(mut self, other: &Self) -> Self {
        for (plane, other) in self.planes.iter_mut().zip(&other.planes) {
            plane.iter_mut().zip(other).for_each(|(a, b)| *a -= b);
        }
        self
    }

    /// All values, luma first.
    pub fn values(&self) -> [&[i32]; 3] {
        let [luma, blue, red] = &self.planes;
        [luma, blue, red]
    }

    /// The latent's coefficients: 16×16 of luma and 8×8 of chroma.
    pub fn latent(&self) -> CoefficientPlanes {
        let mut latent = CoefficientPlanes::zeros(LATENT_CHANNELS, self.rows, self.columns);
        let [luma, blue, red] = channels_of(latent_layout().iter().copied());
        latent.put(&self.planes[0], &luma, |block| COSINE_16.forward(block));
        latent.put(&self.planes[1], &blue, |block| COSINE_8.forward(block));
        latent.put(&self.planes[2], &red, |block| COSINE_8.forward(block));
        latent
    }

    /// The inverse of [`latent`](Self::latent), up to rounding.
    pub fn of_latent(latent: &CoefficientPlanes) -> Self {
        let mut frame = Self::grey(latent.rows, latent.columns);
        let [luma, blue, red] = channels_of(latent_layout().iter().copied());
        latent.take(&mut frame.planes[0], &luma, |block| {
            COSINE_16.inverse(block)
        });
        latent.take(&mut frame.planes[1], &blue, |block| COSINE_8.inverse(block));
        latent.take(&mut frame.planes[2], &red, |block| COSINE_8.inverse(block));
        frame
    }

    /// The coefficients of 8×8 luma and 4×4 chroma samples.
    pub fn detail(&self) -> CoefficientPlanes {
        let mut detail = CoefficientPlanes::zeros(DETAIL_CHANNELS, 2 * self.rows, 2 * self.columns);
        let [luma, blue, red] = channels_of(detail_layout());
        detail.put(&self.planes[0], &luma, |block| COSINE_8.forward(block));
        detail.put(&self.planes[1], &blue, |block| COSINE_4.forward(block));
        detail.put(&self.planes[2], &red, |block| COSINE_4.forward(block));
        detail
    }

    /// The inverse of [`detail`](Self::detail), up to rounding.
    ///
    /// # Panics
    /// If the number of blocks is odd in either direction.
    pub fn of_detail(detail: &CoefficientPlanes) -> Self {
        let (rows, columns) = (detail.rows, detail.columns);
        assert!(rows % 2 == 0 && columns % 2 == 0, "whole macroblocks");
        let mut frame = Self::grey(rows / 2, columns / 2);
        let [luma, blue, red] = channels_of(detail_layout());
        detail.take(&mut frame.planes[0], &luma, |block| COSINE_8.inverse(block));
        detail.take(&mut frame.planes[1], &blue, |block| COSINE_4.inverse(block));
        detail.take(&mut frame.planes[2], &red, |block| COSINE_4.inverse(block));
        frame
    }
}

impl CoefficientPlanes {
    pub fn zeros(channels: usize, rows: usize, columns: usize) -> Self {
        Self {
            channels,
            rows,
            columns,
            values: vec![0; channels * rows * columns],
        }
    }

    /// Transforms each block of a plane into the channels named for its coefficients, row by row.
    fn put<const N: usize>(
        &mut self,
        plane: &[i32],
        channels: &[usize],
        transform: impl Fn(&[[i32; N]; N]) -> [[i32; N]; N],
    ) {
        let (area, width) = (self.rows * self.columns, self.columns * N);
        for position in 0..area {
            let origin = position / self.columns * N * width + position % self.columns * N;
            let block = std::array::from_fn(|y| {
                let row = &plane[origin + y * width..][..N];
                std::array::from_fn(|x| row[x])
            });
            let coefficients = transform(&block);
            for (&channel, &value) in channels.iter().zip(coefficients.iter().flatten()) {
                self.values[channel * area + position] = value;
            }
        }
    }

    /// The way back of [`put`](Self::put).
    fn take<const N: usize>(
        &self,
        plane: &mut [i32],
        channels: &[usize],
        transform: impl Fn(&[[i32; N]; N]) -> [[i32; N]; N],
    ) {
        let (area, width) = (self.rows * self.columns, self.columns * N);
        for position in 0..area {
            let value = |index: usize| self.values[channels[index] * area + position];
            let block =
                std::array::from_fn(|row| std::array::from_fn(|column| value(row * N + column)));
            let origin = position / self.columns * N * width + position % self.columns * N;
            for (y, row) in transform(&block).iter().enumerate() {
                plane[origin + y * width..][..N].copy_from_slice(row);
            }
        }
    }
}

/// Of each plane, the channels of its coefficients, row by row.
fn channels_of(layout: impl Iterator<Item = Coefficient>) -> [Vec<usize>; 3] {
    let mut channels: [Vec<_>; 3] = Default::default();
    for (channel, coefficient) in layout.enumerate() {
        let place = (coefficient.row, coefficient.column);
        channels[coefficient.plane].push((place, channel));
    }
    channels.map(|mut plane| {
        plane.sort_unstable();
        plane.into_iter().map(|(_, channel)| channel).collect()
    })
}

/// Side of a plane's part of a macroblock.
fn side(plane: usize) -> usize {
    if plane == 0 {
        MACROBLOCK
    } else {
        MACROBLOCK / 2
    }
}

/// Sixteenths of an 8-bit level that a sample's unit stands for: 16 of 8 bits, 4 of 10 bits.
fn unit(maximum: u16) -> i32 {
    SIXTEENTHS * 256 / (i32::from(maximum) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize, maximum: u16) -> Yuv420Picture {
        let plane = |width: usize, height: usize, factor: usize| {
            let samples = (0..width * height)
                .map(|i| ((i % width * 7 + i / width * 13) * factor) as u16 & maximum)
                .collect();
            SamplePlane::new(width, height, samples)
        };
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        Yuv420Picture {
            planes: [
                plane(width, height, 1),
                plane(half_width, half_height, 3),
                plane(half_width, half_height, 5),
            ],
            maximum,
        }
    }

    #[test]
    fn samples_come_back_through_both_transforms() {
        for (width, height, maximum) in [(1, 1, 255), (37, 19, 255), (64, 48, 255), (33, 50, 1023)]
        {
            let picture = picture(width, height, maximum);
            let frame = FramePlanes::of_picture(&picture);
            let back = |frame: FramePlanes| frame.to_picture(width, height, maximum);
            assert_eq!(back(frame.clone()), picture);
            let close = |other: Yuv420Picture| {
                let planes = picture.planes.iter().zip(&other.planes);
                let samples = planes.flat_map(|(a, b)| a.samples().iter().zip(b.samples()));
                samples.map(|(a, b)| a.abs_diff(*b)).max()
            };
            // The transforms round to sixteenths, a quarter of a unit of 10 bits.
            let worst = if maximum == 255 { 0 } else { 1 };
            assert!(close(back(FramePlanes::of_latent(&frame.latent()))) <= Some(worst));
            assert!(close(back(FramePlanes::of_detail(&frame.detail()))) <= Some(worst));
        }
    }

    #[test]
    fn a_constant_frame_has_only_means() {
        let flat = |sample| SamplePlane::new(32, 32, vec![sample; 1024]);
        let chroma = SamplePlane::new(16, 16, vec![128; 256]);
        let picture = Yuv420Picture {
            planes: [flat(138), chroma.clone(), chroma],
            maximum: 255,
        };
        let latent = FramePlanes::of_picture(&picture).latent();
        // Ten levels, times the side of the block.
        assert_eq!(latent.values[..4], [10 * 16 * SIXTEENTHS; 4]);
        assert!(latent.values[4..].iter().all(|&value| value == 0));
    }
}
