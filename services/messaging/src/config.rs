//! What the service reads from its environment.

use chrono::TimeDelta;
use oruma_postgres::DatabaseConfig;
use oruma_service_runtime::{ConfigError, Env, InternalCredential};

/// The longest messages that can be allowed: the event that tells of one must hold it whole.
const LONGEST_MESSAGE: usize = 50_000;
/// A hundred years: nobody keeps notifications for longer.
const LONGEST_KEEPING: u32 = 36_500;

/// Everything that the service's parts are made from.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its database.
    pub database: DatabaseConfig,
    /// `INTERNAL_GRPC_TOKEN`: what callers must show.
    pub credential: InternalCredential,
    /// `MESSAGE_MAX_CHARACTERS`: 5,000 by default, at most 50,000.
    pub message_characters: usize,
    /// `NOTIFICATION_KEEP_DAYS`: how long notifications are kept; 90 days by default.
    pub keep_notifications: TimeDelta,
}

impl Config {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first variable that is missing or wrong.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            database: DatabaseConfig::from_env(env, "messaging")?,
            credential: InternalCredential::from_env(env)?,
            message_characters: message_characters(env)?,
            keep_notifications: keep_notifications(env)?,
        })
    }
}

fn message_characters(env: &Env) -> Result<usize, ConfigError> {
    const NAME: &str = "MESSAGE_MAX_CHARACTERS";
    let characters = env.number(NAME, 5_000)?;
    if (1..=LONGEST_MESSAGE).contains(&characters) {
        Ok(characters)
    } else {
        Err(ConfigError::new(NAME, "must be from 1 to 50000"))
    }
}

fn keep_notifications(env: &Env) -> Result<TimeDelta, ConfigError> {
    const NAME: &str = "NOTIFICATION_KEEP_DAYS";
    let days = env.number(NAME, 90)?;
    if (1..=LONGEST_KEEPING).contains(&days) {
        Ok(TimeDelta::days(i64::from(days)))
    } else {
        Err(ConfigError::new(NAME, "must be from 1 to 36500"))
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

    #[test]
    fn defaults_are_those_of_the_contract() {
        let config = read(&[]).unwrap();
        assert_eq!(config.message_characters, 5_000);
        assert_eq!(config.keep_notifications, TimeDelta::days(90));
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [
            ("MESSAGE_MAX_CHARACTERS", "0"),
            ("MESSAGE_MAX_CHARACTERS", "50001"),
            ("NOTIFICATION_KEEP_DAYS", "0"),
            ("NOTIFICATION_KEEP_DAYS", "ever"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err().variable, name);
        }
    }
}
