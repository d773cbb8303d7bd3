//! The token inside a link that sets a new password.

use oruma_service_runtime::Random;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// A token on its way to a person, or back (C-007).
#[derive(Debug, Clone)]
pub struct ResetToken(SecretString);

impl ResetToken {
    /// Makes a random UUID.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        let uuid = Builder::from_random_bytes(random.bytes()).into_uuid();
        Self(SecretString::from(uuid.to_string()))
    }

    /// Reads what somebody sent; `None` for what is no UUID.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uuid: Uuid = text.trim().parse().ok()?;
        Some(Self(SecretString::from(uuid.to_string())))
    }

    /// What is stored in its place.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose_secret().as_bytes()).into()
    }

    /// The text for the link.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_random_uuid_that_never_shows() {
        let token = ResetToken::generate(&Random::system());
        let uuid: Uuid = token.expose().parse().unwrap();
        assert_eq!(uuid.get_version_num(), 4);
        let upper = token.expose().to_uppercase();
        assert_eq!(ResetToken::parse(&upper).unwrap().hash(), token.hash());
        assert!(!format!("{token:?}").contains(token.expose()));
        assert!(ResetToken::parse("not a token").is_none());
    }
}
