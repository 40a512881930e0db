use serde::{Deserialize, Serialize};

/// Learning rate over a run: a linear rise, then half a cosine down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearningRate {
    /// Highest rate.
    pub peak: f64,
    /// Rate of the last step.
    pub last: f64,
    /// Steps of the rise from 0.
    #[serde(default)]
    pub warmup: u64,
}

impl LearningRate {
    /// The rate of step `step` (from 0) of `steps`.
    pub fn at(&self, step: u64, steps: u64) -> f64 {
        if step < self.warmup {
            return self.peak * (step + 1) as f64 / self.warmup as f64;
        }
        let length = steps.saturating_sub(self.warmup).saturating_sub(1).max(1);
        let position = ((step - self.warmup) as f64 / length as f64).min(1.0);
        let share = (1.0 + (std::f64::consts::PI * position).cos()) / 2.0;
        self.last + (self.peak - self.last) * share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_to_the_peak_and_falls_to_the_last_rate() {
        let rate = LearningRate {
            peak: 1e-3,
            last: 1e-5,
            warmup: 10,
        };
        assert!((rate.at(0, 111) - 1e-4).abs() < 1e-12);
        assert!((rate.at(10, 111) - 1e-3).abs() < 1e-12);
        assert!((rate.at(60, 111) - (1e-3 + 1e-5) / 2.0).abs() < 1e-9);
        assert!((rate.at(110, 111) - 1e-5).abs() < 1e-12);
    }
}
