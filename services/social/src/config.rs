//! What the service reads from its environment.

use oruma_engagement::ReportLimits;
use oruma_postgres::DatabaseConfig;
use oruma_service_runtime::{ConfigError, Env, InternalCredential};

use crate::domain::post::PostLimits;

/// Everything that the service's parts are made from.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its database.
    pub database: DatabaseConfig,
    /// `INTERNAL_GRPC_TOKEN`: what callers must show, and what it shows to media.
    pub credential: InternalCredential,
    /// What a post may hold.
    pub posts: PostLimits,
    /// `COMMENT_MAX_CHARACTERS`: 2,000 by default.
    pub comment_characters: usize,
    /// What a report may hold.
    pub reports: ReportLimits,
}

impl Config {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first variable that is missing or wrong.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            database: DatabaseConfig::from_env(env, "social")?,
            credential: InternalCredential::from_env(env)?,
            posts: PostLimits {
                characters: env.at_least_one("POST_MAX_CHARACTERS", 2_000)?,
                images: env.number("POST_MAX_IMAGES", 5)?,
                hashtags: env.number("POST_MAX_HASHTAGS", 10)?,
                mentions: env.number("POST_MAX_MENTIONS", 10)?,
            },
            comment_characters: env.at_least_one("COMMENT_MAX_CHARACTERS", 2_000)?,
            reports: ReportLimits::from_env(env)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(extra: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let base = [
            ("DATABASE_URL", "postgresql://app@localhost:5432/oruma"),
            ("INTERNAL_GRPC_TOKEN", "0123456789abcdef0123456789abcdef"),
        ];
        Config::from_env(&Env::of_pairs(
            base.into_iter().chain(extra.iter().copied()),
        ))
    }

    /// O-156, O-157, O-159, O-160: the defaults are those of the contract.
    #[test]
    fn defaults_are_those_of_the_contract() {
        let limits = read(&[]).unwrap().posts;
        assert_eq!((limits.characters, limits.images), (2_000, 5));
        assert_eq!((limits.hashtags, limits.mentions), (10, 10));
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [
            ("POST_MAX_CHARACTERS", "0"),
            ("POST_MAX_IMAGES", "many"),
            ("COMMENT_MAX_CHARACTERS", "-1"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err().variable, name);
        }
    }
}
