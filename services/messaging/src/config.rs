//! What the service reads from its environment.

use chrono::TimeDelta;
use oruma_outbound::Reach;
use oruma_postgres::DatabaseConfig;
use oruma_service_runtime::{ConfigError, Env, InternalCredential};

/// The longest messages that can be allowed: the event that tells of one must hold it whole.
const LONGEST_MESSAGE: usize = 50_000;
/// A hundred years: nobody keeps anything for longer.
const LONGEST_KEEPING: u32 = 36_500;
/// As long in hours.
const LONGEST_EDITING: u32 = 876_000;

/// Everything that the service's parts are made from.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its database.
    pub database: DatabaseConfig,
    /// `INTERNAL_GRPC_TOKEN`: what callers must show.
    pub credential: InternalCredential,
    /// `MESSAGE_MAX_CHARACTERS`: 5,000 by default, at most 50,000.
    pub message_characters: usize,
    /// `MESSAGE_EDIT_HOURS`: how long a message can be changed; 24 hours by default.
    pub edit_window: TimeDelta,
    /// `MESSAGE_KEEP_DELETED_DAYS`: how long removed messages are kept for administrators; 30 days by default.
    pub keep_deleted: TimeDelta,
    /// `CHANNEL_MAX_MEMBERS`: 10,000 by default.
    pub channel_members: i64,
    /// `LINK_PREVIEWS_ENABLED`: whether it is looked behind links; true by default.
    pub link_previews: bool,
    /// Where links may lead: to public addresses.
    pub reach: Reach,
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
            edit_window: edit_window(env)?,
            keep_deleted: days(env, "MESSAGE_KEEP_DELETED_DAYS", 30)?,
            channel_members: channel_members(env)?,
            link_previews: env.flag("LINK_PREVIEWS_ENABLED", true)?,
            reach: Reach::public(),
            keep_notifications: days(env, "NOTIFICATION_KEEP_DAYS", 90)?,
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

fn days(env: &Env, name: &str, default: u32) -> Result<TimeDelta, ConfigError> {
    let days = env.number(name, default)?;
    if (1..=LONGEST_KEEPING).contains(&days) {
        Ok(TimeDelta::days(i64::from(days)))
    } else {
        Err(ConfigError::new(name, "must be from 1 to 36500"))
    }
}

fn edit_window(env: &Env) -> Result<TimeDelta, ConfigError> {
    const NAME: &str = "MESSAGE_EDIT_HOURS";
    let hours: u32 = env.number(NAME, 24)?;
    if (1..=LONGEST_EDITING).contains(&hours) {
        Ok(TimeDelta::hours(i64::from(hours)))
    } else {
        Err(ConfigError::new(NAME, "must be from 1 to 876000"))
    }
}

fn channel_members(env: &Env) -> Result<i64, ConfigError> {
    const NAME: &str = "CHANNEL_MAX_MEMBERS";
    let members: u32 = env.number(NAME, 10_000)?;
    if members == 0 {
        return Err(ConfigError::new(NAME, "must be at least 1"));
    }
    Ok(i64::from(members))
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
        assert_eq!(config.edit_window, TimeDelta::hours(24));
        assert_eq!(config.keep_deleted, TimeDelta::days(30));
        assert_eq!(config.channel_members, 10_000);
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [
            ("MESSAGE_MAX_CHARACTERS", "0"),
            ("MESSAGE_MAX_CHARACTERS", "50001"),
            ("NOTIFICATION_KEEP_DAYS", "0"),
            ("MESSAGE_EDIT_HOURS", "0"),
            ("MESSAGE_KEEP_DELETED_DAYS", "0"),
            ("CHANNEL_MAX_MEMBERS", "0"),
            ("NOTIFICATION_KEEP_DAYS", "ever"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err().variable, name);
        }
    }
}
