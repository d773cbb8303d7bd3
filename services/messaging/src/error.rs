//! Every way in which this service says no.

use oruma_ids::{BrokenCursor, NegativePageSize};
use oruma_postgres::DatabaseError;
use oruma_rpc_error::{ErrorCode, Fault, Violation};

/// What went wrong. Its text is a sentence for people; its source, if any, is for the log only.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields of the request are wrong.
    #[error("Some fields are not valid")]
    Invalid(Vec<Violation>),
    /// The call needs somebody who is signed in.
    #[error("Sign in first")]
    NotSignedIn,
    /// The conversation is one of others.
    #[error("You do not take part in this conversation")]
    NotParticipant,
    /// One of the two has blocked the other.
    #[error("You can't write to this person")]
    Blocked,
    /// The account of the other one is gone.
    #[error("The account of this person is gone")]
    ReceiverGone,
    /// There is no such conversation.
    #[error("There is no such conversation")]
    ConversationNotFound,
    /// There is no such message.
    #[error("There is no such message")]
    MessageNotFound,
    /// The database can't be used now.
    #[error("The service is not available right now")]
    Unavailable(#[source] DatabaseError),
    /// A fault of ours.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// One field is wrong.
    pub fn invalid(field: &str, problem: impl Into<String>) -> Self {
        Self::Invalid(vec![Violation::new(field, problem)])
    }

    /// A fault of ours with its cause.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl Fault for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(_) => ErrorCode::Invalid,
            Self::NotSignedIn => ErrorCode::Unauthenticated,
            Self::NotParticipant | Self::Blocked => ErrorCode::Forbidden,
            Self::ReceiverGone => ErrorCode::Conflict,
            Self::ConversationNotFound | Self::MessageNotFound => ErrorCode::NotFound,
            Self::Unavailable(_) => ErrorCode::Unavailable,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::NotSignedIn => "not_signed_in",
            Self::NotParticipant => "not_participant",
            Self::Blocked => "blocked",
            Self::ReceiverGone => "receiver_gone",
            Self::ConversationNotFound => "conversation_not_found",
            Self::MessageNotFound => "message_not_found",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    fn violations(&self) -> Vec<Violation> {
        match self {
            Self::Invalid(violations) => violations.clone(),
            _ => Vec::new(),
        }
    }
}

impl From<NegativePageSize> for Error {
    fn from(_: NegativePageSize) -> Self {
        Self::invalid("page_size", "must not be negative")
    }
}

impl From<BrokenCursor> for Error {
    fn from(_: BrokenCursor) -> Self {
        Self::invalid("page_token", "is broken")
    }
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Pool(_) => Self::internal(error),
            _ => {
                tracing::warn!(error = &error as &dyn std::error::Error, "no database");
                Self::Unavailable(error)
            }
        }
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        DatabaseError::of_lost_server(error).map_or_else(Self::internal, Self::from)
    }
}
