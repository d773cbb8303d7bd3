//! What the service reads from its environment.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use chrono::TimeDelta;
use oruma_postgres::DatabaseConfig;
use oruma_service_runtime::{AccessTokenKey, ConfigError, Contract, Env, InternalCredential};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::domain::account::Email;
use crate::domain::password::NewPassword;
use crate::domain::session::Lifetimes;
use crate::google::GoogleConfig;
use crate::mailer::MailConfig;
use crate::passwords::PasswordConfig;
use crate::sms::SmsConfig;

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
    /// `DATA_ENCRYPTION_KEY`: what seals mails on their way and the secrets of second factors, and hashes codes; `INTERNAL_GRPC_TOKEN` by default.
    pub data_secret: SecretString,
    /// How mails are sent.
    pub mail: MailConfig,
    /// Codes that people type.
    pub codes: CodeConfig,
    /// How text messages are sent.
    pub sms: SmsConfig,
    /// Second factors.
    pub second_factors: SecondFactorConfig,
    /// Google, if people may sign in with it.
    pub google: Option<GoogleConfig>,
    /// API keys of a person that may hold at once: `API_KEYS_PER_USER`, 20 by default.
    pub api_keys_per_user: i64,
    /// Links that set a new password.
    pub resets: ResetConfig,
    /// How passwords are hashed.
    pub passwords: PasswordConfig,
    /// The outside source of the directory, if any.
    pub directory: Option<DirectoryConfig>,
    /// The first administrator, if one is named.
    pub admin: Option<AdminConfig>,
    /// How long lines of the access log are kept: `ACCESS_LOG_RETENTION_DAYS`, 180 by default.
    pub access_log_retention: TimeDelta,
}

/// Codes that people type.
#[derive(Debug, Clone, Copy)]
pub struct CodeConfig {
    /// How long one holds: `EMAIL_CODE_EXPIRE_MINUTES`, 10 by default (C-001).
    pub lifetime: TimeDelta,
    /// Wrong guesses that kill one: `EMAIL_CODE_ATTEMPTS`, 5 by default.
    pub attempts: i16,
    /// Codes that an address may ask for again in an hour: `EMAIL_CODES_PER_HOUR`, 5 by default.
    pub per_hour: i64,
}

/// Second factors; how long a code that is sent holds, and how often it may be guessed at, is that of other codes.
#[derive(Debug, Clone, Copy)]
pub struct SecondFactorConfig {
    /// Wrong codes in a row after which none is looked at for a while: `SECOND_FACTOR_ATTEMPTS`, 5 by default.
    pub attempts: i16,
    /// For how long: `SECOND_FACTOR_LOCK_MINUTES`, 15 by default; each time as many wrong ones follow, twice as long.
    pub lock: TimeDelta,
    /// Codes that are sent to a person in an hour: `SMS_CODES_PER_HOUR`, 10 by default.
    pub per_hour: i64,
}

/// Links that set a new password.
#[derive(Debug, Clone)]
pub struct ResetConfig {
    /// How long one holds: `PASSWORD_RESET_EXPIRE_MINUTES`, 60 by default (C-007).
    pub lifetime: TimeDelta,
    /// Links that an address may ask for in an hour: `PASSWORD_RESETS_PER_HOUR`, 5 by default.
    pub per_hour: i64,
    /// The page that takes the token, before `?token=`: `PASSWORD_RESET_URL`, `reset-password` below `PUBLIC_URL` by default.
    pub url: Url,
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
        let credential = InternalCredential::from_env(env)?;
        Ok(Self {
            database: DatabaseConfig::from_env(env, "auth")?,
            data_secret: data_secret(env)?,
            mail: MailConfig::from_env(env)?,
            codes: codes(env)?,
            sms: SmsConfig::from_env(env)?,
            second_factors: second_factors(env)?,
            google: GoogleConfig::from_env(env)?,
            api_keys_per_user: between(env, "API_KEYS_PER_USER", 20, 1, 100)?,
            resets: resets(env)?,
            credential,
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

fn data_secret(env: &Env) -> Result<SecretString, ConfigError> {
    let Some(secret) = env.secret("DATA_ENCRYPTION_KEY")? else {
        return env.required_secret("INTERNAL_GRPC_TOKEN");
    };
    if secret.expose_secret().len() < 32 {
        let problem = "must have at least 32 characters";
        return Err(ConfigError::new("DATA_ENCRYPTION_KEY", problem));
    }
    Ok(secret)
}

fn codes(env: &Env) -> Result<CodeConfig, ConfigError> {
    Ok(CodeConfig {
        lifetime: minutes(env, "EMAIL_CODE_EXPIRE_MINUTES", 10)?,
        attempts: between(env, "EMAIL_CODE_ATTEMPTS", 5, 1, 20)?,
        per_hour: between(env, "EMAIL_CODES_PER_HOUR", 5, 1, 1_000)?,
    })
}

fn second_factors(env: &Env) -> Result<SecondFactorConfig, ConfigError> {
    Ok(SecondFactorConfig {
        attempts: between(env, "SECOND_FACTOR_ATTEMPTS", 5, 1, 20)?,
        lock: minutes(env, "SECOND_FACTOR_LOCK_MINUTES", 15)?,
        per_hour: between(env, "SMS_CODES_PER_HOUR", 10, 1, 1_000)?,
    })
}

fn resets(env: &Env) -> Result<ResetConfig, ConfigError> {
    let url = match env.optional("PASSWORD_RESET_URL")? {
        Some(url) => http_url("PASSWORD_RESET_URL", &url)?,
        None => {
            let public = env.string("PUBLIC_URL", "http://localhost:3333")?;
            let public = public.trim_end_matches('/');
            http_url("PUBLIC_URL", &format!("{public}/reset-password"))?
        }
    };
    Ok(ResetConfig {
        lifetime: minutes(env, "PASSWORD_RESET_EXPIRE_MINUTES", 60)?,
        per_hour: between(env, "PASSWORD_RESETS_PER_HOUR", 5, 1, 1_000)?,
        url,
    })
}

fn http_url(name: &str, text: &str) -> Result<Url, ConfigError> {
    text.parse()
        .ok()
        .filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| ConfigError::new(name, "is not an http or https URL"))
}

fn between<T>(env: &Env, name: &str, default: T, least: T, most: T) -> Result<T, ConfigError>
where
    T: FromStr + Display + PartialOrd,
{
    let number = env.number(name, default)?;
    if number < least || number > most {
        let problem = format!("must be from {least} to {most}");
        return Err(ConfigError::new(name, problem));
    }
    Ok(number)
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
    let url = http_url("UNIVERSITIES_API_URL", &url)?;
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
            ("DATA_ENCRYPTION_KEY", "short"),
            ("EMAIL_CODE_ATTEMPTS", "0"),
            ("EMAIL_CODE_EXPIRE_MINUTES", "0"),
            ("SECOND_FACTOR_ATTEMPTS", "0"),
            ("SMS_API_URL", "ftp://x"),
            ("PASSWORD_RESET_URL", "mailto:x"),
            ("PUBLIC_URL", "wrong-value"),
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
