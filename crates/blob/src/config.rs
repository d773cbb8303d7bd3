//! Which store, as the environment says.

use std::path::PathBuf;
use std::sync::Arc;

use oruma_service_runtime::{ConfigError, Env};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{BlobError, DiskStore, S3Store, SharedBlobStore};

/// Where blobs are kept.
#[derive(Debug, Clone)]
pub enum BlobConfig {
    /// `UPLOAD_DIR`: in this folder; `./uploads` by default.
    Disk(PathBuf),
    /// In a bucket.
    S3(S3Config),
}

/// A bucket, and how to reach it.
#[derive(Debug, Clone)]
pub struct S3Config {
    /// `AWS_S3_BUCKET`: its name.
    pub bucket: String,
    /// `AWS_REGION`: where it is; `us-east-1` by default where there is an endpoint.
    pub region: String,
    /// `AWS_ENDPOINT_URL`: another server than Amazon's.
    pub endpoint: Option<Url>,
    /// Who we are; otherwise the profile, the container or the machine says.
    pub credentials: Option<S3Credentials>,
}

/// Who we are to S3.
#[derive(Debug, Clone)]
pub struct S3Credentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret: SecretString,
    /// `AWS_SESSION_TOKEN`, of credentials that end.
    pub session_token: Option<SecretString>,
}

impl BlobConfig {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first variable that is missing or wrong.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        match env.optional("AWS_S3_BUCKET")? {
            Some(bucket) => Ok(Self::S3(s3(env, bucket)?)),
            None => Ok(Self::Disk(env.string("UPLOAD_DIR", "./uploads")?.into())),
        }
    }

    /// Opens the store. No server is asked yet; a folder is made if it is not there.
    ///
    /// # Errors
    /// When the folder can't be made, or there is no TLS on this machine.
    pub fn open(self) -> Result<SharedBlobStore, BlobError> {
        Ok(match self {
            Self::Disk(folder) => Arc::new(DiskStore::open(folder)?),
            Self::S3(config) => Arc::new(S3Store::open(config)?),
        })
    }
}

fn s3(env: &Env, bucket: String) -> Result<S3Config, ConfigError> {
    if !is_bucket(&bucket) {
        return Err(ConfigError::new(
            "AWS_S3_BUCKET",
            "is not the name of a bucket",
        ));
    }
    let endpoint = endpoint(env)?;
    let region = match (env.optional("AWS_REGION")?, &endpoint) {
        (Some(region), _) => region,
        (None, Some(_)) => "us-east-1".to_owned(),
        (None, None) => return Err(ConfigError::new("AWS_REGION", "is not set")),
    };
    Ok(S3Config {
        bucket,
        region,
        endpoint,
        credentials: credentials(env)?,
    })
}

fn endpoint(env: &Env) -> Result<Option<Url>, ConfigError> {
    let Some(text) = env.optional("AWS_ENDPOINT_URL")? else {
        return Ok(None);
    };
    text.parse()
        .ok()
        .filter(|url: &Url| matches!(url.scheme(), "http" | "https") && url.query().is_none())
        .map(Some)
        .ok_or_else(|| ConfigError::new("AWS_ENDPOINT_URL", "is not an http or https URL"))
}

fn credentials(env: &Env) -> Result<Option<S3Credentials>, ConfigError> {
    let key_id = env.secret("AWS_ACCESS_KEY_ID")?;
    let secret = env.secret("AWS_SECRET_ACCESS_KEY")?;
    let without = |missing: &str| Err(ConfigError::new(missing, "is not set"));
    match (key_id, secret) {
        (Some(key_id), Some(secret)) => Ok(Some(S3Credentials {
            key_id: key_id.expose_secret().to_owned(),
            secret,
            session_token: env.secret("AWS_SESSION_TOKEN")?,
        })),
        (None, None) => Ok(None),
        (None, Some(_)) => without("AWS_ACCESS_KEY_ID"),
        (Some(_), None) => without("AWS_SECRET_ACCESS_KEY"),
    }
}

/// As S3 wants them: with these, no bucket changes the path of a request.
fn is_bucket(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && !name.contains("..")
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<BlobConfig, ConfigError> {
        BlobConfig::from_env(&Env::of_pairs(pairs.iter().copied()))
    }

    #[test]
    fn without_a_bucket_files_are_on_disk() {
        let default = read(&[]).unwrap();
        assert!(matches!(default, BlobConfig::Disk(folder) if folder.as_os_str() == "./uploads"));
        let chosen = read(&[("UPLOAD_DIR", "/srv/files")]).unwrap();
        assert!(matches!(chosen, BlobConfig::Disk(folder) if folder.as_os_str() == "/srv/files"));
    }

    #[test]
    fn a_bucket_is_read_and_its_secret_never_shown() {
        let config = read(&[
            ("AWS_S3_BUCKET", "pictures"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9000"),
            ("AWS_ACCESS_KEY_ID", "us"),
            ("AWS_SECRET_ACCESS_KEY", "hush-hush"),
        ])
        .unwrap();
        assert!(!format!("{config:?}").contains("hush"));
        let BlobConfig::S3(config) = config else {
            panic!("no bucket");
        };
        assert_eq!(
            (config.bucket.as_str(), config.region.as_str()),
            ("pictures", "us-east-1")
        );
        assert_eq!(config.credentials.unwrap().key_id, "us");
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let bucket = ("AWS_S3_BUCKET", "pictures");
        let region = ("AWS_REGION", "eu-central-1");
        for (pairs, name) in [
            (vec![("AWS_S3_BUCKET", "a/b")], "AWS_S3_BUCKET"),
            (vec![("AWS_S3_BUCKET", "..")], "AWS_S3_BUCKET"),
            (vec![bucket], "AWS_REGION"),
            (
                vec![bucket, ("AWS_ENDPOINT_URL", "minio:9000")],
                "AWS_ENDPOINT_URL",
            ),
            (
                vec![bucket, region, ("AWS_ACCESS_KEY_ID", "us")],
                "AWS_SECRET_ACCESS_KEY",
            ),
            (
                vec![bucket, region, ("AWS_SECRET_ACCESS_KEY", "hush")],
                "AWS_ACCESS_KEY_ID",
            ),
        ] {
            let error = read(&pairs).unwrap_err();
            assert_eq!(error.variable, name);
            assert!(!error.to_string().contains("hush"));
        }
    }
}
