//! Sign-ins and their tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use oruma_ids::{SessionId, UserId};
use oruma_service_runtime::Random;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// How long the tokens of a contract live (K-31).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of an access token.
    pub access: TimeDelta,
    /// Of a refresh token.
    pub refresh: TimeDelta,
}

/// A refresh token on its way to the client.
#[derive(Debug, Clone)]
pub struct RefreshToken(SecretString);

impl RefreshToken {
    /// Makes a new one of 256 random bits.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        Self(SecretString::from(
            URL_SAFE_NO_PAD.encode(random.bytes::<32>()),
        ))
    }

    /// What a client sent, whatever it is.
    #[must_use]
    pub fn received(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// What is stored in its place.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose_secret().as_bytes()).into()
    }

    /// The text for the client.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Why a sign-in ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// The person signed out.
    SignedOut,
    /// A refresh token came back after it was traded: somebody else may hold the family.
    TokenReused,
    /// The account is gone.
    AccountDeleted,
    /// The person set a new password by a link.
    PasswordReset,
    /// An administrator suspended the account.
    AccountSuspended,
    /// The person is no administrator any longer.
    RoleTaken,
}

impl Revocation {
    /// Its name, in the database and in events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::TokenReused => "token_reused",
            Self::AccountDeleted => "account_deleted",
            Self::PasswordReset => "password_reset",
            Self::AccountSuspended => "account_suspended",
            Self::RoleTaken => "role_taken",
        }
    }
}

/// A sign-in that was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedSession {
    /// The sign-in.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// When it ended.
    pub revoked_at: DateTime<Utc>,
    /// From then on no access token of it could be alive.
    pub forget_at: DateTime<Utc>,
}

/// The new credentials of a sign-in.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// A signed access token.
    pub access: SecretString,
    /// The next refresh token.
    pub refresh: RefreshToken,
    /// When the access token ends.
    pub access_expires_at: DateTime<Utc>,
    /// When the refresh token ends.
    pub refresh_expires_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_again_by_its_hash_only() {
        let token = RefreshToken::generate(&Random::system());
        assert_eq!(token.expose().len(), 43);
        assert_eq!(
            RefreshToken::received(token.expose().to_owned()).hash(),
            token.hash()
        );
        assert!(!format!("{token:?}").contains(token.expose()));
    }
}
