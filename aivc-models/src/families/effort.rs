use thiserror::Error;

/// Number of efforts.
pub const EFFORT_LEVELS: u8 = 10;

/// Steps of the search of each effort.
const STEPS: [usize; EFFORT_LEVELS as usize] = [0, 6, 12, 40, 50, 60, 100, 150, 250, 400];

/// How long an encoder searches for better latents of a picture, 0 (not at all) to 9 (longest).
/// Decoders do not notice.
///
/// Families without a search take every effort and code as with 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Effort(u8);

/// An effort that does not exist.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("effort {0} is out of range 0..=9")]
pub struct EffortError(pub u32);

impl Effort {
    /// No search.
    pub const MIN: Self = Self(0);
    /// The longest search.
    pub const MAX: Self = Self(EFFORT_LEVELS - 1);

    /// # Errors
    /// [`EffortError`] above 9.
    pub fn new(level: u8) -> Result<Self, EffortError> {
        if level < EFFORT_LEVELS {
            Ok(Self(level))
        } else {
            Err(EffortError(level.into()))
        }
    }

    /// The effort, 0 to 9.
    pub fn level(self) -> u8 {
        self.0
    }

    /// Steps of gradient descent; each costs about three times what decoding does.
    pub fn steps(self) -> usize {
        STEPS[usize::from(self.0)]
    }
}
