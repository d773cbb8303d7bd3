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
    /// Unknown address or wrong password: nobody may learn which.
    #[error("The e-mail or the password is wrong")]
    InvalidCredentials,
    /// The account may not be used for now.
    #[error("This account is suspended")]
    Suspended,
    /// The refresh token is unknown, used, ended, or of a sign-in that ended.
    #[error("The refresh token is not valid")]
    InvalidRefreshToken,
    /// The call needs somebody who is signed in.
    #[error("Sign in first")]
    NotSignedIn,
    /// There is no such person.
    #[error("There is no such user")]
    UserNotFound,
    /// There is no such entry in the directory.
    #[error("There is no such university")]
    UniversityNotFound,
    /// Too many passwords wait to be checked.
    #[error("Too many sign-ins at once, try again in a moment")]
    Overloaded,
    /// The database can't be used now.
    #[error("The service is not available right now")]
    Unavailable(#[source] DatabaseError),
    /// A fault of ours.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// One field is wrong.
    pub fn invalid(field: &str, problem: &str) -> Self {
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
            Self::InvalidCredentials | Self::InvalidRefreshToken | Self::NotSignedIn => {
                ErrorCode::Unauthenticated
            }
            Self::Suspended => ErrorCode::Forbidden,
            Self::UserNotFound | Self::UniversityNotFound => ErrorCode::NotFound,
            Self::Overloaded | Self::Unavailable(_) => ErrorCode::Unavailable,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::InvalidCredentials => "invalid_credentials",
            Self::Suspended => "account_suspended",
            Self::InvalidRefreshToken => "invalid_refresh_token",
            Self::NotSignedIn => "not_signed_in",
            Self::UserNotFound => "user_not_found",
            Self::UniversityNotFound => "university_not_found",
            Self::Overloaded => "overloaded",
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
