//! The store in S3, or in what speaks its protocol.

mod answer;
mod body;
mod writer;

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use futures::TryFutureExt;
use oruma_service_runtime::Random;
use rusoto_core::credential::StaticProvider;
use rusoto_core::{Client, HttpClient, Region};
use rusoto_credential::DefaultCredentialsProvider;
use rusoto_s3::{
    DeleteObjectRequest, GetObjectOutput, GetObjectRequest, HeadBucketRequest, HeadObjectRequest,
    PutObjectOutput, PutObjectRequest, S3, S3Client,
};
use secrecy::ExposeSecret;

use crate::config::{S3Config, S3Credentials};
use crate::{Blob, BlobError, BlobKey, BlobStore, BlobWriter, ByteRange, Content};
use body::Body;
use writer::S3Writer;

/// How long one try of a small call may take.
const CALL_DEADLINE: Duration = Duration::from_secs(10);
/// How long one try to put a blob may take.
const PUT_DEADLINE: Duration = Duration::from_secs(60);
/// How long one sign of life may take.
const PING_DEADLINE: Duration = Duration::from_secs(5);
/// How often a call is tried.
const TRIES: u32 = 3;
/// The pause after the first failure; doubles each time, and is shortened at random by up to a half.
const PAUSE: Duration = Duration::from_millis(100);

/// Keeps blobs as objects of a bucket.
#[derive(Clone)]
pub struct S3Store {
    client: S3Client,
    bucket: String,
}

// === impl S3Store ===

impl S3Store {
    /// Opens the store. Nothing is asked of the server yet.
    ///
    /// # Errors
    /// When there is no TLS on this machine.
    pub fn open(config: S3Config) -> Result<Self, BlobError> {
        let http = HttpClient::new().map_err(|error| BlobError::Failed(Box::new(error)))?;
        let region = region(&config);
        let client = match config.credentials {
            Some(known) => Client::new_with(fixed(known), http),
            None => {
                let found = DefaultCredentialsProvider::new()
                    .map_err(|error| BlobError::Failed(Box::new(error)))?;
                Client::new_with(found, http)
            }
        };
        Ok(Self {
            client: S3Client::new_with_client(client, region),
            bucket: config.bucket,
        })
    }

    async fn put_once(&self, key: &BlobKey, body: &Body, kind: &str) -> Result<(), BlobError> {
        let request = PutObjectRequest {
            bucket: self.bucket.clone(),
            key: key.to_string(),
            content_type: Some(kind.to_owned()),
            content_length: i64::try_from(body.size()).ok(),
            content_md5: Some(body.md5_base64()),
            body: Some(body.stream()),
            ..PutObjectRequest::default()
        };
        let put = self.client.put_object(request).await;
        check(body, &put.map_err(answer::failed)?)
    }

    async fn get_once(
        &self,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<GetObjectOutput, BlobError> {
        let request = GetObjectRequest {
            bucket: self.bucket.clone(),
            key: key.to_string(),
            range: range.map(ByteRange::header),
            ..GetObjectRequest::default()
        };
        let got = self.client.get_object(request).await;
        got.map_err(answer::failed_get)
    }

    async fn size_once(&self, key: &BlobKey) -> Result<u64, BlobError> {
        let request = HeadObjectRequest {
            bucket: self.bucket.clone(),
            key: key.to_string(),
            ..HeadObjectRequest::default()
        };
        let head = self.client.head_object(request).await;
        let head = head.map_err(answer::failed_head)?;
        answer::size(head.content_length)
    }

    async fn delete_once(&self, key: &BlobKey) -> Result<(), BlobError> {
        let request = DeleteObjectRequest {
            bucket: self.bucket.clone(),
            key: key.to_string(),
            ..DeleteObjectRequest::default()
        };
        match self.client.delete_object(request).await {
            Ok(_) => Ok(()),
            Err(error) => match answer::failed(error) {
                // Amazon's server says yes to that, others don't.
                BlobError::NotFound => Ok(()),
                other => Err(other),
            },
        }
    }
}

#[async_trait]
impl BlobStore for S3Store {
    async fn put(
        &self,
        key: &BlobKey,
        content: Content,
        content_type: &str,
    ) -> Result<(), BlobError> {
        let body = Body::read(content).await?;
        tried(PUT_DEADLINE, || self.put_once(key, &body, content_type)).await
    }

    async fn begin(
        &self,
        key: &BlobKey,
        content_type: &str,
    ) -> Result<Box<dyn BlobWriter>, BlobError> {
        Ok(Box::new(S3Writer::new(self.clone(), key, content_type)))
    }

    async fn abandon(&self, key: &BlobKey, ticket: &str) -> Result<(), BlobError> {
        tried(CALL_DEADLINE, || self.abandon_once(key, ticket)).await
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<Blob, BlobError> {
        let range = match range {
            // Servers disagree about ranges from the end and about those without a byte; about all others they agree.
            Some(range) if range.is_disputed() => {
                let (first, length) = range.within(self.size(key).await?)?;
                Some(ByteRange::Between(first, first + length - 1))
            }
            other => other,
        };
        let got = tried(CALL_DEADLINE, || self.get_once(key, range)).await?;
        answer::blob(got, range)
    }

    async fn size(&self, key: &BlobKey) -> Result<u64, BlobError> {
        tried(CALL_DEADLINE, || self.size_once(key)).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        tried(CALL_DEADLINE, || self.delete_once(key)).await
    }

    async fn ping(&self) -> Result<(), BlobError> {
        let request = HeadBucketRequest {
            bucket: self.bucket.clone(),
            ..HeadBucketRequest::default()
        };
        let asked = self.client.head_bucket(request);
        in_time(PING_DEADLINE, asked.map_err(answer::failed)).await
    }
}

/// Any region but those that were known when the client was written is reached by its address.
fn region(config: &S3Config) -> Region {
    let name = config.region.clone();
    if let Some(endpoint) = &config.endpoint {
        let endpoint = endpoint.as_str().trim_end_matches('/').to_owned();
        return Region::Custom { name, endpoint };
    }
    Region::from_str(&name).unwrap_or_else(|_| Region::Custom {
        endpoint: format!("https://s3.{name}.amazonaws.com"),
        name,
    })
}

fn fixed(known: S3Credentials) -> StaticProvider {
    let exposed = |secret: secrecy::SecretString| secret.expose_secret().to_owned();
    StaticProvider::new(
        known.key_id,
        exposed(known.secret),
        known.session_token.map(exposed),
        None,
    )
}

/// The tag of an object that was put at once is its MD5, unless the server encrypts it with a key that it manages elsewhere.
fn check(body: &Body, put: &PutObjectOutput) -> Result<(), BlobError> {
    let encrypted = put
        .server_side_encryption
        .as_deref()
        .is_some_and(|how| how != "AES256");
    let kept = put.e_tag.as_deref().map(|tag| tag.trim_matches('"'));
    match kept {
        Some(kept) if !encrypted && !kept.eq_ignore_ascii_case(&body.md5_hex()) => {
            Err(BlobError::Damaged)
        }
        _ => Ok(()),
    }
}

/// Tries a call that may be repeated without harm, until it succeeds, fails for good, or was tried often enough.
async fn tried<T, F: Future<Output = Result<T, BlobError>>>(
    deadline: Duration,
    mut call: impl FnMut() -> F,
) -> Result<T, BlobError> {
    let mut failures = 0;
    loop {
        let result = in_time(deadline, call()).await;
        failures += 1;
        match result {
            Err(error) if error.is_passing() && failures < TRIES => {
                tokio::time::sleep(pause(failures)).await;
            }
            other => return other,
        }
    }
}

fn pause(failures: u32) -> Duration {
    let share = f64::from(u32::from_be_bytes(Random::system().bytes())) / f64::from(u32::MAX);
    let whole = PAUSE * (1 << failures.saturating_sub(1).min(8));
    whole.mul_f64(1.0 - share / 2.0)
}

async fn in_time<T>(
    deadline: Duration,
    call: impl Future<Output = Result<T, BlobError>>,
) -> Result<T, BlobError> {
    tokio::time::timeout(deadline, call)
        .await
        .unwrap_or_else(|late| Err(BlobError::Unavailable(Box::new(late))))
}
