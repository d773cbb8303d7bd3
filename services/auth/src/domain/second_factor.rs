//! What a person shows besides the password.

use chrono::{DateTime, TimeDelta, Utc};
use oruma_service_runtime::Random;
use totp_rs::{Algorithm, Builder, Totp, TotpError};

/// Letters and digits that nobody takes for another.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Letters of a recovery code: 50 random bits.
const RECOVERY_LENGTH: usize = 10;
/// Recovery codes of a person.
const RECOVERY_CODES: usize = 10;
/// Bytes of the secret of an authenticator program, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
/// The longest time for which no code is looked at.
const LONGEST_LOCK: TimeDelta = TimeDelta::hours(24);

/// By what a second factor is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A code that is sent to a phone.
    Sms,
    /// A code of an authenticator program.
    Totp,
}

/// Makes the secret of an authenticator program.
#[must_use]
pub fn new_secret(random: &Random) -> Vec<u8> {
    random.bytes::<SECRET_BYTES>().to_vec()
}

/// The codes of an authenticator program: six digits of half a minute each, one step early or late forgiven (RFC 6238).
///
/// # Errors
/// For a secret that this service did not make.
pub fn authenticator(secret: &[u8], product: &str, account: &str) -> Result<Totp, TotpError> {
    // The form of the link knows no colon.
    let plain = |text: &str| text.replace(':', " ");
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_secret(secret.to_vec())
        .with_issuer(Some(plain(product)))
        .with_account_name(plain(account))
        .build()
}

/// The step of a right code that is later than the last one that was taken.
#[must_use]
pub fn step_of(totp: &Totp, code: &str, last: i64, now: DateTime<Utc>) -> Option<i64> {
    let time = u64::try_from(now.timestamp()).ok()?;
    let step = i64::try_from(totp.check(code, time)?).ok()?;
    (step > last).then_some(step)
}

/// A code for whoever lost the phone.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// Makes those of a person.
    #[must_use]
    pub fn generate_all(random: &Random) -> Vec<Self> {
        (0..RECOVERY_CODES)
            .map(|_| Self::generate(random))
            .collect()
    }

    fn generate(random: &Random) -> Self {
        let letters = random.bytes::<RECOVERY_LENGTH>();
        let letters = letters
            .iter()
            .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)));
        Self(letters.map(|letter| char::from(*letter)).collect())
    }

    /// Reads what somebody typed, in any case, with or without the dash.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters: String = text
            .chars()
            .filter(|letter| !matches!(letter, '-' | ' '))
            .map(|letter| letter.to_ascii_lowercase())
            .collect();
        let right = letters.len() == RECOVERY_LENGTH
            && letters.bytes().all(|letter| ALPHABET.contains(&letter));
        right.then_some(Self(letters))
    }

    /// The letters without the dash: what is hashed.
    #[must_use]
    pub fn letters(&self) -> &str {
        &self.0
    }

    /// As it is shown, once.
    #[must_use]
    pub fn expose(&self) -> String {
        let (one, other) = self.0.split_at(self.0.len() / 2);
        format!("{one}-{other}")
    }
}

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCode")
    }
}

/// For how long no code is looked at after so many wrong ones: each `bound` of them double the time.
#[must_use]
pub fn lock_after(failures: i32, bound: i16, first: TimeDelta) -> Option<TimeDelta> {
    let bound = i32::from(bound.max(1));
    if failures == 0 || failures % bound != 0 {
        return None;
    }
    let doublings = u32::try_from(failures / bound - 1).unwrap_or(0).min(16);
    Some((first * (1 << doublings)).min(LONGEST_LOCK.max(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_standard_and_work_once() {
        let totp = authenticator(b"12345678901234567890", "Oruma", "ada@uni.edu").unwrap();
        assert_eq!(step_of(&totp, "287082", 0, at(59)), Some(1));
        assert_eq!(step_of(&totp, "287082", 0, at(89)), Some(1));
        assert_eq!(step_of(&totp, "287082", 0, at(120)), None);
        assert_eq!(step_of(&totp, "287082", 1, at(59)), None);
        assert_eq!(
            step_of(&totp, "081804", 1, at(1_111_111_109)),
            Some(37_037_036)
        );
        assert_eq!(step_of(&totp, "nonsense", 0, at(59)), None);
        assert!(
            totp.to_url()
                .unwrap()
                .starts_with("otpauth://totp/Oruma:ada")
        );
        assert!(authenticator(b"12345678901234567890", "A:B", "c:d").is_ok());
    }

    #[test]
    fn recovery_codes_are_read_as_they_are_shown() {
        let codes = RecoveryCode::generate_all(&Random::system());
        assert_eq!(codes.len(), 10);
        for code in &codes {
            assert_eq!(RecoveryCode::parse(&code.expose()).as_ref(), Some(code));
            assert_eq!(
                RecoveryCode::parse(&code.expose().to_uppercase()).as_ref(),
                Some(code)
            );
            assert_eq!(format!("{code:?}"), "RecoveryCode");
        }
        assert_eq!(RecoveryCode::parse("123456"), None);
    }

    #[test]
    fn every_five_wrong_codes_double_the_lock() {
        let lock = |failures| lock_after(failures, 5, TimeDelta::minutes(15));
        assert_eq!([lock(0), lock(4), lock(6)], [None; 3]);
        assert_eq!(lock(5), Some(TimeDelta::minutes(15)));
        assert_eq!(lock(10), Some(TimeDelta::minutes(30)));
        assert_eq!(lock(500), Some(TimeDelta::hours(24)));
    }
}
