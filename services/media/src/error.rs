//! Every way in which this service says no.

use oruma_blob::BlobError;
use oruma_postgres::DatabaseError;
use oruma_rpc_error::{ErrorCode, Fault, Violation};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What went wrong. Its text is a sentence for people; its source, if any, is for the log only.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields of the request are wrong.
    #[error("Some fields are not valid")]
    Invalid(Vec<Violation>),
    /// The file has more bytes than are taken.
    #[error("The file is larger than {} MB", .most_bytes / 1_048_576)]
    FileTooLarge {
        /// How many are.
        most_bytes: u64,
        /// What callers call the file.
        field: &'static str,
    },
    /// The scanner knows the file for malware.
    #[error("The file is infected")]
    Infected {
        /// What callers call the file.
        field: &'static str,
    },
    /// The sender took too long.
    #[error("The upload took too long")]
    TooSlow,
    /// The call needs somebody who is signed in.
    #[error("Sign in first")]
    NotSignedIn,
    /// There is no such picture.
    #[error("There is no such image")]
    ImageNotFound,
    /// There is no such file.
    #[error("There is no such file")]
    FileNotFound,
    /// Somebody else uploaded the file.
    #[error("The file is somebody else's")]
    NotYourFile,
    /// No byte of the file is in the wanted part.
    #[error("The range is outside of the file")]
    RangeNotSatisfiable,
    /// Too many pictures wait to be worked on.
    #[error("Too many uploads at once, try again in a moment")]
    Overloaded,
    /// The database, the store or the scanner can't be used now.
    #[error("The service is not available right now")]
    Unavailable(#[source] Source),
    /// A fault of ours.
    #[error("internal error")]
    Internal(#[source] Source),
}

impl Error {
    /// One field is wrong.
    pub fn invalid(field: impl Into<String>, problem: &str) -> Self {
        Self::Invalid(vec![Violation::new(field, problem)])
    }

    /// A server that is needed is away.
    pub fn unavailable(cause: impl Into<Source>) -> Self {
        let cause = cause.into();
        tracing::warn!(
            error = &*cause as &dyn std::error::Error,
            "something that is needed is away"
        );
        Self::Unavailable(cause)
    }

    /// A fault of ours with its cause.
    pub fn internal(cause: impl Into<Source>) -> Self {
        Self::Internal(cause.into())
    }
}

impl Fault for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(_) | Self::Infected { .. } | Self::TooSlow => ErrorCode::Invalid,
            Self::FileTooLarge { .. } | Self::RangeNotSatisfiable => ErrorCode::OutOfRange,
            Self::NotSignedIn => ErrorCode::Unauthenticated,
            Self::ImageNotFound | Self::FileNotFound => ErrorCode::NotFound,
            Self::NotYourFile => ErrorCode::Forbidden,
            Self::Overloaded | Self::Unavailable(_) => ErrorCode::Unavailable,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::FileTooLarge { .. } => "file_too_large",
            Self::Infected { .. } => "infected",
            Self::TooSlow => "upload_too_slow",
            Self::NotSignedIn => "not_signed_in",
            Self::ImageNotFound => "image_not_found",
            Self::FileNotFound => "file_not_found",
            Self::NotYourFile => "not_your_file",
            Self::RangeNotSatisfiable => "range_not_satisfiable",
            Self::Overloaded => "overloaded",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    fn violations(&self) -> Vec<Violation> {
        match self {
            Self::Invalid(violations) => violations.clone(),
            Self::FileTooLarge { field, .. } => vec![Violation::new(*field, "is too large")],
            Self::Infected { field } => vec![Violation::new(*field, "is infected")],
            _ => Vec::new(),
        }
    }
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Pool(_) => Self::internal(error),
            _ => Self::unavailable(error),
        }
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        DatabaseError::of_lost_server(error).map_or_else(Self::internal, Self::from)
    }
}

impl From<BlobError> for Error {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::RangeNotSatisfiable => Self::RangeNotSatisfiable,
            error if error.is_passing() => Self::unavailable(error),
            error => Self::internal(error),
        }
    }
}
