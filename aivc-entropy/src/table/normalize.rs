use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::{PROBABILITY_BITS, TableError};

/// Frequencies of at least 1 that sum to 65536 and lose few bits against the weights.
///
/// Every weight is rounded to the nearest frequency first, at least 1. What the sum is then off by
/// is taken away (or added) one unit at a time where it costs least: taking a unit from frequency
/// `f` of weight `w` costs about `w / (f - 1/2)`, the slope of `-w ln f` half a unit below. Ties go
/// to the lower bin.
pub(super) fn normalize(weights: &[f64], escape_weight: f64) -> Result<Vec<u16>, TableError> {
    let weight = |bin: usize| *weights.get(bin).unwrap_or(&escape_weight);
    let bins = weights.len() + 1;

    let mut sum = 0.0_f64;
    for bin in 0..bins {
        let weight = weight(bin);
        if !(weight.is_finite() && weight >= 0.0) {
            return Err(TableError::Weight { bin, weight });
        }
        sum += weight;
    }
    if !(sum.is_finite() && sum > 0.0) {
        return Err(TableError::WeightSum { sum });
    }

    let total = f64::from(1_u32 << PROBABILITY_BITS);
    let mut frequencies: Vec<u32> = (0..bins)
        .map(|bin| ((weight(bin) / sum * total + 0.5).floor() as u32).max(1))
        .collect();
    let mut surplus =
        frequencies.iter().map(|&f| i64::from(f)).sum::<i64>() - (1 << PROBABILITY_BITS);

    let mut steps = BinaryHeap::new();
    let taking = surplus > 0;
    let step = |bin: usize, frequency: u32| -> Option<Step> {
        if taking {
            // A bin that holds one unit has none to give.
            let cost = weight(bin) / (f64::from(frequency) - 0.5);
            (frequency > 1).then_some(Step { gain: -cost, bin })
        } else {
            let gain = weight(bin) / (f64::from(frequency) + 0.5);
            Some(Step { gain, bin })
        }
    };
    if surplus != 0 {
        steps.extend((0..bins).filter_map(|bin| step(bin, frequencies[bin])));
    }
    while surplus != 0 {
        // There are at most 32769 bins, so a surplus means that some bin holds more than one.
        let Step { bin, .. } = steps.pop().expect("a bin with a unit to give");
        if taking {
            frequencies[bin] -= 1;
            surplus -= 1;
        } else {
            frequencies[bin] += 1;
            surplus += 1;
        }
        steps.extend(step(bin, frequencies[bin]));
    }
    // Two or more bins of at least 1 sum to 65536: each fits.
    Ok(frequencies.into_iter().map(|f| f as u16).collect())
}

/// One unit of frequency to move; the greatest gain first, then the lowest bin.
struct Step {
    gain: f64,
    bin: usize,
}

impl Ord for Step {
    fn cmp(&self, other: &Self) -> Ordering {
        self.gain
            .total_cmp(&other.gain)
            .then(other.bin.cmp(&self.bin))
    }
}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Step {}
