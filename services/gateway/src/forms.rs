//! Forms with files, which contracts read part by part while they arrive.

use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use bytes::Bytes;
use futures::StreamExt;
use tokio::time::timeout;

use crate::failure::Failure;

/// How long the next bytes of a form may take.
const SLOWEST: Duration = Duration::from_secs(20);
/// What is still read of a form that was refused, so that its client gets to the answer.
const DRAINED: (usize, Duration) = (64 * 1024 * 1024, Duration::from_secs(10));
/// The reason of a form that can't be read.
const MALFORMED: &str = "invalid_form";

/// Whether a request brings a form.
pub(crate) fn is_form(request: &HttpRequest) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE);
    content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            let kind = value.split(';').next().unwrap_or_default();
            kind.trim().eq_ignore_ascii_case("multipart/form-data")
        })
}

/// The next part of a form, if it comes in time.
pub(crate) async fn next_part(form: &mut Multipart) -> Result<Option<Field>, Failure> {
    match timeout(SLOWEST, form.next()).await {
        Err(_) => Err(Failure::of_status(StatusCode::REQUEST_TIMEOUT)),
        Ok(None) => Ok(None),
        Ok(Some(Ok(field))) => Ok(Some(field)),
        Ok(Some(Err(_))) => Err(malformed()),
    }
}

/// The next bytes of a part, if they come in time.
pub(crate) async fn next_bytes(field: &mut Field) -> Result<Option<Bytes>, Failure> {
    match timeout(SLOWEST, field.next()).await {
        Err(_) => Err(Failure::of_status(StatusCode::REQUEST_TIMEOUT)),
        Ok(None) => Ok(None),
        Ok(Some(Ok(bytes))) => Ok(Some(bytes)),
        Ok(Some(Err(_))) => Err(malformed()),
    }
}

/// Reads and drops what is left of a form that was refused for that reason, within bounds. One that can't be read further is left alone.
pub(crate) async fn drain(mut form: Multipart, reason: &str) {
    if reason == MALFORMED {
        return;
    }
    let (most, longest) = DRAINED;
    let reading = async {
        let mut read = 0;
        while let Some(Ok(mut field)) = form.next().await {
            while let Some(Ok(bytes)) = field.next().await {
                read += bytes.len();
                if read > most {
                    return;
                }
            }
        }
    };
    // Whoever sends more than that, or slower, sees its connection closed.
    drop(timeout(longest, reading).await);
}

/// The name of the file that a part is; empty when it has none.
pub(crate) fn file_name(field: &Field) -> &str {
    field
        .content_disposition()
        .and_then(|disposition| disposition.get_filename())
        .unwrap_or_default()
}

/// Whether a part is a file: it has a name as such, or says that it is a picture.
pub(crate) fn is_file(field: &Field) -> bool {
    let pictured = field
        .content_type()
        .is_some_and(|kind| kind.type_() == "image");
    !file_name(field).is_empty() || pictured
}

/// The form is none, or has too many parts.
pub(crate) fn malformed() -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, MALFORMED, "The form can't be read")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn forms_are_told_from_json() {
        let of = |kind: &str| {
            is_form(
                &TestRequest::default()
                    .insert_header((CONTENT_TYPE, kind))
                    .to_http_request(),
            )
        };
        assert!(of("multipart/form-data; boundary=x"));
        assert!(of("Multipart/Form-Data;boundary=x"));
        assert!(!of("application/json") && !of("multipart/mixed; boundary=x"));
    }
}
