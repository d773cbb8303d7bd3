//! The error body of this contract (C-221): `{"error", "message", "details"}`, since its text names none.

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
#[schema(as = Error)]
pub(super) struct ErrorBody {
    /// A stable reason in snake case.
    #[schema(example = "validation_failed")]
    error: String,
    /// A sentence for people.
    #[schema(example = "Some fields are not valid")]
    message: String,
    /// Each field at fault and what is wrong with it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({"email": "must be a valid e-mail address"}))]
    details: BTreeMap<String, String>,
}

impl std::error::Error for ApiError {}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        let status = status_of(&failure);
        Self(Failure { status, ..failure })
    }
}

impl From<Status> for ApiError {
    fn from(status: Status) -> Self {
        Failure::from(status).into()
    }
}

/// What the text of this contract says otherwise than usual.
fn status_of(failure: &Failure) -> StatusCode {
    match failure.reason.as_str() {
        // C-002: 401 is left for an address that is not verified.
        "invalid_credentials" | "invalid_second_factor" => StatusCode::BAD_REQUEST,
        "second_factor_required" => StatusCode::PAYMENT_REQUIRED,
        "unsupported_file_type" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        // C-146, C-136: whoever may not, rather than what can't be.
        "edit_window_over" | "creator_stays" => StatusCode::FORBIDDEN,
        // No matter of time.
        "too_many_reactions" => StatusCode::CONFLICT,
        _ => failure.status,
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
        "page_size" => "limit".to_owned(),
        "visibility" => "type".to_owned(),
        "parent_id" => "parentMessageId".to_owned(),
        "before_id" => "before".to_owned(),
        "after_id" => "after".to_owned(),
        "sender_id" => "from".to_owned(),
        "conversation_id" => "channelId".to_owned(),
        "do_not_disturb" => "dnd".to_owned(),
        other => match other.split_once('[') {
            Some((list, rest)) => format!("{}[{rest}", list_name(list)),
            None => list_name(other),
        },
    }
}

/// The same for a list, of which one may be at fault.
fn list_name(field: &str) -> String {
    match field {
        "attachment_ids" => "attachments".to_owned(),
        "member_ids" => "members".to_owned(),
        "conversations" => "channels".to_owned(),
        other => camel_case(other),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    /// C-002: statuses of the sign-in.
    #[test]
    fn reasons_have_the_statuses_of_the_contract() {
        for (reason, usual, status) in [
            ("invalid_credentials", 401, 400),
            ("invalid_second_factor", 401, 400),
            ("email_not_verified", 401, 401),
            ("second_factor_required", 401, 402),
            ("account_suspended", 403, 403),
            ("unsupported_file_type", 409, 415),
            ("file_too_large", 413, 413),
            ("edit_window_over", 409, 403),
            ("too_many_pins", 409, 409),
            ("too_many_reactions", 429, 409),
        ] {
            let usual = StatusCode::from_u16(usual).unwrap();
            let error = ApiError::from(Failure::new(usual, reason, "Text"));
            assert_eq!(error.status_code().as_u16(), status, "{reason}");
        }
    }

    #[actix_web::test]
    async fn the_body_names_the_fields_of_the_contract() {
        let mut failure = Failure::invalid("display_name", "is required");
        failure
            .violations
            .extend(Failure::invalid("new_password", "is too short").violations);
        failure
            .violations
            .extend(Failure::invalid("attachment_ids[3]", "is unknown").violations);
        let answer = ApiError::from(failure).error_response();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        let body = to_bytes(answer.into_body()).await.unwrap();
        insta::assert_snapshot!(
            std::str::from_utf8(&body).unwrap(),
            @r#"{"error":"validation_failed","message":"Some fields are not valid","details":{"attachments[3]":"is unknown","name":"is required","newPassword":"is too short"}}"#
        );
    }
}
