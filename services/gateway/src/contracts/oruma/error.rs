//! The error body of this contract (O-073): `{"error", "message", "details"}`.

use std::collections::BTreeMap;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use tonic::Status;
use utoipa::ToSchema;

use crate::failure::{Failure, camel_case};
use crate::middleware::entry::Rendered;
use crate::middleware::whole_seconds;

/// A refusal in this contract.
#[derive(Debug)]
pub(super) struct ApiError(Failure);

/// How every refusal looks.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorBody {
    /// A stable reason in snake case.
    #[schema(example = "validation_failed")]
    error: String,
    /// A sentence for people.
    #[schema(example = "Some fields are not valid")]
    message: String,
    /// For `validation_failed` and `wrong_type`: each field at fault and what is wrong with it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({"email": "must be a valid e-mail address"}))]
    details: BTreeMap<String, String>,
}

impl std::error::Error for ApiError {}

impl ApiError {
    /// Why.
    pub(super) fn reason(&self) -> &str {
        &self.0.reason
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl From<Status> for ApiError {
    fn from(status: Status) -> Self {
        Self(status.into())
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.reason)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        let failure = &self.0;
        let mut response = HttpResponse::build(failure.status);
        if failure.status == StatusCode::UNAUTHORIZED {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(wait) = failure.retry_after {
            response.insert_header((RETRY_AFTER, whole_seconds(wait)));
        }
        let mut response = response.json(ErrorBody {
            error: failure.reason.clone(),
            message: failure.message.clone(),
            details: failure
                .violations
                .iter()
                .map(|found| (field_name(&found.field), found.problem.clone()))
                .collect(),
        });
        response.extensions_mut().insert(Rendered);
        response
    }
}

/// The name that this contract has for a field of the services.
pub(super) fn field_name(field: &str) -> String {
    match field {
        "display_name" => "name".to_owned(),
        "page_token" => "cursor".to_owned(),
        "page_size" => "limit".to_owned(),
        "query" => "q".to_owned(),
        "conditions" => "condition".to_owned(),
        "subject_kind" => "type".to_owned(),
        other => camel_case(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_the_names_of_the_contract() {
        assert_eq!(field_name("display_name"), "name");
        assert_eq!(field_name("page_token"), "cursor");
        assert_eq!(field_name("refresh_token"), "refreshToken");
        assert_eq!(field_name("email"), "email");
    }
}
