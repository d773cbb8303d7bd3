//! Access tokens: made by auth, read by every edge.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use oruma_ids::{SessionId, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ConfigError, Contract, Env, Role, SignedIn};

/// Shorter secrets can be guessed from one token.
const SHORTEST_SECRET: usize = 32;
/// Secrets that stand in documentation.
const KNOWN_SECRETS: [&str; 4] = [
    "your-super-secret-jwt-key-here",
    "secret",
    "changeme",
    "jwt-secret",
];

/// What an access token says: the payload of the contract (O-004) with the token, its sign-in, contract and role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The person.
    #[serde(rename = "userId")]
    pub user_id: UserId,
    /// The person once more, where the contract calls it so (C-115).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<UserId>,
    /// The person's address.
    pub email: String,
    /// The person's university; empty for none.
    pub university: String,
    /// The person's role.
    pub role: String,
    /// The sign-in.
    pub sid: SessionId,
    /// The token.
    pub jti: Uuid,
    /// The contract.
    pub aud: String,
    /// When it ends, in seconds.
    pub exp: i64,
    /// When it was made, in seconds.
    pub iat: i64,
}

impl AccessClaims {
    /// The person whom the token signs in.
    #[must_use]
    pub fn signed_in(&self) -> SignedIn {
        SignedIn {
            user: self.user_id,
            role: Role::from_name(&self.role).unwrap_or(Role::User),
            session: self.sid,
            university: self.university.clone(),
        }
    }
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was good once.
    #[error("the token has expired")]
    Expired,
    /// It was never good here.
    #[error("the token is not valid")]
    Invalid,
}

/// Signs and reads access tokens with the secret of the installation.
#[derive(Clone)]
pub struct AccessTokenKey {
    algorithm: Algorithm,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl AccessTokenKey {
    /// Reads `JWT_SECRET_KEY` and `JWT_ALGORITHM` (HS256, HS384 or HS512). Weak and known secrets are refused unless `API_DEBUG` is true.
    ///
    /// # Errors
    /// [`ConfigError`] when the secret is missing or weak, or the algorithm is another.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let secret = env.required_secret("JWT_SECRET_KEY")?;
        if !env.flag("API_DEBUG", false)? && is_weak(secret.expose_secret()) {
            return Err(ConfigError::new(
                "JWT_SECRET_KEY",
                "is too weak: give at least 32 random characters, or set API_DEBUG=true for development",
            ));
        }
        let algorithm = match env.string("JWT_ALGORITHM", "HS256")?.as_str() {
            "HS256" => Algorithm::HS256,
            "HS384" => Algorithm::HS384,
            "HS512" => Algorithm::HS512,
            _ => {
                return Err(ConfigError::new(
                    "JWT_ALGORITHM",
                    "is none of HS256, HS384 and HS512",
                ));
            }
        };
        Ok(Self::new(&secret, algorithm))
    }

    /// Takes the secret as it is.
    #[must_use]
    pub fn new(secret: &SecretString, algorithm: Algorithm) -> Self {
        let secret = secret.expose_secret().as_bytes();
        Self {
            algorithm,
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
        }
    }

    /// Signs the claims.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(&self, claims: &AccessClaims) -> Result<SecretString, jsonwebtoken::errors::Error> {
        jsonwebtoken::encode(&Header::new(self.algorithm), claims, &self.encoding)
            .map(SecretString::from)
    }

    /// Reads a token of `contract`. Any other algorithm than ours, `none` above all, is refused.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn read(
        &self,
        token: &str,
        contract: Contract,
        now: DateTime<Utc>,
    ) -> Result<AccessClaims, TokenError> {
        let mut validation = Validation::new(self.algorithm);
        // The time is passed in, so it is compared below.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        validation.set_audience(&[contract.name()]);
        let claims =
            jsonwebtoken::decode::<AccessClaims>(token.as_bytes(), &self.decoding, &validation)
                .map_err(|_| TokenError::Invalid)?
                .claims;
        if claims.exp <= now.timestamp() {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }
}

fn is_weak(secret: &str) -> bool {
    let distinct: std::collections::HashSet<char> = secret.chars().collect();
    secret.len() < SHORTEST_SECRET || distinct.len() < 8 || KNOWN_SECRETS.contains(&secret)
}

impl std::fmt::Debug for AccessTokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessTokenKey")
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn key(secret: &str) -> AccessTokenKey {
        AccessTokenKey::new(&SecretString::from(secret), Algorithm::HS256)
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn claims() -> AccessClaims {
        AccessClaims {
            user_id: UserId::from_uuid(Uuid::from_u128(1)),
            id: None,
            email: "ada@uni.edu".to_owned(),
            university: "Uni".to_owned(),
            role: "user".to_owned(),
            sid: SessionId::from_uuid(Uuid::from_u128(2)),
            jti: Uuid::from_u128(3),
            aud: "oruma".to_owned(),
            iat: now().timestamp(),
            exp: now().timestamp() + 86_400,
        }
    }

    #[test]
    fn a_token_is_read_until_its_last_second() {
        let token = key("a").sign(&claims()).unwrap();
        let read = |at| key("a").read(token.expose_secret(), Contract::Oruma, at);
        assert_eq!(read(now()), Ok(claims()));
        assert!(read(now() + TimeDelta::seconds(86_399)).is_ok());
        assert_eq!(
            read(now() + TimeDelta::seconds(86_400)),
            Err(TokenError::Expired)
        );
    }

    #[test]
    fn forged_foreign_and_unsigned_tokens_are_refused() {
        let token = key("a").sign(&claims()).unwrap();
        let read = |key: &AccessTokenKey, token: &str, contract| key.read(token, contract, now());
        assert_eq!(
            read(&key("b"), token.expose_secret(), Contract::Oruma),
            Err(TokenError::Invalid)
        );
        assert_eq!(
            read(&key("a"), token.expose_secret(), Contract::Social),
            Err(TokenError::Invalid)
        );
        // {"alg":"none","typ":"JWT"}
        let payload = token.expose_secret().split('.').nth(1).unwrap();
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.");
        assert_eq!(
            read(&key("a"), &unsigned, Contract::Oruma),
            Err(TokenError::Invalid)
        );
        for nonsense in ["", ".", "..", "a.b.c", "Bearer x"] {
            assert_eq!(
                read(&key("a"), nonsense, Contract::Oruma),
                Err(TokenError::Invalid)
            );
        }
    }

    #[test]
    fn another_algorithm_of_the_same_secret_is_refused() {
        let other = AccessTokenKey::new(&SecretString::from("a"), Algorithm::HS512);
        let token = other.sign(&claims()).unwrap();
        assert_eq!(
            key("a").read(token.expose_secret(), Contract::Oruma, now()),
            Err(TokenError::Invalid)
        );
    }

    #[test]
    fn weak_secrets_need_debug() {
        let read = |pairs: &[(&str, &str)]| {
            AccessTokenKey::from_env(&Env::of_pairs(pairs.iter().copied()))
        };
        for weak in [
            "your-super-secret-jwt-key-here",
            "short",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(
                read(&[("JWT_SECRET_KEY", weak)]).unwrap_err().variable,
                "JWT_SECRET_KEY"
            );
            assert!(read(&[("JWT_SECRET_KEY", weak), ("API_DEBUG", "true")]).is_ok());
        }
        let strong = "K3vJ8x-unguessable-0123456789abcdef";
        assert!(read(&[("JWT_SECRET_KEY", strong)]).is_ok());
        let algorithm = read(&[("JWT_SECRET_KEY", strong), ("JWT_ALGORITHM", "none")]).unwrap_err();
        assert_eq!(algorithm.variable, "JWT_ALGORITHM");
    }
}
