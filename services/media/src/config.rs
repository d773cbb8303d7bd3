//! What the service reads from its environment.

use std::time::Duration;

use chrono::TimeDelta;
use oruma_blob::BlobConfig;
use oruma_picture::Limits;
use oruma_postgres::DatabaseConfig;
use oruma_service_runtime::{ConfigError, Env, InternalCredential};

use crate::films::FilmsConfig;
use crate::processing::ProcessingConfig;

/// Everything that the service's parts are made from.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its database.
    pub database: DatabaseConfig,
    /// `INTERNAL_GRPC_TOKEN`: what callers must show.
    pub credential: InternalCredential,
    /// Where files are kept: `AWS_S3_BUCKET` and its siblings, or `UPLOAD_DIR`.
    pub blobs: BlobConfig,
    /// How pictures are worked on.
    pub processing: ProcessingConfig,
    /// How films are looked into.
    pub films: FilmsConfig,
    /// `FILE_MAX_SIZE_MB`: how long an uploaded picture may be; 10 MB by default.
    pub most_bytes: u64,
    /// `FILE_MAX_ATTACHMENT_MB`: how long a file of any kind may be; 50 MB by default.
    pub most_file_bytes: u64,
    /// `UPLOAD_TIMEOUT_SECONDS`: how long a sender may take for the whole file; 100 by default.
    pub upload_timeout: Duration,
    /// `CLAMAV_ADDRESS`: host and port of the virus scanner that each file has to pass, if there is one.
    pub scanner: Option<String>,
    /// `IMAGE_ORPHAN_HOURS`: how long a picture is kept that nothing uses; 24 by default.
    pub orphans_kept: TimeDelta,
    /// `FILE_UNUSED_DAYS`: how long a file of any kind is kept that nothing uses; 7 by default.
    pub unused_files_kept: TimeDelta,
}

impl Config {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first variable that is missing or wrong.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let seconds = within(env, "UPLOAD_TIMEOUT_SECONDS", 100, 1, 110)?;
        let hours = within(env, "IMAGE_ORPHAN_HOURS", 24, 1, 8_760)?;
        let days = within(env, "FILE_UNUSED_DAYS", 7, 1, 3_650)?;
        Ok(Self {
            database: DatabaseConfig::from_env(env, "media")?,
            credential: InternalCredential::from_env(env)?,
            blobs: BlobConfig::from_env(env)?,
            processing: processing(env)?,
            films: films(env)?,
            most_bytes: u64::from(within(env, "FILE_MAX_SIZE_MB", 10, 1, 100)?) * 1_048_576,
            most_file_bytes: u64::from(within(env, "FILE_MAX_ATTACHMENT_MB", 50, 1, 1_000)?)
                * 1_048_576,
            upload_timeout: Duration::from_secs(seconds.into()),
            scanner: scanner(env)?,
            orphans_kept: TimeDelta::hours(hours.into()),
            unused_files_kept: TimeDelta::days(days.into()),
        })
    }
}

fn processing(env: &Env) -> Result<ProcessingConfig, ConfigError> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let spare = u32::try_from(processors - 1).unwrap_or(1).clamp(1, 64);
    let workers = within(env, "IMAGE_WORKERS", spare, 1, 64)?;
    let queue = within(env, "IMAGE_QUEUE", 8 * workers, 0, 10_000)?;
    Ok(ProcessingConfig {
        workers: workers as usize,
        queue: queue as usize,
        limits: Limits {
            most_pixels: within(env, "IMAGE_MAX_PIXELS", 50_000_000, 10_000, 400_000_000)?.into(),
            longest_side: within(env, "IMAGE_MAX_SIDE", 2_048, 400, 16_000)?,
        },
    })
}

fn films(env: &Env) -> Result<FilmsConfig, ConfigError> {
    Ok(FilmsConfig {
        program: env.string("FFMPEG_PATH", "ffmpeg")?.into(),
        search_path: env.optional("PATH")?,
        at_once: within(env, "FILM_WORKERS", 1, 1, 64)? as usize,
        deadline: Duration::from_secs(within(env, "FILM_TIMEOUT_SECONDS", 10, 1, 60)?.into()),
    })
}

fn within(env: &Env, name: &str, default: u32, least: u32, most: u32) -> Result<u32, ConfigError> {
    let number = env.number(name, default)?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    let problem = format!("must be from {least} to {most}");
    Err(ConfigError::new(name, problem))
}

fn scanner(env: &Env) -> Result<Option<String>, ConfigError> {
    let Some(address) = env.optional("CLAMAV_ADDRESS")? else {
        return Ok(None);
    };
    let is_one = address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if is_one {
        Ok(Some(address))
    } else {
        let problem = "is not a host and port such as clamav:3310";
        Err(ConfigError::new("CLAMAV_ADDRESS", problem))
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
        let pairs = base.into_iter().chain(extra.iter().copied());
        Config::from_env(&Env::of_pairs(pairs))
    }

    /// O-080, O-197, O-198: the defaults are those of the contract.
    #[test]
    fn defaults_are_those_of_the_contract() {
        let config = read(&[]).unwrap();
        assert_eq!(config.most_bytes, 10 * 1_024 * 1_024);
        assert_eq!(config.processing.limits.most_pixels, 50_000_000);
        assert_eq!(config.processing.limits.longest_side, 2_048);
        assert!(config.processing.workers >= 1);
        assert_eq!(config.orphans_kept, TimeDelta::hours(24));
        assert_eq!(config.most_file_bytes, 50 * 1_024 * 1_024);
        assert_eq!(config.unused_files_kept, TimeDelta::days(7));
        assert_eq!(config.scanner, None);
        assert!(matches!(config.blobs, BlobConfig::Disk(_)));
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [
            ("FILE_MAX_SIZE_MB", "0"),
            ("FILE_MAX_SIZE_MB", "101"),
            ("FILE_MAX_SIZE_MB", "ten"),
            ("FILE_MAX_ATTACHMENT_MB", "0"),
            ("FILE_UNUSED_DAYS", "0"),
            ("FILM_WORKERS", "0"),
            ("FILM_TIMEOUT_SECONDS", "x"),
            ("UPLOAD_TIMEOUT_SECONDS", "600"),
            ("IMAGE_WORKERS", "0"),
            ("IMAGE_QUEUE", "-1"),
            ("IMAGE_MAX_PIXELS", "1"),
            ("IMAGE_MAX_SIDE", "20000"),
            ("IMAGE_ORPHAN_HOURS", "0"),
            ("CLAMAV_ADDRESS", "clamav"),
            ("CLAMAV_ADDRESS", ":3310"),
            ("AWS_S3_BUCKET", "a/b"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err().variable, name);
        }
        let config = read(&[("CLAMAV_ADDRESS", "clamav:3310")]).unwrap();
        assert_eq!(config.scanner.unwrap(), "clamav:3310");
    }
}
