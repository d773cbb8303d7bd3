//! Every way in which this service says no.

use oruma_attachments::AttachmentError;
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
    /// The post is somebody else's, or the comment is.
    #[error("Only its author may do this")]
    NotAuthor,
    /// The call is for administrators.
    #[error("Only administrators may do this")]
    AdminOnly,
    /// There is no such post, or none that the caller may see.
    #[error("There is no such post")]
    PostNotFound,
    /// There is no such comment, or none that the caller may see.
    #[error("There is no such comment")]
    CommentNotFound,
    /// There is no such report.
    #[error("There is no such report")]
    ReportNotFound,
    /// The report is in that state already.
    #[error("The report is in that state already")]
    AlreadyDecided,
    /// The database can't be used now.
    #[error("The service is not available right now")]
    Unavailable(#[source] DatabaseError),
    /// The media service can't be asked now.
    #[error("Images can't be checked right now")]
    MediaUnavailable,
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
            Self::NotAuthor | Self::AdminOnly => ErrorCode::Forbidden,
            Self::PostNotFound | Self::CommentNotFound | Self::ReportNotFound => {
                ErrorCode::NotFound
            }
            Self::AlreadyDecided => ErrorCode::Conflict,
            Self::Unavailable(_) | Self::MediaUnavailable => ErrorCode::Unavailable,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::NotSignedIn => "not_signed_in",
            Self::NotAuthor => "not_author",
            Self::AdminOnly => "admin_only",
            Self::PostNotFound => "post_not_found",
            Self::CommentNotFound => "comment_not_found",
            Self::ReportNotFound => "report_not_found",
            Self::AlreadyDecided => "already_decided",
            Self::Unavailable(_) | Self::MediaUnavailable => "unavailable",
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

impl From<AttachmentError> for Error {
    fn from(error: AttachmentError) -> Self {
        match error {
            AttachmentError::Foreign(violations) => Self::Invalid(violations),
            AttachmentError::Unavailable => Self::MediaUnavailable,
            AttachmentError::Refused(_) => Self::internal(error),
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
