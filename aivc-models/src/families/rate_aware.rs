//! Rounding that minds the rate.

use aivc_entropy::TableSet;

/// Larger values save too little by being smaller.
const LARGEST: usize = 15;

/// How an encoder rounds latents. Decoders do not notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rounding {
    /// To the nearest integer: the rate is the one that training estimates.
    Nearest,
    /// Towards zero where that saves more than it harms.
    RateAware,
}

/// Rounds residuals to the nearest integer, or to its neighbour nearer to zero where that saves
/// more bits than it does harm: rate–distortion optimized quantization, one value by itself
/// (Sullivan, Wiegand, "Rate–Distortion Optimization for Video Compression", 1998). Decoders
/// notice nothing.
#[derive(Debug, Clone)]
pub(crate) struct RateAwareRounding {
    /// Of each table, what the sizes 1 to 15 cost more than the size below, in squared steps.
    surcharges: Vec<[f32; LARGEST]>,
}

impl RateAwareRounding {
    /// For tables that are symmetric about zero, where a bit may cost so much in squared quantization
    /// steps.
    pub fn new(tables: &TableSet, square_per_bit: f32) -> Self {
        let surcharge = |table: usize, size: usize| {
            let bits = |value: usize| tables.cost_bits(table as u16, value as i32);
            (bits(size) - bits(size - 1)) as f32 * square_per_bit
        };
        Self {
            surcharges: (0..tables.tables().len())
                .map(|table| std::array::from_fn(|below| surcharge(table, below + 1)))
                .collect(),
        }
    }

    /// Rounds each residual as the table of the same place suggests, where a bit costs `prices` times the
    /// usual squared steps.
    ///
    /// # Panics
    /// If there is no such table.
    pub fn round(
        &self,
        residuals: &[f32],
        tables: &[u16],
        prices: impl Iterator<Item = f32>,
        rounding: Rounding,
    ) -> Vec<i32> {
        if rounding == Rounding::Nearest {
            let nearest = residuals.iter().map(|residual| (residual + 0.5).floor());
            return nearest.map(|nearest| nearest as i32).collect();
        }
        let triples = residuals.iter().zip(tables).zip(prices);
        triples
            .map(|((&residual, &table), price)| {
                let size = residual.abs();
                let nearest = (size + 0.5).floor();
                let level = nearest as usize;
                if level == 0 || level > LARGEST {
                    return (residual + 0.5).floor() as i32;
                }
                let harm = (size - nearest + 1.0).powi(2) - (size - nearest).powi(2);
                let saves = self.surcharges[usize::from(table)][level - 1] * price > harm;
                let level = level as i32 - i32::from(saves);
                if residual < 0.0 { -level } else { level }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aivc_entropy::gaussian::{SCALE_LEVELS, gaussian_tables};

    #[test]
    fn narrow_tables_widen_the_zone_of_zero_and_wide_ones_do_not() {
        let rounding = RateAwareRounding::new(&gaussian_tables(), 0.1);
        let last = SCALE_LEVELS as u16 - 1;
        let round = |residual: f32, table: u16| {
            rounding.round(
                &[residual],
                &[table],
                std::iter::once(1.0),
                Rounding::RateAware,
            )[0]
        };
        assert_eq!([round(0.6, 0), round(-0.6, 0)], [0, 0]);
        assert_eq!([round(0.6, last), round(-0.6, last)], [1, -1]);
        assert_eq!([round(0.4, 0), round(0.4, last)], [0, 0]);
    }

    #[test]
    fn never_further_from_zero_and_never_by_more_than_one() {
        let rounding = RateAwareRounding::new(&gaussian_tables(), 0.1);
        for table in 0..SCALE_LEVELS as u16 {
            for i in -400..=400 {
                let residual = i as f32 * 0.05;
                let rounded = rounding.round(
                    &[residual],
                    &[table],
                    std::iter::once(1.0),
                    Rounding::RateAware,
                )[0]
                .abs();
                let nearest = (residual.abs() + 0.5).floor() as i32;
                assert!((nearest - 1..=nearest).contains(&rounded), "{residual}");
            }
        }
    }
}
