//! What the service reads from its environment.

use oruma_engagement::ReportLimits;
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
            database: DatabaseConfig::from_env(env, "events")?,
            credential: InternalCredential::from_env(env)?,
            limits: EventLimits {
                title: env.at_least_one("EVENT_MAX_TITLE_CHARACTERS", 255)?,
                description: env.at_least_one("EVENT_MAX_DESCRIPTION_CHARACTERS", 10_000)?,
                category: env.at_least_one("EVENT_MAX_CATEGORY_CHARACTERS", 100)?,
                location: env.at_least_one("EVENT_MAX_LOCATION_CHARACTERS", 255)?,
                tags: env.number("EVENT_MAX_TAGS", 20)?,
                tag: env.at_least_one("EVENT_MAX_TAG_CHARACTERS", 50)?,
            },
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

    #[test]
    fn defaults_are_those_of_the_contract() {
        let limits = read(&[]).unwrap().limits;
        assert_eq!((limits.title, limits.description), (255, 10_000));
        assert_eq!((limits.category, limits.location), (100, 255));
        assert_eq!((limits.tags, limits.tag), (20, 50));
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [
            ("EVENT_MAX_TITLE_CHARACTERS", "0"),
            ("EVENT_MAX_TAGS", "many"),
            ("REPORT_MAX_REASON_CHARACTERS", "-1"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err().variable, name);
        }
    }
}
