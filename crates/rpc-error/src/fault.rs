//! From a service's own error to the status that leaves it.

use std::time::Duration;

use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

use crate::{DOMAIN, ErrorCode};

/// When what is away may be back.
pub(crate) const SOON: Duration = Duration::from_secs(1);

/// One field of the request that is wrong, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field, as the request's message names it, in snake case.
    pub field: String,
    /// What is wrong with it, as the end of a sentence: "must be at least 8 characters".
    pub problem: String,
}

impl Violation {
    /// Names a field and its problem.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }
}

/// What a service's error enum says of itself.
pub trait Fault: std::error::Error + 'static {
    /// The kind of refusal.
    fn code(&self) -> ErrorCode;

    /// A stable reason in snake case, part of the public API.
    fn reason(&self) -> &'static str;

    /// The fields at fault, for `Invalid`.
    fn violations(&self) -> Vec<Violation> {
        Vec::new()
    }

    /// When to try again: soon for `Unavailable`; for `Exhausted` the fault itself knows.
    fn retry_after(&self) -> Option<Duration> {
        (self.code() == ErrorCode::Unavailable).then_some(SOON)
    }

    /// Makes the status. The text of an internal error is logged here, and only here, and hidden.
    fn into_status(self) -> Status
    where
        Self: Sized,
    {
        let code = self.code();
        let message = if code == ErrorCode::Internal {
            tracing::error!(error = &self as &dyn std::error::Error, "internal error");
            "internal error".to_owned()
        } else {
            self.to_string()
        };
        Status::with_error_details(code.grpc(), message, details(&self))
    }
}

fn details(fault: &impl Fault) -> ErrorDetails {
    let mut details = ErrorDetails::new();
    details.set_error_info(fault.reason(), DOMAIN, std::collections::HashMap::new());
    for violation in fault.violations() {
        details.add_bad_request_violation(violation.field, violation.problem);
    }
    if let Some(wait) = fault.retry_after() {
        details.set_retry_info(Some(wait));
    }
    details
}
