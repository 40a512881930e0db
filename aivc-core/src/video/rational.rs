use std::fmt;

use super::VideoError;

/// A positive fraction, such as a frame rate in frames per second or a time base in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rational {
    numerator: u32,
    denominator: u32,
}

impl Rational {
    /// `numerator / denominator`, kept as given (30000/1001 stays that, and 50/2 is not reduced).
    ///
    /// # Errors
    /// [`VideoError::FrameRate`] if either is zero.
    pub fn new(numerator: u32, denominator: u32) -> Result<Self, VideoError> {
        if numerator == 0 || denominator == 0 {
            return Err(VideoError::FrameRate {
                text: format!("{numerator}/{denominator}"),
            });
        }
        Ok(Self {
            numerator,
            denominator,
        })
    }

    /// `value / 1`.
    ///
    /// # Panics
    /// If `value` is zero.
    #[must_use]
    pub const fn whole(value: u32) -> Self {
        assert!(value > 0, "a rate is positive");
        Self {
            numerator: value,
            denominator: 1,
        }
    }

    /// The upper number.
    #[must_use]
    pub fn numerator(self) -> u32 {
        self.numerator
    }

    /// The lower number.
    #[must_use]
    pub fn denominator(self) -> u32 {
        self.denominator
    }

    /// `1 / self`.
    #[must_use]
    pub fn inverse(self) -> Self {
        Self {
            numerator: self.denominator,
            denominator: self.numerator,
        }
    }

    /// The nearest `f64`.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }
}

/// `30000/1001`.
impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

impl std::str::FromStr for Rational {
    type Err = VideoError;

    /// `25`, `30000/1001` or `30000:1001`.
    fn from_str(text: &str) -> Result<Self, VideoError> {
        let (numerator, denominator) = text.split_once(['/', ':']).unwrap_or((text, "1"));
        match (numerator.parse(), denominator.parse()) {
            (Ok(numerator), Ok(denominator)) => Self::new(numerator, denominator),
            _ => Err(VideoError::FrameRate {
                text: text.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_parse_as_people_write_them() {
        assert_eq!(
            "30000/1001".parse::<Rational>().unwrap(),
            Rational::new(30000, 1001).unwrap()
        );
        assert_eq!("25".parse::<Rational>().unwrap(), Rational::whole(25));
        for text in ["", "0/1", "1/0", "-1/2", "29.97", "1/2/3", "4294967296"] {
            assert!(text.parse::<Rational>().is_err(), "{text}");
        }
    }
}
