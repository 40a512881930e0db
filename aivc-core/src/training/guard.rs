//! What a run does about steps that leave the real numbers.

/// Steps in a row that are left out before the run goes back.
const SKIPPED_LIMIT: u32 = 20;
/// How often a run goes back before it is given up.
const ROLLBACK_LIMIT: u32 = 3;
/// What the learning rate is multiplied by each time.
const RATE_CUT: f64 = 0.5;

/// What follows a step whose loss or gradient is not finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Leave it out.
    Skip,
    /// Go back to weights that were good, with a lower learning rate.
    RollBack,
    /// Give up, after so many steps in a row.
    GiveUp(u32),
}

/// Counts broken steps. A single one is bad luck with a batch and is left out; many in a row mean that the
/// weights are broken, and a run that breaks again and again has another fault.
#[derive(Debug, Clone, Default)]
pub(super) struct StepGuard {
    skipped: u32,
    rollbacks: u32,
}

impl StepGuard {
    /// That of a run which went back so often already.
    pub fn new(rollbacks: u32) -> Self {
        Self {
            skipped: 0,
            rollbacks,
        }
    }

    /// A step was taken.
    pub fn taken(&mut self) {
        self.skipped = 0;
    }

    /// A step was broken.
    pub fn broken(&mut self) -> Verdict {
        self.skipped += 1;
        if self.skipped < SKIPPED_LIMIT {
            return Verdict::Skip;
        }
        self.ruined()
    }

    /// The weights are broken, whatever the steps were.
    pub fn ruined(&mut self) -> Verdict {
        if self.rollbacks == ROLLBACK_LIMIT {
            return Verdict::GiveUp(self.skipped);
        }
        self.rollbacks += 1;
        self.skipped = 0;
        Verdict::RollBack
    }

    /// Whether the last steps were left out: what broke them may be in the weights already.
    pub fn is_alarmed(&self) -> bool {
        self.skipped > 0
    }

    /// How often the run went back.
    pub fn rollbacks(&self) -> u32 {
        self.rollbacks
    }

    /// What the recipe's learning rate is multiplied by.
    pub fn rate_factor(&self) -> f64 {
        RATE_CUT.powi(self.rollbacks as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_broken_steps_are_left_out_for_ever() {
        let mut guard = StepGuard::default();
        for _ in 0..1000 {
            assert_eq!(guard.broken(), Verdict::Skip);
            guard.taken();
        }
        assert_eq!(guard.rate_factor(), 1.0);
    }

    #[test]
    fn many_in_a_row_go_back_with_lower_rates_and_then_give_up() {
        let mut guard = StepGuard::new(0);
        let mut verdicts = Vec::new();
        for _ in 0..80 {
            match guard.broken() {
                Verdict::Skip => {}
                verdict => verdicts.push((verdict, guard.rate_factor())),
            }
        }
        let back = |factor| (Verdict::RollBack, factor);
        let end = (Verdict::GiveUp(20), 0.125);
        assert_eq!(verdicts, [back(0.5), back(0.25), back(0.125), end]);
    }
}
