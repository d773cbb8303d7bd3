//! The one interface of both implementations.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    Departure, EphemeralError, Lease, LogBounds, LogReader, Position, Presence, Quota,
    Subscription, Verdict,
};

/// The handle that services hold. The last one dropped closes the lines and ends the subscriptions.
pub type SharedEphemeral = Arc<dyn Ephemeral>;

/// What processes share for a moment and may lose.
///
/// Topics, logs, groups, values and quotas have name spaces of their own: the same name in two of them means two things. Names are any text;
/// payloads and values are any bytes, meant to be small (some KiB).
///
/// Each method fails with [`EphemeralError`] within 500 ms when Redis is away, and works again once it is back. The implementation
/// inside the process never fails.
#[async_trait]
pub trait Ephemeral: Send + Sync + 'static {
    /// Sends a message to all who subscribe to the topic at this moment, in every process, and tells how many those are: processes
    /// with Redis, subscriptions inside one process. Nobody listening is no error. Sent is not yet received.
    ///
    /// # Errors
    /// [`EphemeralError`] when Redis is away or refuses; after a timeout the message may or may not have been sent.
    async fn publish(&self, topic: &str, payload: Bytes) -> Result<usize, EphemeralError>;

    /// Listens to a topic. Returns at once, also while Redis is away: the first signal tells when the line is up.
    ///
    /// # Errors
    /// None at present; implementations may refuse in the future.
    async fn subscribe(&self, topic: &str) -> Result<Subscription, EphemeralError>;

    /// Takes one permit of a quota, and tells whether it was given and what is left.
    ///
    /// # Errors
    /// [`EphemeralError`] when Redis is away or refuses: the caller decides whether that means yes or no.
    async fn take(&self, key: &str, quota: Quota) -> Result<Verdict, EphemeralError>;

    /// Stores a value, in place of any other under the key. The time to live counts in whole milliseconds, rounded up, from 1 ms to
    /// 100 years.
    ///
    /// # Errors
    /// [`EphemeralError`] when Redis is away or refuses.
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), EphemeralError>;

    /// Stores a value unless the key has one; true when it was stored. Of several that try at once, one succeeds.
    ///
    /// # Errors
    /// [`EphemeralError`] when Redis is away or refuses; after a timeout the value may or may not have been stored.
    async fn put_if_absent(
        &self,
        key: &str,
        value: Bytes,
        ttl: Duration,
    ) -> Result<bool, EphemeralError>;

    /// Reads a value; none when it was never stored, was removed, has expired, or was lost.
    ///
    /// # Errors
    /// [`EphemeralError`] when Redis is away or refuses.
    async fn get(&self, key: &str) -> Result<Option<Bytes>, EphemeralError>;

    /// Removes a value; true when there was one. Of several that try at once, one succeeds.
    ///
    /// # Errors
    /// [`EphemeralError`] when Redis is away or refuses.
    async fn remove(&self, key: &str) -> Result<bool, EphemeralError>;

    /// Adds an entry to a log, and drops what the bounds no longer allow. Entries of one caller have the order of its calls; in all,
    /// there is one order for everybody.
    ///
    /// # Errors
    /// [`EphemeralError`] when Redis is away or refuses; after a timeout the entry may or may not be there.
    async fn append(
        &self,
        log: &str,
        payload: Bytes,
        bounds: LogBounds,
    ) -> Result<Position, EphemeralError>;

    /// Reads a log from the oldest entry that is kept. Returns at once, also while Redis is away. Call it inside a tokio runtime.
    ///
    /// # Errors
    /// None at present; implementations may refuse in the future.
    async fn follow(&self, log: &str) -> Result<LogReader, EphemeralError>;

    /// Holds members of a group for a lease, again or for the first time. Tells those who were not present before: of several that hold
    /// somebody at once, one is told.
    ///
    /// # Errors
    /// [`EphemeralError`] when Redis is away or refuses; after a timeout some may be held of whom nobody was told.
    async fn hold(
        &self,
        group: &str,
        holder: &str,
        members: &[String],
        lease: Lease,
    ) -> Result<Vec<String>, EphemeralError>;

    /// Ends a holder's holds. Whoever is held by nobody else leaves after the grace.
    ///
    /// # Errors
    /// [`EphemeralError`] when Redis is away or refuses; the holds end with their lease in any case.
    async fn release(
        &self,
        group: &str,
        holder: &str,
        members: &[String],
        lease: Lease,
    ) -> Result<(), EphemeralError>;

    /// Takes some of those who have left by now; each is told once, whoever asks.
    ///
    /// # Errors
    /// [`EphemeralError`] when Redis is away or refuses; after a timeout some may be untold.
    async fn departed(&self, group: &str, lease: Lease) -> Result<Vec<Departure>, EphemeralError>;

    /// How it is with each of these members, in their order.
    ///
    /// # Errors
    /// [`EphemeralError`] when Redis is away or refuses.
    async fn presence(
        &self,
        group: &str,
        members: &[String],
    ) -> Result<Vec<Presence>, EphemeralError>;

    /// Tells whether commands work right now, for readiness checks.
    ///
    /// # Errors
    /// [`EphemeralError`] with the reason why they don't.
    async fn ping(&self) -> Result<(), EphemeralError>;
}

/// The longest time to live: 100 years.
const LONGEST_TTL_MS: u64 = 100 * 365 * 86_400 * 1_000;

/// A time to live in whole milliseconds, rounded up, within the bounds that Redis accepts.
pub(crate) fn whole(ttl: Duration) -> Duration {
    let millis = u64::try_from(ttl.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
    Duration::from_millis(millis.clamp(1, LONGEST_TTL_MS))
}
