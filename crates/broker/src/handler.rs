//! What a service does with an event.

use std::str::FromStr;

use async_trait::async_trait;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use oruma_postgres::{DatabaseError, StoreError};

use crate::{Event, EventError};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What a service does with the events of one subscription.
///
/// An event may come more than once, so the effect and [`crate::Inbox::first_time`] share one transaction.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Handles one event. When it returns `Ok` the effect must be committed: the event does not come again.
    ///
    /// Events of one subject come one after the other, in their order; those of others at the same time. A panic, and
    /// a call that takes longer than [`crate::Subscription::deadline`], count as [`HandleError::Retry`].
    ///
    /// # Errors
    /// [`HandleError`] says what shall become of the event.
    async fn handle(&self, event: &Event) -> Result<(), HandleError>;

    /// Only for [`crate::Audience::EachProcess`]: events may have been missed, so what was built from them is to be read anew.
    ///
    /// It is called when the line comes up, for the first time too; when the process fell behind; and when an event could
    /// not be handled. Events may be handled meanwhile.
    async fn missed(&self) {}
}

/// Why an event was not handled, and what shall become of it.
///
/// Reasons are kept with the dead letter and logged: they name no secrets, addresses or texts of people.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// Another attempt may succeed. After [`crate::Subscription::attempts`] of them it is a dead letter.
    #[error("the event could not be handled")]
    Retry(#[source] Source),
    /// The service's own database is away. The event is tried again until it is back, however long that takes, and those of
    /// the same subject wait. What waits for other servers belongs in a table of jobs.
    #[error("what handles the event is away")]
    Unavailable(#[source] Source),
    /// No attempt will ever succeed: it is a dead letter at once.
    #[error("the event can't be handled: {0}")]
    Poison(String),
}

// === impl HandleError ===

impl HandleError {
    /// Another attempt may succeed.
    pub fn retry(source: impl Into<Source>) -> Self {
        Self::Retry(source.into())
    }

    /// What is needed is away.
    pub fn unavailable(source: impl Into<Source>) -> Self {
        Self::Unavailable(source.into())
    }

    /// Reads an id in the data of an event.
    ///
    /// # Errors
    /// [`HandleError::Poison`] when it is none.
    pub fn id<T: FromStr>(text: &str) -> Result<T, Self> {
        text.parse().map_err(|_| Self::poison("an id is malformed"))
    }

    /// Reads an id in the data of an event that may be empty.
    ///
    /// # Errors
    /// [`HandleError::Poison`] when it is neither.
    pub fn maybe_id<T: FromStr>(text: &str) -> Result<Option<T>, Self> {
        match text {
            "" => Ok(None),
            text => Self::id(text).map(Some),
        }
    }

    /// No attempt will ever succeed.
    pub fn poison(reason: impl Into<String>) -> Self {
        Self::Poison(reason.into())
    }
}

impl From<DatabaseError> for HandleError {
    fn from(error: DatabaseError) -> Self {
        Self::unavailable(error)
    }
}

impl From<QueryError> for HandleError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::BrokenTransactionManager
            | QueryError::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ReadOnlyTransaction,
                _,
            ) => Self::unavailable(error),
            other => Self::retry(other),
        }
    }
}

impl From<StoreError> for HandleError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Database(error) => error.into(),
            StoreError::Query(error) => error.into(),
        }
    }
}

impl From<EventError> for HandleError {
    fn from(error: EventError) -> Self {
        Self::poison(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_database_is_waited_for_and_a_conflict_tried_again() {
        let of_kind = |kind| QueryError::DatabaseError(kind, Box::new("no".to_owned()));
        for (error, waits) in [
            (of_kind(DatabaseErrorKind::ClosedConnection), true),
            (of_kind(DatabaseErrorKind::UnableToSendCommand), true),
            (of_kind(DatabaseErrorKind::ReadOnlyTransaction), true),
            (of_kind(DatabaseErrorKind::SerializationFailure), false),
            (of_kind(DatabaseErrorKind::UniqueViolation), false),
            (QueryError::NotFound, false),
        ] {
            let text = error.to_string();
            let is_waited_for = matches!(HandleError::from(error), HandleError::Unavailable(_));
            assert_eq!(is_waited_for, waits, "{text}");
        }
        assert!(matches!(
            HandleError::from(DatabaseError::Busy),
            HandleError::Unavailable(_)
        ));
    }
}
