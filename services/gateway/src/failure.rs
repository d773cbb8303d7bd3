//! What went wrong, before a contract gives it a body.

use std::time::Duration;

use actix_web::http::StatusCode;
use oruma_rpc_error::{RpcError, Violation};
use tonic::Status;

/// A refusal on its way to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The usual HTTP status; a contract may have another for the same reason.
    pub status: StatusCode,
    /// Stable, in snake case.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
    /// The fields at fault, as the services name them.
    pub violations: Vec<Violation>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A refusal of the edge itself.
    pub(crate) fn new(status: StatusCode, reason: &str, message: &str) -> Self {
        Self {
            status,
            reason: reason.to_owned(),
            message: message.to_owned(),
            violations: Vec::new(),
            retry_after: None,
        }
    }

    /// One field of the request is wrong.
    pub(crate) fn invalid(field: &str, problem: &str) -> Self {
        Self {
            violations: vec![Violation::new(field, problem)],
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "validation_failed",
                "Some fields are not valid",
            )
        }
    }

    /// The same with another name for one of the fields.
    pub(crate) fn with_field(mut self, from: &str, to: &str) -> Self {
        let named = self
            .violations
            .iter_mut()
            .filter(|found| found.field == from);
        named.for_each(|found| to.clone_into(&mut found.field));
        self
    }

    /// What is asked for is not there, or not for the asker to know of.
    pub(crate) fn not_found(reason: &str, message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, reason, message)
    }

    /// No token, or none that holds.
    pub(crate) fn unauthorized(reason: &str, message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, reason, message)
    }

    /// What is needed can't be had now, and may be in a moment.
    pub(crate) fn unavailable(message: &str) -> Self {
        Self {
            retry_after: Some(Duration::from_secs(1)),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
        }
    }

    /// A fault of ours. Whoever makes one logs why.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Internal error",
        )
    }

    /// What the server says by itself when no handler was reached.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let (reason, message) = match status {
            StatusCode::NOT_FOUND => ("route_not_found", "There is nothing at this address"),
            StatusCode::METHOD_NOT_ALLOWED => (
                "method_not_allowed",
                "This address does not answer this method",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "The body is too large"),
            StatusCode::REQUEST_TIMEOUT => {
                ("request_timeout", "The request took too long to arrive")
            }
            status if status.is_server_error() => {
                return Self {
                    status,
                    ..Self::internal()
                };
            }
            _ => ("bad_request", "The request can't be understood"),
        };
        Self::new(status, reason, message)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let error = RpcError::from(status);
        Self {
            status: StatusCode::from_u16(error.code.http())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            reason: error.reason,
            message: sentence(&error.message),
            violations: error.violations,
            retry_after: error.retry_after,
        }
    }
}

/// Messages of services are sentences; an internal one is plain words.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The name of a field as most contracts have it in JSON.
pub(crate) fn camel_case(snake: &str) -> String {
    let mut camel = String::with_capacity(snake.len());
    let mut upper = false;
    for letter in snake.chars() {
        if letter == '_' {
            upper = true;
        } else if upper {
            camel.extend(letter.to_uppercase());
            upper = false;
        } else {
            camel.push(letter);
        }
    }
    camel
}
