//! Codes that people type: six digits, worthless after a while and after a few wrong guesses.

use oruma_service_runtime::Random;

/// How many digits a code has (C-001, C-003).
const DIGITS: usize = 6;
/// All codes.
const CODES: u32 = 1_000_000;
/// Numbers from here on would make the first codes likelier than the others.
const FAIR: u32 = u32::MAX - u32::MAX % CODES;

/// A code on its way to a person, or back.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// Makes one; all are equally likely.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        loop {
            let number = u32::from_be_bytes(random.bytes());
            if number < FAIR {
                return Self(format!("{:06}", number % CODES));
            }
        }
    }

    /// Reads what somebody typed: spaces around and inside are forgiven.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|letter| *letter != ' ').collect();
        let right = digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit());
        right.then_some(Self(digits))
    }

    /// The digits.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits_and_never_shows() {
        let random = Random::system();
        for _ in 0..1_000 {
            let code = Code::generate(&random);
            assert_eq!(Code::parse(code.expose()).as_ref(), Some(&code));
            assert_eq!(format!("{code:?}"), "Code");
        }
    }

    #[test]
    fn only_six_digits_are_a_code() {
        assert_eq!(Code::parse(" 123 456 ").unwrap().expose(), "123456");
        for wrong in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"] {
            assert_eq!(Code::parse(wrong), None, "{wrong}");
        }
    }
}
