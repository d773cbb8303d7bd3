//! Waiting for what should happen soon, and names that no other test uses.

use std::time::Duration;

use bytes::Bytes;
use oruma_ephemeral::{Signal, Subscription};

/// Longer than anything here takes, even on a machine that is busy.
const SOON: Duration = Duration::from_secs(20);

pub(crate) async fn soon<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, event)
        .await
        .expect("it should have happened by now")
}

/// Waits for a state of which nothing tells: asks until the answer is the wanted one.
pub(crate) async fn eventually<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    soon(async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

pub(crate) async fn next(subscription: &mut Subscription) -> Signal {
    soon(subscription.next())
        .await
        .expect("a subscription lasts")
}

pub(crate) async fn assert_connects(subscription: &mut Subscription) {
    assert_eq!(next(subscription).await, Signal::Connected);
}

pub(crate) async fn assert_receives(subscription: &mut Subscription, payload: &'static [u8]) {
    let message = Signal::Message(Bytes::from_static(payload));
    assert_eq!(next(subscription).await, message);
}

/// A name of its own for each call, also among runs that share a server.
pub(crate) fn fresh(noun: &str) -> String {
    format!("{noun}-{:016x}", rand::random::<u64>())
}
