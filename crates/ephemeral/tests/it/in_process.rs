//! The suite inside the process, and what a clock in the test's hand shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use oruma_ephemeral::{Quota, SharedEphemeral, in_process, in_process_with_clock};

use crate::suite::{Installation, whole_suite_holds_for};
use crate::support::{assert_connects, soon};

fn installation() -> Installation<()> {
    let only = in_process();
    Installation {
        one: only.clone(),
        other: only,
        _guard: (),
    }
}

whole_suite_holds_for!(installation());

/// An implementation on a clock that stands until it is moved, in microseconds.
pub(crate) fn on_a_clock() -> (SharedEphemeral, Arc<AtomicU64>) {
    let clock = Arc::new(AtomicU64::new(0));
    let read = Arc::clone(&clock);
    let now = move || Duration::from_micros(read.load(Ordering::Relaxed));
    (in_process_with_clock(Arc::new(now)), clock)
}

#[tokio::test]
async fn a_value_lives_to_the_millisecond() {
    let (ephemeral, clock) = on_a_clock();
    let ttl = Duration::from_millis(20);
    ephemeral
        .put("key", Bytes::from_static(b"value"), ttl)
        .await
        .unwrap();
    clock.store(19_999, Ordering::Relaxed);
    assert!(ephemeral.get("key").await.unwrap().is_some());
    clock.store(20_000, Ordering::Relaxed);
    assert!(ephemeral.get("key").await.unwrap().is_none());
}

#[tokio::test]
async fn a_quota_refills_to_the_microsecond() {
    let (ephemeral, clock) = on_a_clock();
    let quota = Quota::per_minute(60, 0);
    while ephemeral.take("key", quota).await.unwrap().allowed {}
    clock.store(999_999, Ordering::Relaxed);
    let refused = ephemeral.take("key", quota).await.unwrap();
    assert_eq!(refused.retry_after, Duration::from_micros(1));
    clock.store(1_000_000, Ordering::Relaxed);
    assert!(ephemeral.take("key", quota).await.unwrap().allowed);
    assert!(!ephemeral.take("key", quota).await.unwrap().allowed);
}

#[tokio::test]
async fn dropping_the_last_handle_ends_subscriptions() {
    let ephemeral = in_process();
    let mut subscription = ephemeral.subscribe("topic").await.unwrap();
    assert_connects(&mut subscription).await;
    drop(ephemeral);
    assert_eq!(soon(subscription.next()).await, None);
}

#[test]
fn it_can_be_made_outside_of_a_runtime() {
    drop(in_process());
}
