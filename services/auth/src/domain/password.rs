//! Which passwords are good enough.

use oruma_service_runtime::Contract;
use secrecy::{ExposeSecret, SecretString};

/// Fewer characters are refused everywhere (O-147, C-106).
const SHORTEST: usize = 8;
/// bcrypt reads 72 bytes with the closing null, and a password that is cut silently is a trap.
const LONGEST_BYTES: usize = 71;

/// A password that met the policy of the contract through which it was set.
#[derive(Debug, Clone)]
pub struct NewPassword {
    text: SecretString,
    policy: Contract,
}

impl NewPassword {
    /// Judges a password.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn parse(text: &SecretString, policy: Contract) -> Result<Self, &'static str> {
        let plain = text.expose_secret();
        if plain.is_empty() {
            return Err("is required");
        }
        if plain.chars().count() < SHORTEST {
            return Err("must have at least 8 characters");
        }
        if plain.len() > LONGEST_BYTES {
            return Err("must have at most 71 bytes");
        }
        if plain.contains('\0') {
            return Err("must not contain a null character");
        }
        if !plain.chars().any(|letter| letter.is_numeric()) {
            return Err("must have at least one number");
        }
        if demands_both_cases(policy)
            && !(plain.chars().any(char::is_uppercase) && plain.chars().any(char::is_lowercase))
        {
            return Err("must have an upper-case and a lower-case letter");
        }
        Ok(Self {
            text: text.clone(),
            policy,
        })
    }

    /// The password, to be hashed.
    #[must_use]
    pub fn text(&self) -> &SecretString {
        &self.text
    }

    /// The contract whose policy it met.
    #[must_use]
    pub fn policy(&self) -> Contract {
        self.policy
    }
}

/// C-106 asks for both cases; the others name no such rule.
fn demands_both_cases(policy: Contract) -> bool {
    policy == Contract::Connectbest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str, policy: Contract) -> Result<(), &'static str> {
        NewPassword::parse(&SecretString::from(text), policy).map(|_| ())
    }

    #[test]
    fn oruma_wants_eight_characters_and_a_number() {
        assert_eq!(judged("passw0rd", Contract::Oruma), Ok(()));
        assert_eq!(judged("пароль12", Contract::Oruma), Ok(()));
        assert!(judged("passwor", Contract::Oruma).is_err());
        assert!(judged("password", Contract::Oruma).is_err());
        assert!(judged("", Contract::Oruma).is_err());
        assert!(judged(&"a1".repeat(37), Contract::Oruma).is_err());
        assert!(judged("passw0rd\0", Contract::Oruma).is_err());
    }

    #[test]
    fn connectbest_wants_both_cases_too() {
        assert!(judged("passw0rd", Contract::Connectbest).is_err());
        assert_eq!(judged("Passw0rd", Contract::Connectbest), Ok(()));
    }
}
