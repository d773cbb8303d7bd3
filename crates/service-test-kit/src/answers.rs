//! Answers and refusals, as callers read them.

use chrono::{DateTime, Utc};
use oruma_rpc_error::{ErrorCode, RpcError};
use tonic::{Response, Status};

/// The message of an answer, or the error as callers read it.
pub fn answered<T>(result: Result<Response<T>, Status>) -> Result<T, RpcError> {
    result.map(Response::into_inner).map_err(RpcError::from)
}

/// The refusal, which must be of this kind and for this reason.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(
    result: Result<T, RpcError>,
    code: ErrorCode,
    reason: &str,
) -> RpcError {
    let refusal = result.expect_err("a refusal");
    assert_eq!((refusal.code, refusal.reason.as_str()), (code, reason));
    refusal
}

/// The fields that a refusal of the kind `Invalid` names.
#[track_caller]
pub fn invalid_fields<T: std::fmt::Debug>(result: Result<T, RpcError>) -> Vec<String> {
    refused(result, ErrorCode::Invalid, "validation_failed")
        .violations
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}

/// A time of a message.
pub fn time<T>(timestamp: Option<T>) -> DateTime<Utc>
where
    T: TryInto<DateTime<Utc>, Error: std::fmt::Debug>,
{
    timestamp.unwrap().try_into().unwrap()
}
