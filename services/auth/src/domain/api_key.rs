//! Keys by which programs act for a person.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use oruma_service_runtime::Random;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How every key begins, so that it is known for what it is wherever it was left.
const MARK: &str = "oruma_";
/// Letters of a key by which its owner knows it again, with the mark.
const SHOWN: usize = 12;

/// A key on its way to its owner, once, or back.
#[derive(Debug, Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// Makes one of 256 random bits.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        let text = format!("{MARK}{}", URL_SAFE_NO_PAD.encode(random.bytes::<32>()));
        Self(SecretString::from(text))
    }

    /// What a program sent, whatever it is.
    #[must_use]
    pub fn received(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// What is stored in its place.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose_secret().as_bytes()).into()
    }

    /// How it begins.
    #[must_use]
    pub fn prefix(&self) -> String {
        self.0.expose_secret().chars().take(SHOWN).collect()
    }

    /// The key.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What its owner sees of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// The id.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// How it begins.
    pub prefix: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends, if it does.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_again_by_its_hash_only() {
        let key = ApiKey::generate(&Random::system());
        assert_eq!(key.expose().len(), 6 + 43);
        assert!(key.expose().starts_with(&key.prefix()) && key.prefix().starts_with("oruma_"));
        assert_eq!(ApiKey::received(key.expose().to_owned()).hash(), key.hash());
        assert!(!format!("{key:?}").contains(key.expose()));
    }
}
