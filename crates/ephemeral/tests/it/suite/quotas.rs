//! Facts about quotas.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::join_all;
use oruma_ephemeral::{Quota, SharedEphemeral};

use crate::support::{eventually, fresh};

/// Five at once, and then one a minute: nothing refills while a test runs.
const FIVE: Quota = Quota::per_minute(1, 4);

async fn allowed(ephemeral: &SharedEphemeral, key: &str, quota: Quota) -> bool {
    ephemeral.take(key, quota).await.unwrap().allowed
}

pub(crate) async fn the_capacity_is_given_and_then_refused(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let key = fresh("key");
    for (taken, ephemeral) in (1..=5).zip([one, other, one, other, one]) {
        let verdict = ephemeral.take(&key, FIVE).await.unwrap();
        assert!(verdict.allowed);
        assert_eq!((verdict.limit, verdict.remaining), (5, 5 - taken));
        assert_eq!(verdict.retry_after, Duration::ZERO);
        assert!(verdict.reset_after <= Duration::from_mins(u64::from(taken)));
        assert!(verdict.reset_after > Duration::from_mins(u64::from(taken) - 1));
    }
    let verdict = other.take(&key, FIVE).await.unwrap();
    assert!(!verdict.allowed);
    assert_eq!((verdict.limit, verdict.remaining), (5, 0));
    assert!(verdict.retry_after > Duration::ZERO);
    assert!(verdict.retry_after <= Duration::from_mins(1));
    assert!(verdict.reset_after > Duration::from_mins(4));
}

pub(crate) async fn quotas_of_other_keys_are_untouched(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let (key, another) = (fresh("key"), fresh("key"));
    while allowed(one, &key, FIVE).await {}
    assert_eq!(other.take(&another, FIVE).await.unwrap().remaining, 4);
}

pub(crate) async fn a_quota_and_a_value_may_share_a_name(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let key = fresh("key");
    let value = Bytes::from_static(b"value");
    one.put(&key, value, Duration::from_secs(60)).await.unwrap();
    assert!(allowed(other, &key, FIVE).await);
    assert!(one.remove(&key).await.unwrap());
    assert_eq!(other.take(&key, FIVE).await.unwrap().remaining, 3);
}

pub(crate) async fn together_processes_never_take_more_than_the_capacity(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let key = fresh("key");
    let attempts = (0..60).map(|turn| allowed(if turn % 2 == 0 { one } else { other }, &key, FIVE));
    let given = join_all(attempts).await;
    assert_eq!(given.iter().filter(|given| **given).count(), 5);
}

pub(crate) async fn a_refused_caller_succeeds_after_retry_after(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let key = fresh("key");
    // One every 200 ms.
    let quota = Quota::per_minute(300, 0);
    let refused = loop {
        let verdict = one.take(&key, quota).await.unwrap();
        if !verdict.allowed {
            break verdict;
        }
    };
    let asked = Instant::now();
    assert!(refused.retry_after <= Duration::from_millis(200));
    eventually(async || allowed(other, &key, quota).await).await;
    // The answer was on its way for a moment before it could be timed.
    assert!(asked.elapsed() + Duration::from_millis(100) > refused.retry_after);
}

pub(crate) async fn a_quota_of_zero_a_minute_gives_nothing(
    one: &SharedEphemeral,
    _other: &SharedEphemeral,
) {
    let quota = Quota::per_minute(0, 10);
    let verdict = one.take(&fresh("key"), quota).await.unwrap();
    assert!(!verdict.allowed);
    assert_eq!((verdict.limit, verdict.remaining), (0, 0));
    assert!(verdict.retry_after > Duration::ZERO);
}

pub(crate) async fn the_largest_quota_works(one: &SharedEphemeral, other: &SharedEphemeral) {
    let key = fresh("key");
    let quota = Quota::per_minute(u32::MAX, u32::MAX);
    let verdict = one.take(&key, quota).await.unwrap();
    assert!(verdict.allowed);
    assert_eq!((verdict.limit, verdict.remaining), (u32::MAX, u32::MAX - 1));
    assert!(allowed(other, &key, quota).await);
}
