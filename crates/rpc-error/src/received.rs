//! From a received status back to what was meant.

use std::error::Error;
use std::time::Duration;

use tonic::{Code, Status, TimeoutExpired};
use tonic_types::StatusExt;

use crate::fault::SOON;
use crate::{DOMAIN, ErrorCode, Violation};

/// An error as the caller of an RPC sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcError {
    /// The kind of refusal.
    pub code: ErrorCode,
    /// The stable reason; `unavailable` or `internal` where the transport failed before any service could give one.
    pub reason: String,
    /// A sentence for people, without internals.
    pub message: String,
    /// The fields at fault.
    pub violations: Vec<Violation>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl From<Status> for RpcError {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        match details.error_info().filter(|info| info.domain == DOMAIN) {
            Some(info) => Self {
                code: ErrorCode::from_grpc(status.code()),
                reason: info.reason.clone(),
                message: status.message().to_owned(),
                violations: details.bad_request().map_or_else(Vec::new, |bad| {
                    bad.field_violations
                        .iter()
                        .map(|found| Violation::new(&found.field, &found.description))
                        .collect()
                }),
                retry_after: details.retry_info().and_then(|info| info.retry_delay),
            },
            None => Self::of_transport(&status),
        }
    }
}

impl RpcError {
    /// Whether a call was lost on the way: no service refused it, so what only reads may ask again. One that took too long is not lost:
    /// asking again would make an overload worse.
    #[must_use]
    pub fn was_lost(status: &Status) -> bool {
        let by_a_service = status
            .get_error_details()
            .error_info()
            .is_some_and(|info| info.domain == DOMAIN);
        !by_a_service
            && code_of_transport(status) == ErrorCode::Unavailable
            && !took_too_long(status)
    }

    /// A status that no service made: its text speaks of connections and is kept from clients.
    fn of_transport(status: &Status) -> Self {
        let code = code_of_transport(status);
        let unavailable = code == ErrorCode::Unavailable;
        tracing::warn!(
            rpc.status_code = ?status.code(),
            error = status.message(),
            "rpc failed on the way"
        );
        Self {
            code: if unavailable {
                code
            } else {
                ErrorCode::Internal
            },
            reason: if unavailable {
                "unavailable"
            } else {
                "internal"
            }
            .to_owned(),
            message: if unavailable {
                "The service is not available right now"
            } else {
                "Internal error"
            }
            .to_owned(),
            violations: Vec::new(),
            retry_after: unavailable.then_some(SOON),
        }
    }
}

/// The transport makes a status of its own errors, such as a line that was cut, with the error as source and codes of all kinds. What
/// a server sends has no source here.
fn code_of_transport(status: &Status) -> ErrorCode {
    if status.source().is_some() {
        ErrorCode::Unavailable
    } else {
        ErrorCode::from_grpc(status.code())
    }
}

fn took_too_long(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        if error.is::<TimeoutExpired>() {
            return true;
        }
        cause = error.source();
    }
    status.code() == Code::DeadlineExceeded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fault;

    #[derive(Debug)]
    struct WeakPassword;

    impl std::fmt::Display for WeakPassword {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the password is too weak")
        }
    }

    impl std::error::Error for WeakPassword {}

    impl Fault for WeakPassword {
        fn code(&self) -> ErrorCode {
            ErrorCode::Invalid
        }
        fn reason(&self) -> &'static str {
            "weak_password"
        }
        fn violations(&self) -> Vec<Violation> {
            vec![Violation::new("password", "must have a digit")]
        }
        fn retry_after(&self) -> Option<Duration> {
            Some(Duration::from_secs(3))
        }
    }

    #[test]
    fn nothing_is_lost_on_the_way() {
        let received = RpcError::from(WeakPassword.into_status());
        assert_eq!(received.code, ErrorCode::Invalid);
        assert_eq!(received.reason, "weak_password");
        assert_eq!(received.message, "the password is too weak");
        assert_eq!(received.retry_after, Some(Duration::from_secs(3)));
        assert_eq!(
            received.violations,
            [Violation::new("password", "must have a digit")]
        );
    }

    #[test]
    fn a_refusal_is_not_a_loss() {
        assert!(RpcError::was_lost(&Status::unavailable("connection reset")));
        assert!(!RpcError::was_lost(&Status::deadline_exceeded("too slow")));
        assert!(!RpcError::was_lost(&Status::not_found("no such method")));
        assert!(!RpcError::was_lost(&WeakPassword.into_status()));
    }

    #[test]
    fn a_cut_line_is_unavailable_whatever_its_code() {
        let cut = Status::from_error(std::io::Error::from(std::io::ErrorKind::BrokenPipe).into());
        assert_eq!(cut.code(), Code::Unknown);
        assert!(RpcError::was_lost(&cut));
        assert_eq!(RpcError::from(cut).code, ErrorCode::Unavailable);
    }

    #[test]
    fn what_took_too_long_is_not_asked_again() {
        let late = Status::from_error(Box::new(TimeoutExpired(())));
        assert!(!RpcError::was_lost(&late));
        assert_eq!(RpcError::from(late).code, ErrorCode::Unavailable);
    }

    #[test]
    fn text_of_the_transport_stays_inside() {
        let received = RpcError::from(Status::unavailable("tcp connect error: 10.0.0.7:50051"));
        assert_eq!(received.code, ErrorCode::Unavailable);
        assert!(!received.message.contains("10.0.0.7"));
        let received = RpcError::from(Status::unknown("h2 protocol error"));
        assert_eq!(
            (received.code, received.reason.as_str()),
            (ErrorCode::Internal, "internal")
        );
    }
}
