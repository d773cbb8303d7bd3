//! Every way in which this service says no.

use std::time::Duration;

use chrono::TimeDelta;
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
    /// The contract admits only those whose address is known to be theirs.
    #[error("The e-mail address is not verified yet")]
    EmailNotVerified,
    /// The code is wrong, used, replaced, has ended, or was guessed at too often.
    #[error("The code is not valid")]
    InvalidCode,
    /// The account wants a second factor with the password.
    #[error("A second factor is needed")]
    SecondFactorRequired,
    /// The second factor of a sign-in is wrong, used, or has ended.
    #[error("The code is not valid")]
    InvalidSecondFactor,
    /// What is asked for changes a second factor that is on.
    #[error("The password or a code is needed")]
    ProofRequired,
    /// The password of somebody who is signed in is wrong.
    #[error("The password is wrong")]
    WrongPassword,
    /// The link was used, replaced or has ended.
    #[error("The link to set a new password is not valid")]
    InvalidResetToken,
    /// Asked too often within this time.
    #[error("Too many requests, try again later")]
    TooManyRequests(TimeDelta),
    /// The account may not be used for now.
    #[error("This account is suspended")]
    Suspended,
    /// The refresh token is unknown, used, ended, or of a sign-in that ended.
    #[error("The refresh token is not valid")]
    InvalidRefreshToken,
    /// The call needs somebody who is signed in.
    #[error("Sign in first")]
    NotSignedIn,
    /// Google is not configured.
    #[error("Signing in with Google is switched off")]
    GoogleIsOff,
    /// Google vouches for nobody with this state and code.
    #[error("The sign-in with Google did not succeed")]
    GoogleRefused,
    /// Google is away, or answers nonsense.
    #[error("Google can't be reached right now")]
    GoogleUnavailable,
    /// Only administrators may.
    #[error("Only administrators may do this")]
    NotAllowed,
    /// The API key is unknown, revoked, or has ended.
    #[error("The API key is not valid")]
    InvalidApiKey,
    /// The caller has no such API key.
    #[error("There is no such API key")]
    ApiKeyNotFound,
    /// The caller has as many API keys as a person may have.
    #[error("There are too many API keys, revoke one first")]
    TooManyApiKeys,
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
            Self::Invalid(_)
            | Self::InvalidCode
            | Self::InvalidResetToken
            | Self::ProofRequired
            | Self::WrongPassword => ErrorCode::Invalid,
            Self::InvalidCredentials
            | Self::EmailNotVerified
            | Self::SecondFactorRequired
            | Self::InvalidSecondFactor
            | Self::InvalidApiKey
            | Self::GoogleRefused
            | Self::InvalidRefreshToken
            | Self::NotSignedIn => ErrorCode::Unauthenticated,
            Self::TooManyRequests(_) => ErrorCode::Exhausted,
            Self::Suspended | Self::NotAllowed => ErrorCode::Forbidden,
            Self::TooManyApiKeys => ErrorCode::Conflict,
            Self::UserNotFound
            | Self::UniversityNotFound
            | Self::ApiKeyNotFound
            | Self::GoogleIsOff => ErrorCode::NotFound,
            Self::Overloaded | Self::Unavailable(_) | Self::GoogleUnavailable => {
                ErrorCode::Unavailable
            }
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::InvalidCredentials => "invalid_credentials",
            Self::EmailNotVerified => "email_not_verified",
            Self::InvalidCode => "invalid_code",
            Self::SecondFactorRequired => "second_factor_required",
            Self::InvalidSecondFactor => "invalid_second_factor",
            Self::ProofRequired => "proof_required",
            Self::WrongPassword => "wrong_password",
            Self::InvalidResetToken => "invalid_reset_token",
            Self::TooManyRequests(_) => "too_many_requests",
            Self::Suspended => "account_suspended",
            Self::InvalidRefreshToken => "invalid_refresh_token",
            Self::NotSignedIn => "not_signed_in",
            Self::GoogleIsOff => "google_is_off",
            Self::GoogleRefused => "google_refused",
            Self::GoogleUnavailable => "google_unavailable",
            Self::NotAllowed => "forbidden",
            Self::InvalidApiKey => "invalid_api_key",
            Self::ApiKeyNotFound => "api_key_not_found",
            Self::TooManyApiKeys => "too_many_api_keys",
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
            Self::InvalidCode => vec![Violation::new("code", "is not valid")],
            Self::ProofRequired => vec![Violation::new("password", "or a code is required")],
            Self::WrongPassword => vec![Violation::new("password", "is wrong")],
            Self::InvalidResetToken => vec![Violation::new("token", "is not valid")],
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests(window) => window.to_std().ok(),
            Self::Overloaded | Self::Unavailable(_) | Self::GoogleUnavailable => {
                Some(Duration::from_secs(1))
            }
            _ => None,
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
