//! What the service reads from its environment.

use std::time::Duration;

use chrono::TimeDelta;
use oruma_postgres::DatabaseConfig;
use oruma_service_runtime::{AccessTokenKey, ConfigError, Contract, Env, InternalCredential};
use secrecy::SecretString;
use url::Url;

use crate::domain::account::Email;
use crate::domain::password::NewPassword;
use crate::domain::session::Lifetimes;
use crate::passwords::PasswordConfig;

/// Everything that the service's parts are made from.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its database.
    pub database: DatabaseConfig,
    /// `INTERNAL_GRPC_TOKEN`: what callers must show.
    pub credential: InternalCredential,
    /// `JWT_SECRET_KEY`, `JWT_ALGORITHM`: what signs access tokens.
    pub tokens: AccessTokenKey,
    /// How long the tokens of the contract `oruma` live.
    pub oruma_lifetimes: Lifetimes,
    /// How passwords are hashed.
    pub passwords: PasswordConfig,
    /// The outside source of the directory, if any.
    pub directory: Option<DirectoryConfig>,
    /// The first administrator, if one is named.
    pub admin: Option<AdminConfig>,
    /// How long lines of the access log are kept: `ACCESS_LOG_RETENTION_DAYS`, 180 by default.
    pub access_log_retention: TimeDelta,
}

/// The outside source of the universities directory.
#[derive(Debug, Clone)]
pub struct DirectoryConfig {
    /// `UNIVERSITIES_API_URL`: where the list is; a URL without path is asked at `/search`.
    pub url: Url,
    /// `UNIVERSITIES_API_TIMEOUT`: seconds for one request; 10 by default.
    pub timeout: Duration,
    /// `UNIVERSITIES_API_REFRESH_HOURS`: how often; 24 by default.
    pub every: Duration,
}

/// The first administrator.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// `ADMIN_EMAIL`.
    pub email: Email,
    /// `ADMIN_PASSWORD`.
    pub password: SecretString,
}

impl Config {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first variable that is missing or wrong.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            database: DatabaseConfig::from_env(env, "auth")?,
            credential: InternalCredential::from_env(env)?,
            tokens: AccessTokenKey::from_env(env)?,
            oruma_lifetimes: Lifetimes {
                access: minutes(env, "JWT_ACCESS_TOKEN_EXPIRE_MINUTES", 1_440)?,
                refresh: days(env, "JWT_REFRESH_TOKEN_EXPIRE_DAYS", 30)?,
            },
            passwords: passwords(env)?,
            directory: directory(env)?,
            admin: admin(env)?,
            access_log_retention: days(env, "ACCESS_LOG_RETENTION_DAYS", 180)?,
        })
    }

    /// How long the tokens of a contract live (K-31).
    #[must_use]
    pub fn lifetimes(&self, contract: Contract) -> Lifetimes {
        let of = |access, refresh| Lifetimes { access, refresh };
        match contract {
            Contract::Oruma => self.oruma_lifetimes,
            Contract::Connectbest => of(TimeDelta::days(7), TimeDelta::days(30)),
            Contract::Social => of(TimeDelta::minutes(30), TimeDelta::days(7)),
            Contract::Socmel | Contract::Dubai => of(TimeDelta::minutes(60), TimeDelta::days(30)),
        }
    }
}

fn minutes(env: &Env, name: &str, default: i64) -> Result<TimeDelta, ConfigError> {
    positive(env, name, default, TimeDelta::try_minutes)
}

fn days(env: &Env, name: &str, default: i64) -> Result<TimeDelta, ConfigError> {
    positive(env, name, default, TimeDelta::try_days)
}

/// Ten years are more than any of these needs, and keep sums of times in range.
fn positive(
    env: &Env,
    name: &str,
    default: i64,
    unit: fn(i64) -> Option<TimeDelta>,
) -> Result<TimeDelta, ConfigError> {
    unit(env.number(name, default)?)
        .filter(|time| *time > TimeDelta::zero() && *time <= TimeDelta::days(3_650))
        .ok_or_else(|| ConfigError::new(name, "must be positive and at most ten years"))
}

fn passwords(env: &Env) -> Result<PasswordConfig, ConfigError> {
    let cost = env.number("BCRYPT_COST", 12)?;
    if !(12..=16).contains(&cost) {
        return Err(ConfigError::new("BCRYPT_COST", "must be from 12 to 16"));
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = env.number("BCRYPT_WORKERS", processors)?;
    if workers == 0 {
        return Err(ConfigError::new("BCRYPT_WORKERS", "must be at least 1"));
    }
    Ok(PasswordConfig {
        cost,
        workers,
        queue: env.number("BCRYPT_QUEUE", 16 * workers)?,
    })
}

fn directory(env: &Env) -> Result<Option<DirectoryConfig>, ConfigError> {
    let Some(url) = env.optional("UNIVERSITIES_API_URL")? else {
        return Ok(None);
    };
    let url: Url = url
        .parse()
        .ok()
        .filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| ConfigError::new("UNIVERSITIES_API_URL", "is not an http or https URL"))?;
    let seconds: u64 = env.number("UNIVERSITIES_API_TIMEOUT", 10)?;
    let hours: u64 = env.number("UNIVERSITIES_API_REFRESH_HOURS", 24)?;
    if !(1..=8_760).contains(&hours) {
        return Err(ConfigError::new(
            "UNIVERSITIES_API_REFRESH_HOURS",
            "must be from 1 to 8760",
        ));
    }
    Ok(Some(DirectoryConfig {
        url,
        timeout: Duration::from_secs(seconds.clamp(1, 300)),
        every: Duration::from_secs(hours * 3_600),
    }))
}

fn admin(env: &Env) -> Result<Option<AdminConfig>, ConfigError> {
    let Some(email) = env.optional("ADMIN_EMAIL")? else {
        return Ok(None);
    };
    let email = Email::parse(&email).map_err(|problem| ConfigError::new("ADMIN_EMAIL", problem))?;
    let password = env.required_secret("ADMIN_PASSWORD")?;
    // The strictest policy: administrators come in through every contract.
    NewPassword::parse(&password, Contract::Connectbest)
        .map_err(|problem| ConfigError::new("ADMIN_PASSWORD", problem))?;
    Ok(Some(AdminConfig { email, password }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(extra: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let base = [
            ("DATABASE_URL", "postgresql://app@localhost:5432/oruma"),
            ("INTERNAL_GRPC_TOKEN", "0123456789abcdef0123456789abcdef"),
            ("JWT_SECRET_KEY", "K3vJ8x-unguessable-0123456789abcdef"),
        ];
        Config::from_env(&Env::of_pairs(
            base.into_iter().chain(extra.iter().copied()),
        ))
    }

    /// O-108…O-113, O-119, O-151, O-152, O-188: the defaults are those of the contract.
    #[test]
    fn defaults_are_those_of_the_contract() {
        let config = read(&[]).unwrap();
        assert_eq!(config.oruma_lifetimes.access, TimeDelta::hours(24));
        assert_eq!(config.oruma_lifetimes.refresh, TimeDelta::days(30));
        assert_eq!(config.database.pool_size, 20);
        assert_eq!(config.passwords.cost, 12);
        let outside = read(&[("UNIVERSITIES_API_URL", "http://localhost:1")]).unwrap();
        assert_eq!(outside.directory.unwrap().timeout, Duration::from_secs(10));
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [
            ("DATABASE_URL", "mysql://x"),
            ("DATABASE_POOL_SIZE", "0"),
            ("JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "-1"),
            ("JWT_REFRESH_TOKEN_EXPIRE_DAYS", "99999999999"),
            ("BCRYPT_COST", "4"),
            ("UNIVERSITIES_API_URL", "ftp://x"),
            ("ADMIN_EMAIL", "nobody"),
        ] {
            let pairs = [
                ("DATABASE_URL", "postgresql://app@localhost:5432/oruma"),
                ("INTERNAL_GRPC_TOKEN", "0123456789abcdef0123456789abcdef"),
                ("JWT_SECRET_KEY", "K3vJ8x-unguessable-0123456789abcdef"),
            ]
            .into_iter()
            .filter(|(known, _)| *known != name)
            .chain([(name, value)]);
            let error = Config::from_env(&Env::of_pairs(pairs)).unwrap_err();
            assert_eq!(error.variable, name);
        }
        let admin = ("ADMIN_EMAIL", "a@b.cd");
        assert_eq!(read(&[admin]).unwrap_err().variable, "ADMIN_PASSWORD");
        let weak = read(&[admin, ("ADMIN_PASSWORD", "all-in-lower-case-1")]).unwrap_err();
        assert_eq!(
            weak.to_string(),
            "ADMIN_PASSWORD must have an upper-case and a lower-case letter"
        );
        assert!(read(&[admin, ("ADMIN_PASSWORD", "Both-cases-1")]).is_ok());
    }
}
