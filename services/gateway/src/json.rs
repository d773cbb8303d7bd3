//! JSON bodies: 400 when unparsable, 422 when a type is wrong, 413 when too large.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web;
use oruma_rpc_error::Violation;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::timeout;

use crate::failure::Failure;

/// Bytes of a JSON body at the most: far more than any text of a contract needs.
const LARGEST: usize = 256 * 1024;
/// A client that sends its body slower than this is not waited for.
const SLOWEST: Duration = Duration::from_secs(15);

/// Reads a JSON body.
pub(crate) async fn read<T: DeserializeOwned>(payload: web::Payload) -> Result<T, Failure> {
    let body = timeout(SLOWEST, payload.to_bytes_limited(LARGEST))
        .await
        .map_err(|_| too_slow())?
        .map_err(|_| too_large())?
        .map_err(|_| unreadable())?;
    parse(&body)
}

/// Reads JSON fields.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        // A list would be taken for the fields in their order, and nobody means that.
        let valid = serde_json::from_slice::<IgnoredAny>(body).is_ok();
        return Err(if valid { wrong_type(".") } else { not_json() });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        if error.inner().is_data() {
            wrong_type(&error.path().to_string())
        } else {
            not_json()
        }
    })?;
    deserializer.end().map_err(|_| not_json())?;
    Ok(parsed)
}

fn not_json() -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "invalid_json",
        "The body is not valid JSON",
    )
}

/// The body breaks off, or is encoded in a way that nobody knows.
pub(crate) fn unreadable() -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "bad_request",
        "The body can't be read",
    )
}

fn too_large() -> Failure {
    Failure::of_status(StatusCode::PAYLOAD_TOO_LARGE)
}

fn too_slow() -> Failure {
    Failure::of_status(StatusCode::REQUEST_TIMEOUT)
}

fn wrong_type(field: &str) -> Failure {
    let field = if field == "." { "body" } else { field };
    Failure {
        violations: vec![Violation::new(field, "has the wrong type")],
        ..Failure::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "wrong_type",
            "A field has the wrong type",
        )
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Dto {
        #[serde(default)]
        email: Option<String>,
    }

    fn refused(body: &str) -> (u16, Option<String>) {
        let failure = parse::<Dto>(body.as_bytes()).unwrap_err();
        let field = failure.violations.first().map(|found| found.field.clone());
        (failure.status.as_u16(), field)
    }

    #[test]
    fn broken_json_and_wrong_types_are_told_apart() {
        for broken in ["", "{", "{\"email\":}", "nonsense", "{} {}", "\u{feff}{}"] {
            assert_eq!(refused(broken).0, 400, "{broken}");
        }
        assert_eq!(refused(r#"{"email": 7}"#), (422, Some("email".to_owned())));
        for other in ["[]", r#"["ada@uni.edu"]"#, "\"text\"", "7", "null"] {
            assert_eq!(refused(other), (422, Some("body".to_owned())), "{other}");
        }
    }

    #[test]
    fn absent_and_null_are_the_same_and_unknown_fields_are_ignored() {
        for body in ["{}", r#"{"email": null}"#, r#"{"id": 7, "role": "admin"}"#] {
            assert_eq!(parse::<Dto>(body.as_bytes()).unwrap().email, None);
        }
    }

    #[test]
    fn deep_nesting_is_refused_without_harm() {
        assert_eq!(refused(&"[".repeat(100_000)).0, 400);
    }
}
