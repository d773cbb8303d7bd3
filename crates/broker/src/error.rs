//! What can go wrong.

use oruma_postgres::DatabaseError;

/// Why something is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The kind is empty, too long, or not words of `a-z 0-9 _ -` with dots between.
    #[error("invalid kind of event `{0}`")]
    InvalidKind(String),
    /// The JSON is longer than [`crate::MAX_EVENT_BYTES`].
    #[error("event of {bytes} bytes is too large")]
    TooLarge {
        /// How long it is.
        bytes: usize,
    },
    /// The text is not CloudEvents 1.0 in JSON as this platform writes it.
    #[error("no event: {0}")]
    NoEvent(String),
}

/// Why an event is not known to be published. Unless said otherwise it may arrive all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// It is no valid event; no broker will ever take it.
    #[error(transparent)]
    Invalid(#[from] EventError),
    /// The server turned down one of the events that were sent together.
    #[error("the broker refuses the event: {0}")]
    Refused(String),
    /// The server took it and could not keep it, or, in the process, it was not handled to its end.
    #[error("the broker did not keep the event")]
    NotKept,
    /// No queue was bound to a message that had to have one.
    #[error("there is no such queue")]
    NoSuchQueue,
    /// The server accepts nothing at the moment, as it lacks memory or disk.
    #[error("the broker is blocked")]
    Blocked,
    /// There is no connection, or it broke before the server confirmed.
    #[error("the broker is unreachable: {0}")]
    Unreachable(String),
    /// The server did not confirm in time.
    #[error("the broker did not confirm in time")]
    Timeout,
    /// This broker was closed.
    #[error("the broker is closed")]
    Closed,
}

/// Why the broker could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The URL is not one of an AMQP server. Its text is not repeated, as it holds a password.
    #[error("rabbitmq url is not usable, expected amqp[s]://user:password@host[:port]/vhost")]
    InvalidUrl,
    /// The subscription can't work: its queue's name, its kinds or its attempts.
    #[error("invalid subscription: {0}")]
    InvalidSubscription(String),
    /// This broker object has a subscription on that queue already.
    #[error("queue `{0}` is subscribed already")]
    AlreadySubscribed(String),
    /// Nobody here consumes that queue.
    #[error("nobody consumes queue `{0}`")]
    UnknownQueue(String),
    /// There is no connection, or the server said no.
    #[error("the broker is unreachable: {0}")]
    Unreachable(String),
    /// The server accepts nothing at the moment, as it lacks memory or disk.
    #[error("the broker is blocked")]
    Blocked,
    /// A dead letter could not be handed back.
    #[error("the dead letter can't be handed back")]
    Publish(#[from] PublishError),
    /// The database with the dead letters can't be reached.
    #[error("the dead letters can't be reached")]
    Database(#[from] DatabaseError),
    /// The database with the dead letters refused.
    #[error("the dead letters can't be read or written")]
    Query(#[from] diesel::result::Error),
    /// This broker was closed.
    #[error("the broker is closed")]
    Closed,
}

/// Why the rows of an outbox could not be passed on.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The database can't be reached.
    #[error("the outbox can't be reached")]
    Database(#[from] DatabaseError),
    /// The database refused, or the connection broke.
    #[error("the outbox can't be read or written")]
    Query(#[from] diesel::result::Error),
    /// The broker did not take some of them; they stay.
    #[error("{left} events could not be published")]
    Publish {
        /// How many of those that were tried.
        left: usize,
        /// What the broker said of the first.
        #[source]
        source: PublishError,
    },
}
