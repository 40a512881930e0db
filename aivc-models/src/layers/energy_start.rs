//! Where training of the hyper-transforms starts from: each value of ẑ says how much energy some
//! neighbouring channels of `y` have in an area of 4×4.
//!
//! From random weights ẑ says next to nothing for thousands of steps, and the scales stay the same
//! all over the picture.

/// Units of ẑ a nat of energy: a step is a factor of 1.4.
pub(crate) const HYPER_SCALE: f32 = 3.0;
/// Log-scale (in nats above the smallest scale, 0.11) of a group without measurable energy; from
/// there it rises by a nat a nat. For a Gaussian of standard deviation σ ≫ 0.08 the mean of
/// `ln(1 + |y|/0.08)` is `ln σ + 1.89`.
pub(crate) const LOG_SCALE_OFFSET: f32 = 0.3;

/// First tap, and their number a side, of a strided 5×5 kernel that lie on one output's 2×2.
const TAP: usize = 2;

/// Kernels that pool and spread energy, for a latent and a hyper-latent of so many channels.
pub(crate) struct EnergyStart {
    pub latent: usize,
    pub hyper: usize,
}

impl EnergyStart {
    /// The hyper-latent channel that a latent channel belongs to.
    pub fn group(&self, channel: usize) -> usize {
        channel * self.hyper / self.latent
    }

    /// `[hyper, channels_in, 3, 3]`: means over the groups of the first `latent` channels.
    pub fn pool_channels(&self, channels_in: usize) -> Vec<f32> {
        self.pool_channels_by(channels_in, 3)
    }

    /// [`pool_channels`](Self::pool_channels) as a kernel of another side.
    pub fn pool_channels_by(&self, channels_in: usize, side: usize) -> Vec<f32> {
        let taps = side * side;
        let mut kernel = vec![0.0; self.hyper * channels_in * taps];
        let mut sizes = vec![0usize; self.hyper];
        (0..self.latent).for_each(|channel| sizes[self.group(channel)] += 1);
        for channel in 0..self.latent {
            let group = self.group(channel);
            kernel[(group * channels_in + channel) * taps + taps / 2] = 1.0 / sizes[group] as f32;
        }
        kernel
    }

    /// `[hyper, hyper, 5, 5]` with stride 2: the mean over 2×2.
    pub fn pool_area(&self) -> Vec<f32> {
        let mut kernel = vec![0.0; self.hyper * self.hyper * 25];
        for channel in 0..self.hyper {
            for (y, x) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let tap = (TAP + y) * 5 + TAP + x;
                kernel[(channel * self.hyper + channel) * 25 + tap] = 0.25;
            }
        }
        kernel
    }

    /// `[4·hyper, channels_in, 3, 3]` before a pixel shuffle by 2: `factor` times the same on 2×2.
    pub fn spread_area(&self, channels_in: usize, factor: f32) -> Vec<f32> {
        let mut kernel = vec![0.0; 4 * self.hyper * channels_in * 9];
        for output in 0..4 * self.hyper {
            kernel[(output * channels_in + output / 4) * 9 + 4] = factor;
        }
        kernel
    }

    /// `[latent, channels_in, side, side]`: the group's value, of the first `hyper` channels.
    pub fn spread_channels(&self, channels_in: usize, side: usize) -> Vec<f32> {
        let taps = side * side;
        let mut kernel = vec![0.0; self.latent * channels_in * taps];
        for channel in 0..self.latent {
            let input = channel * channels_in + self.group(channel);
            kernel[input * taps + taps / 2] = 1.0;
        }
        kernel
    }
}
