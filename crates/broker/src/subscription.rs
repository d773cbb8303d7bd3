//! Which events a consumer wants, and how.

use std::time::Duration;

use crate::{BrokerError, pattern};

/// The longest name of a queue, in bytes: names are made longer for dead letters and processes.
const MAX_QUEUE_BYTES: usize = 180;
const DEFAULT_ATTEMPTS: u32 = 5;
const DEFAULT_DEADLINE: Duration = Duration::from_secs(60);

/// Which events a consumer wants, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The name of the queue, `<service>.<purpose>`: `social.user_deleted`.
    pub queue: String,
    /// The wanted kinds. `*` stands for one word, `#` for any number of them: `auth.user.*.v1`.
    ///
    /// Several may match one event, which still comes once.
    pub kinds: Vec<String>,
    /// Who gets each event.
    pub audience: Audience,
    /// How often a handler may fail with one event before it becomes a dead letter; 5 by default.
    pub attempts: u32,
    /// How long one call of the handler may take; longer counts as a failure. One minute by default.
    pub deadline: Duration,
}

/// Who gets each event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// One of all replicas, surely: the queue is kept while nobody is there. One replica at a time works on it, so
    /// that the order of each subject holds; another takes over when that one goes away.
    Once,
    /// Each process, while it is connected: for caches. What it missed it is told by [`crate::Handler::missed`].
    EachProcess,
}

// === impl Subscription ===

impl Subscription {
    /// Wants the kinds handled once, by whichever replica.
    pub fn once<K: Into<String>>(
        queue: impl Into<String>,
        kinds: impl IntoIterator<Item = K>,
    ) -> Self {
        Self::of(Audience::Once, queue.into(), kinds)
    }

    /// Wants the kinds in each process.
    pub fn each_process<K: Into<String>>(
        queue: impl Into<String>,
        kinds: impl IntoIterator<Item = K>,
    ) -> Self {
        Self::of(Audience::EachProcess, queue.into(), kinds)
    }

    /// The same with another number of attempts, at least 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The same with another deadline for each call of the handler.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Whether it wants events of that kind.
    #[must_use]
    pub fn wants(&self, kind: &str) -> bool {
        self.kinds
            .iter()
            .any(|pattern| pattern::matches(pattern, kind))
    }

    pub(crate) fn check(&self) -> Result<(), BrokerError> {
        let wrong = |what: &str| Err(BrokerError::InvalidSubscription(what.to_owned()));
        if self.queue.is_empty() || self.queue.len() > MAX_QUEUE_BYTES {
            return wrong("the queue's name must have 1 to 180 bytes");
        }
        if self.queue.starts_with("amq.") || self.queue.ends_with(".dead") {
            return wrong("the queue's name is reserved");
        }
        if self.kinds.is_empty() || self.kinds.iter().any(|kind| !pattern::is_valid(kind)) {
            return wrong("there must be kinds, of 1 to 200 bytes each");
        }
        if self.attempts == 0 {
            return wrong("there must be an attempt");
        }
        Ok(())
    }

    fn of<K: Into<String>>(
        audience: Audience,
        queue: String,
        kinds: impl IntoIterator<Item = K>,
    ) -> Self {
        Self {
            queue,
            kinds: kinds.into_iter().map(Into::into).collect(),
            audience,
            attempts: DEFAULT_ATTEMPTS,
            deadline: DEFAULT_DEADLINE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_that_cannot_work_are_refused() {
        let good = Subscription::once("social.user_deleted", ["auth.user.deleted.v1"]);
        assert!(good.check().is_ok());
        for wrong in [
            Subscription::once("", ["a.b"]),
            Subscription::once("q".repeat(181), ["a.b"]),
            Subscription::once("amq.gen", ["a.b"]),
            Subscription::once("social.dead", ["a.b"]),
            Subscription::once("social.x", [""]),
            Subscription::once("social.x", Vec::<String>::new()),
            good.attempts(0),
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
