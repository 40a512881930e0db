/// A plane of integer samples, row by row, of 8 or 10 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplePlane {
    width: usize,
    height: usize,
    samples: Vec<u16>,
}

impl SamplePlane {
    /// A plane of samples, row by row.
    ///
    /// # Panics
    /// If a side is 0 or there are not `width · height` samples.
    pub fn new(width: usize, height: usize, samples: Vec<u16>) -> Self {
        assert!(width > 0 && height > 0, "{width}x{height} has no samples");
        assert_eq!(samples.len(), width * height, "samples of {width}x{height}");
        Self {
            width,
            height,
            samples,
        }
    }

    /// Samples in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All samples, row by row.
    pub fn samples(&self) -> &[u16] {
        &self.samples
    }

    /// A row.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn row(&self, y: usize) -> &[u16] {
        &self.samples[y * self.width..][..self.width]
    }

    pub(super) fn row_mut(&mut self, y: usize) -> &mut [u16] {
        &mut self.samples[y * self.width..][..self.width]
    }

    /// Copies `width × (patch.len() / width)` samples from `(x, y)` on; outside of the plane the
    /// nearest sample of its edge is taken.
    pub(in super::super) fn copy_patch(&self, x: i32, y: i32, width: usize, patch: &mut [u16]) {
        let (last_x, last_y) = (self.width as i32 - 1, self.height as i32 - 1);
        let inside = x >= 0 && x + width as i32 - 1 <= last_x;
        for (line, row) in patch.chunks_exact_mut(width).zip(y..) {
            let source = self.row(row.clamp(0, last_y) as usize);
            if inside {
                line.copy_from_slice(&source[x as usize..][..width]);
            } else {
                for (sample, column) in line.iter_mut().zip(x..) {
                    *sample = source[column.clamp(0, last_x) as usize];
                }
            }
        }
    }

    /// Half the size, each sample the mean of up to four; at least one sample a side.
    pub(in super::super) fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut samples = Vec::with_capacity(width * height);
        for y in 0..height {
            let upper = self.row(2 * y);
            let lower = self.row((2 * y + 1).min(self.height - 1));
            for x in 0..width {
                let (left, right) = (2 * x, (2 * x + 1).min(self.width - 1));
                let sum = [upper[left], upper[right], lower[left], lower[right]];
                let sum: u32 = sum.into_iter().map(u32::from).sum();
                samples.push(((sum + 2) / 4) as u16);
            }
        }
        Self::new(width, height, samples)
    }
}
