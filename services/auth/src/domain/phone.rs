//! Phone numbers.

use std::str::FromStr;

/// A number in E.164: a plus sign, a country code that doesn't begin with 0, fifteen digits at the most.
///
/// Only the form is checked: which numbers are in use changes weekly, and whether one is the person's own only a code can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// The number with its plus sign.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let problem = "must be a phone number in E.164, such as +14155550123";
        let text = text.trim();
        let digits = text.strip_prefix('+').ok_or(problem)?;
        let right = (7..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0');
        right.then(|| Self(text.to_owned())).ok_or(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_in_e164_are_taken() {
        for good in [
            "+14155550123",
            "+1234567890",
            " +971501234567 ",
            "+123456789012345",
        ] {
            assert!(good.parse::<Phone>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "+",
            "14155550123",
            "+04155550123",
            "+1 415 555",
            "+1234567890123456",
            "+12345",
            "+١٢٣٤٥٦٧٨",
        ] {
            assert!(bad.parse::<Phone>().is_err(), "{bad}");
        }
    }
}
