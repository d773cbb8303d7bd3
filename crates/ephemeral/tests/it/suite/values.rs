//! Facts about values.

use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use oruma_ephemeral::SharedEphemeral;

use crate::support::{eventually, fresh};

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(50);

async fn put(ephemeral: &SharedEphemeral, key: &str, value: &'static [u8], ttl: Duration) {
    let value = Bytes::from_static(value);
    ephemeral.put(key, value, ttl).await.unwrap();
}

async fn put_if_absent(ephemeral: &SharedEphemeral, key: &str, value: &'static [u8]) -> bool {
    let value = Bytes::from_static(value);
    ephemeral.put_if_absent(key, value, LONG).await.unwrap()
}

async fn get(ephemeral: &SharedEphemeral, key: &str) -> Option<Bytes> {
    ephemeral.get(key).await.unwrap()
}

pub(crate) async fn a_value_is_read_by_every_process_until_it_is_removed(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let key = fresh("key");
    assert_eq!(get(other, &key).await, None);
    put(one, &key, b"value", LONG).await;
    assert_eq!(get(other, &key).await.unwrap(), "value");
    assert!(other.remove(&key).await.unwrap());
    assert_eq!(get(one, &key).await, None);
    assert!(!one.remove(&key).await.unwrap());
}

pub(crate) async fn any_bytes_are_a_value(one: &SharedEphemeral, other: &SharedEphemeral) {
    for value in [&b""[..], b"\0\r\n\xff"] {
        let key = fresh("ünï code\r\n*{}");
        put(one, &key, value, LONG).await;
        assert_eq!(get(other, &key).await.unwrap(), value);
    }
}

pub(crate) async fn putting_again_replaces_the_value_and_its_end(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let (key, witness) = (fresh("key"), fresh("key"));
    put(one, &key, b"first", SHORT).await;
    put(one, &key, b"second", LONG).await;
    // Stored after the first end was set, so gone after it has passed.
    put(one, &witness, b"", SHORT).await;
    eventually(async || get(other, &witness).await.is_none()).await;
    assert_eq!(get(other, &key).await.unwrap(), "second");
}

pub(crate) async fn a_value_expires(one: &SharedEphemeral, other: &SharedEphemeral) {
    let key = fresh("key");
    put(one, &key, b"value", SHORT).await;
    eventually(async || get(other, &key).await.is_none()).await;
    assert!(!one.remove(&key).await.unwrap());
}

pub(crate) async fn an_expired_value_makes_room_for_another(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let key = fresh("key");
    put(one, &key, b"first", SHORT).await;
    eventually(async || put_if_absent(other, &key, b"second").await).await;
    assert_eq!(get(one, &key).await.unwrap(), "second");
}

pub(crate) async fn of_many_that_put_if_absent_one_succeeds(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let key = fresh("key");
    let attempts = (0..40).map(|turn| {
        let ephemeral = if turn % 2 == 0 { one } else { other };
        put_if_absent(ephemeral, &key, b"value")
    });
    let stored = join_all(attempts).await;
    assert_eq!(stored.iter().filter(|stored| **stored).count(), 1);
    assert!(!put_if_absent(one, &key, b"too late").await);
    assert_eq!(get(other, &key).await.unwrap(), "value");
}

pub(crate) async fn of_many_that_remove_one_succeeds(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let key = fresh("key");
    put(one, &key, b"for one use", LONG).await;
    let attempts = (0..40).map(|turn| {
        let ephemeral = if turn % 2 == 0 { one } else { other };
        ephemeral.remove(&key)
    });
    let removed = join_all(attempts).await;
    let successes = removed.into_iter().filter(|removed| *removed == Ok(true));
    assert_eq!(successes.count(), 1);
}

pub(crate) async fn a_time_to_live_has_bounds_instead_of_errors(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let key = fresh("key");
    put(one, &key, b"value", Duration::MAX).await;
    assert_eq!(get(other, &key).await.unwrap(), "value");
    put(one, &key, b"value", Duration::ZERO).await;
    eventually(async || get(other, &key).await.is_none()).await;
}

pub(crate) async fn it_answers_a_ping(one: &SharedEphemeral, other: &SharedEphemeral) {
    one.ping().await.unwrap();
    other.ping().await.unwrap();
}
