//! The store in S3, at a server that checks signatures.

use std::time::{Duration, Instant};

use bytes::Bytes;
use oruma_blob::{BlobConfig, BlobError, BlobStore, Content, SharedBlobStore};
use oruma_service_runtime::Env;
use oruma_test_kit::{S3_KEY_ID, S3_SECRET, S3Server};

use crate::suite::{conformance, key, put};

/// A store in a bucket of a server that goes away with it.
struct Opened {
    store: SharedBlobStore,
    server: S3Server,
}

impl Opened {
    fn store(&self) -> &dyn BlobStore {
        &*self.store
    }
}

fn store(endpoint: &str, bucket: &str, secret: &str) -> SharedBlobStore {
    let env = Env::of_pairs([
        ("AWS_S3_BUCKET", bucket),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", S3_KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", secret),
    ]);
    BlobConfig::from_env(&env).unwrap().open().unwrap()
}

async fn open() -> Opened {
    let server = S3Server::start("pictures").await;
    Opened {
        store: store(&server.endpoint(), "pictures", S3_SECRET),
        server,
    }
}

conformance!(open());

/// O-215, O-117: nobody without the secret reads or writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_refused() {
    let opened = open().await;
    put(opened.store(), "a", b"x").await;
    let stranger = store(&opened.server.endpoint(), "pictures", "wrong-wrong-wrong");
    let content = Content::Bytes(Bytes::from_static(b"y"));
    for refused in [
        stranger.put(&key("a"), content, "text/plain").await,
        stranger.get(&key("a"), None).await.map(drop),
        stranger.size(&key("a")).await.map(drop),
        stranger.delete(&key("a")).await,
        stranger.ping().await,
    ] {
        assert!(matches!(refused, Err(BlobError::Refused(_))), "{refused:?}");
        assert!(!format!("{refused:?}").contains("wrong-wrong"));
    }
    assert_eq!(crate::suite::got(opened.store(), "a").await, b"x");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_not_there_is_no_sign_of_life() {
    let opened = open().await;
    let other = store(&opened.server.endpoint(), "nowhere", S3_SECRET);
    assert!(other.ping().await.is_err());
    assert!(other.get(&key("a"), None).await.is_err());
}

/// A server that is away is told apart from one that refuses, after a few tries and not after minutes.
#[tokio::test(flavor = "multi_thread")]
async fn aserver_that_is_away_is_unavailable() {
    let opened = open().await;
    let endpoint = opened.server.endpoint();
    drop(opened);
    let begun = Instant::now();
    let failed = store(&endpoint, "pictures", S3_SECRET)
        .size(&key("a"))
        .await;
    assert!(
        matches!(failed, Err(BlobError::Unavailable(_))),
        "{failed:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// A try that fails in passing is tried again.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_passing_is_tried_again() {
    let server = S3Server::start("pictures").await;
    let flaky = crate::proxy::refusing_first(2, server.address()).await;
    let store = store(&format!("http://{flaky}"), "pictures", S3_SECRET);
    put(&*store, "a", b"x").await;
    assert_eq!(crate::suite::got(&*store, "a").await, b"x");
}
