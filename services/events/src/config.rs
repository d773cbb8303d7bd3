//! What the service reads from its environment.

use oruma_postgres::DatabaseConfig;
use oruma_service_runtime::{ConfigError, Env, InternalCredential};

use crate::domain::event::EventLimits;

/// Everything that the service's parts are made from.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its database.
    pub database: DatabaseConfig,
    /// `INTERNAL_GRPC_TOKEN`: what callers must show, and what it shows to media.
    pub credential: InternalCredential,
    /// What an event may hold.
    pub limits: EventLimits,
}

impl Config {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first variable that is missing or wrong.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            database: DatabaseConfig::from_env(env, "events")?,
            credential: InternalCredential::from_env(env)?,
            limits: EventLimits {
                title: at_least_one(env, "EVENT_MAX_TITLE_CHARACTERS", 255)?,
                description: at_least_one(env, "EVENT_MAX_DESCRIPTION_CHARACTERS", 10_000)?,
                category: at_least_one(env, "EVENT_MAX_CATEGORY_CHARACTERS", 100)?,
                location: at_least_one(env, "EVENT_MAX_LOCATION_CHARACTERS", 255)?,
                tags: env.number("EVENT_MAX_TAGS", 20)?,
                tag: at_least_one(env, "EVENT_MAX_TAG_CHARACTERS", 50)?,
                report_reason: at_least_one(env, "EVENT_MAX_REPORT_REASON_CHARACTERS", 255)?,
                report_description: env.number("EVENT_MAX_REPORT_DESCRIPTION_CHARACTERS", 2_000)?,
            },
        })
    }
}

fn at_least_one(env: &Env, name: &str, default: usize) -> Result<usize, ConfigError> {
    match env.number(name, default)? {
        0 => Err(ConfigError::new(name, "must be at least 1")),
        number => Ok(number),
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
        let limits = read(&[]).unwrap().limits;
        assert_eq!((limits.title, limits.description), (255, 10_000));
        assert_eq!((limits.category, limits.location), (100, 255));
        assert_eq!((limits.tags, limits.tag), (20, 50));
        let report = (limits.report_reason, limits.report_description);
        assert_eq!(report, (255, 2_000));
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [
            ("EVENT_MAX_TITLE_CHARACTERS", "0"),
            ("EVENT_MAX_TAGS", "many"),
            ("EVENT_MAX_REPORT_REASON_CHARACTERS", "-1"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err().variable, name);
        }
    }
}
