//! The one interface of both implementations.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{BrokerError, Event, Handler, PublishError, Subscription};

/// The handle that services hold. The last one dropped ends the consumers where they stand.
pub type SharedBroker = Arc<dyn Broker>;

/// How many dead letters one call shows or hands back at most.
pub(crate) const MAX_LETTERS: usize = 1000;

/// Carries events from the service that tells them to those that want to know.
#[async_trait]
pub trait Broker: Send + Sync + 'static {
    /// Publishes events, in their order, and answers for each of them whether it is safe: kept by the server for each queue
    /// that wants it or, in the process, handled. An event that no queue wants is gone, which is no error.
    ///
    /// Services append to an [`crate::Outbox`] instead: only that ties an event to the transaction it tells of.
    ///
    /// Over RabbitMQ it takes 5 seconds at most. In the process it takes as long as the handlers.
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), PublishError>>;

    /// Has the handler called with the events that the subscription wants, from now on, until the broker is closed.
    ///
    /// Returns at once, also while the server is away: the consumer comes up when the server does, and again whenever
    /// the line was lost. A queue gets what is published once it was declared; from then on nothing is lost.
    ///
    /// # Errors
    /// [`BrokerError::InvalidSubscription`], [`BrokerError::AlreadySubscribed`] and [`BrokerError::Closed`].
    async fn subscribe(
        &self,
        subscription: Subscription,
        handler: Arc<dyn Handler>,
    ) -> Result<(), BrokerError>;

    /// Tells whether events can be published right now, for readiness checks; within 5 seconds.
    ///
    /// # Errors
    /// [`BrokerError`] with the reason why they can't.
    async fn ping(&self) -> Result<(), BrokerError>;

    /// Shows the oldest dead letters of a queue, at most `limit` and at most 1,000 of them. They stay where they are; two calls
    /// at the same time may show a part each.
    ///
    /// # Errors
    /// [`BrokerError`] when they can't be read.
    async fn dead_letters(&self, queue: &str, limit: usize)
    -> Result<Vec<DeadLetter>, BrokerError>;

    /// Gives the dead letters of a queue another chance, with all attempts, in the order of their deaths: those that it has
    /// now, but at most 1,000. Returns how many.
    ///
    /// In the process this waits for the handlers.
    ///
    /// # Errors
    /// [`BrokerError`]; those that were not handed back stay dead letters.
    async fn requeue_dead_letters(&self, queue: &str) -> Result<usize, BrokerError>;

    /// Takes nothing new, finishes the calls of handlers that are under way, and hands the rest back.
    ///
    /// That is as long as one call takes: at most the longest [`Subscription::deadline`].
    async fn close(&self);
}

/// An event that could not be handled.
#[derive(Clone, PartialEq)]
pub struct DeadLetter {
    /// The queue it was for.
    pub queue: String,
    /// Its id, if it is an event at all.
    pub event_id: Option<Uuid>,
    /// What came: the event's JSON, or whatever was sent instead.
    pub body: String,
    /// Why it could not be handled.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up, in whole seconds, where that is known.
    pub died_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeadLetter")
            .field("queue", &self.queue)
            .field("event_id", &self.event_id)
            .field("reason", &self.reason)
            .field("attempts", &self.attempts)
            .field("died_at", &self.died_at)
            .finish_non_exhaustive()
    }
}
