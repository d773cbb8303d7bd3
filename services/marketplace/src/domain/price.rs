//! What an item costs, read from decimal text without rounding.
//!
//! A price is digits, with at most two more after a point. Signs, exponents (`1e2`), spaces inside and other digits than 0 to 9 are refused:
//! whoever sends prices as numbers writes them out.

use std::fmt;

/// Cents of one whole.
const CENTS: i64 = 100;

/// A price in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(i64);

/// What is wrong with a price, as the end of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PriceProblem {
    /// It is no decimal number.
    #[error("must be a number such as 12.50")]
    NoNumber,
    /// It has a third decimal.
    #[error("must have at most two decimals")]
    TooFine,
    /// It is 0.
    #[error("must be more than 0")]
    NotPositive,
    /// It is more than an item may cost.
    #[error("must be at most {0}")]
    TooMuch(i64),
}

impl Price {
    /// Reads the price of an item that may cost `most` wholes.
    ///
    /// # Errors
    /// [`PriceProblem`].
    pub fn parse(text: &str, most: i64) -> Result<Self, PriceProblem> {
        let (whole, decimals) = parts(text).ok_or(PriceProblem::NoNumber)?;
        if decimals.len() > 2 {
            return Err(PriceProblem::TooFine);
        }
        let too_much = PriceProblem::TooMuch(most);
        let cents = cents(whole, decimals).ok_or(too_much)?;
        match cents {
            ..=0 => Err(PriceProblem::NotPositive),
            cents if cents > most.saturating_mul(CENTS) => Err(too_much),
            cents => Ok(Self(cents)),
        }
    }

    /// The price of a row.
    #[must_use]
    pub const fn from_cents(cents: i64) -> Self {
        Self(cents)
    }

    /// In hundredths.
    #[must_use]
    pub const fn cents(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / CENTS, self.0 % CENTS)
    }
}

/// The least price that is not under a bound: a filter's `price_min`. `None` for what is no number.
#[must_use]
pub fn at_least(text: &str) -> Option<i64> {
    let (whole, decimals) = parts(text)?;
    let between = decimals.bytes().skip(2).any(|digit| digit != b'0');
    let cents = cents(whole, decimals).unwrap_or(i64::MAX);
    Some(cents.saturating_add(i64::from(between)))
}

/// The greatest price that is not over a bound: a filter's `price_max`. `None` for what is no number.
#[must_use]
pub fn at_most(text: &str) -> Option<i64> {
    let (whole, decimals) = parts(text)?;
    Some(cents(whole, decimals).unwrap_or(i64::MAX))
}

/// The digits before and after the point.
fn parts(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        None => digits(text).then_some((text, "")),
        Some((whole, decimals)) => (digits(whole) && digits(decimals)).then_some((whole, decimals)),
    }
}

/// Whole cents; what is finer is cut off. `None` for more than there are.
fn cents(whole: &str, decimals: &str) -> Option<i64> {
    let mut digits = decimals.bytes().map(|digit| i64::from(digit - b'0'));
    let tens = digits.next().unwrap_or(0);
    let ones = digits.next().unwrap_or(0);
    let whole: i64 = whole.parse().ok()?;
    whole.checked_mul(CENTS)?.checked_add(10 * tens + ones)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: i64 = 1_000_000;

    fn parse(text: &str) -> Result<i64, PriceProblem> {
        Price::parse(text, MOST).map(Price::cents)
    }

    /// O-165.
    #[test]
    fn prices_are_read_exactly() {
        for (text, cents) in [
            ("0.01", 1),
            ("19.99", 1_999),
            ("5", 500),
            (" 5.5 ", 550),
            ("007.10", 710),
            ("1000000", 100_000_000),
            ("1000000.00", 100_000_000),
            ("00000000000000000000000000000001", 100),
        ] {
            assert_eq!(parse(text), Ok(cents), "{text}");
        }
    }

    /// O-165.
    #[test]
    fn what_is_no_price_is_refused() {
        for text in [
            "",
            " ",
            "abc",
            "NaN",
            "inf",
            "-1",
            "+1",
            "1e400",
            "1e2",
            ".5",
            "5.",
            ".",
            "1,5",
            "1.2.3",
            "1 0",
            "0x10",
            "１",
            "-0",
            "1_000",
            "1.\u{665}",
        ] {
            assert_eq!(parse(text), Err(PriceProblem::NoNumber), "{text}");
        }
        assert_eq!(parse("1.999"), Err(PriceProblem::TooFine));
        assert_eq!(parse("0.00"), Err(PriceProblem::NotPositive));
        for text in ["1000000.01", "99999999999999999999999999"] {
            assert_eq!(parse(text), Err(PriceProblem::TooMuch(MOST)), "{text}");
        }
    }

    #[test]
    fn bounds_lie_on_the_right_side() {
        assert_eq!(
            (at_least("9.991"), at_most("9.991")),
            (Some(1_000), Some(999))
        );
        assert_eq!((at_least("9.990"), at_most("0")), (Some(999), Some(0)));
        let huge = "9".repeat(40);
        assert_eq!(
            (at_least(&huge), at_most(&huge)),
            (Some(i64::MAX), Some(i64::MAX))
        );
        assert_eq!((at_least("-1"), at_most("cheap")), (None, None));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(cents in 1..=MOST * CENTS) {
            let shown = Price::from_cents(cents).to_string();
            prop_assert_eq!(parse(&shown), Ok(cents));
            prop_assert_eq!(at_least(&shown), Some(cents));
            prop_assert_eq!(at_most(&shown), Some(cents));
        }

        #[test]
        fn nothing_breaks_the_reader(text in ".{0,40}") {
            if let Ok(cents) = parse(&text) {
                prop_assert!((1..=MOST * CENTS).contains(&cents));
            }
        }
    }
}
