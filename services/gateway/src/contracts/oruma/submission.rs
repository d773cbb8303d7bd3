//! What a client submits with or without files: JSON, or a form whose files go on to media while they arrive.

use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Payload;
use futures::StreamExt;
use oruma_proto::media::v1::ImageFolder;
use oruma_service_runtime::Caller;
use tokio::time::timeout;

use super::body;
use super::dto::image::path_of;
use super::dto::post::PostRequest;
use super::error::ApiError;
use super::uploads::{Uploads, upload};
use crate::edge::Edge;
use crate::failure::Failure;

/// Files of one form at the most; what a post may have is the service's to say.
const MOST_FILES: usize = 10;
/// Parts of one form at the most.
const MOST_PARTS: usize = 64;
/// Bytes of a part that is no file.
const LONGEST_TEXT: usize = 64 * 1024;
/// How long the next bytes of a form may take.
const SLOWEST: Duration = Duration::from_secs(20);
/// What is still read of a form that was refused, so that its client gets to the answer.
const DRAINED: (usize, Duration) = (64 * 1024 * 1024, Duration::from_secs(10));

/// A post as it was submitted.
pub(super) struct Submission<'a> {
    /// Its fields.
    pub(super) fields: PostRequest,
    /// Its files, which are removed again unless the post comes about.
    pub(super) uploads: Uploads<'a>,
}

/// Whether a request brings a form.
pub(super) fn is_form(request: &HttpRequest) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE);
    content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            let kind = value.split(';').next().unwrap_or_default();
            kind.trim().eq_ignore_ascii_case("multipart/form-data")
        })
}

impl<'a> Submission<'a> {
    /// Reads a post.
    pub(super) async fn read(
        edge: &'a Edge,
        caller: &'a Caller,
        request: &HttpRequest,
        payload: Payload,
    ) -> Result<Self, ApiError> {
        let mut submission = Self {
            fields: PostRequest::default(),
            uploads: Uploads::new(edge, caller, ImageFolder::Posts),
        };
        if !is_form(request) {
            submission.fields = body::read(payload).await?;
            return Ok(submission);
        }
        let mut form = Multipart::new(request.headers(), payload);
        match submission.read_form(edge, &mut form).await {
            Ok(()) => Ok(submission),
            Err(failure) => {
                drain(form, &failure).await;
                submission.uploads.discard().await;
                Err(failure)
            }
        }
    }

    async fn read_form(&mut self, edge: &Edge, form: &mut Multipart) -> Result<(), ApiError> {
        let mut parts = 0;
        while let Some(field) = next_part(form).await? {
            parts += 1;
            if parts > MOST_PARTS {
                return Err(malformed().into());
            }
            self.read_part(field).await?;
        }
        // Said while the files can still be removed.
        self.images(edge)?;
        Ok(())
    }

    async fn read_part(&mut self, mut field: Field) -> Result<(), ApiError> {
        let name = field
            .name()
            .unwrap_or_default()
            .trim_end_matches("[]")
            .to_owned();
        if is_file(&field) {
            if name != "images" {
                return Err(Failure::invalid(&name, "must not be a file").into());
            }
            if self.uploads.count() == MOST_FILES {
                return Err(Failure::invalid("images", "are too many").into());
            }
            let place = self.uploads.count();
            return upload(&mut self.uploads, field, &format!("images[{place}]")).await;
        }
        let text = text_of(&mut field, &name).await?;
        let fields = &mut self.fields;
        match name.as_str() {
            "content" => fields.content = Some(text),
            "type" => fields.r#type = Some(text),
            "location" => fields.location = Some(text),
            "hashtags" => fields.hashtags = Some(list(&name, &text)?),
            "mentions" => fields.mentions = Some(list(&name, &text)?),
            // Those of a form that names its images instead of sending them; an empty file input names none.
            "images" if text.is_empty() => {}
            "images" => fields
                .images
                .get_or_insert_default()
                .extend(list_or_one(&name, text)?),
            _ => {}
        }
        Ok(())
    }

    /// The paths of its images, those that were named before those that were sent; `None` where it speaks of none.
    pub(super) fn images(&self, edge: &Edge) -> Result<Option<Vec<String>>, Failure> {
        let named = match &self.fields.images {
            None if self.uploads.count() == 0 => return Ok(None),
            None => &[],
            Some(named) => named.as_slice(),
        };
        let mut paths = Vec::with_capacity(named.len() + self.uploads.count());
        for (nth, url) in named.iter().enumerate() {
            let path = path_of(&edge.config.public_url, url);
            let field = format!("images[{nth}]");
            paths.push(path.ok_or_else(|| Failure::invalid(&field, "is not one of your uploads"))?);
        }
        paths.extend(self.uploads.paths());
        Ok(Some(paths))
    }
}

/// The next part of a form, if it comes in time.
pub(super) async fn next_part(form: &mut Multipart) -> Result<Option<Field>, Failure> {
    match timeout(SLOWEST, form.next()).await {
        Err(_) => Err(Failure::of_status(StatusCode::REQUEST_TIMEOUT)),
        Ok(None) => Ok(None),
        Ok(Some(Ok(field))) => Ok(Some(field)),
        Ok(Some(Err(_))) => Err(malformed()),
    }
}

/// The next bytes of a part, if they come in time.
pub(super) async fn next_bytes(field: &mut Field) -> Result<Option<bytes::Bytes>, Failure> {
    match timeout(SLOWEST, field.next()).await {
        Err(_) => Err(Failure::of_status(StatusCode::REQUEST_TIMEOUT)),
        Ok(None) => Ok(None),
        Ok(Some(Ok(bytes))) => Ok(Some(bytes)),
        Ok(Some(Err(_))) => Err(malformed()),
    }
}

/// Reads and drops what is left, within bounds. A form that can't be read further is left alone.
pub(super) async fn drain(mut form: Multipart, refusal: &ApiError) {
    if refusal.is("invalid_form") {
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

/// Whether a part is a file: it has a name as such, or says that it is a picture.
pub(super) fn is_file(field: &Field) -> bool {
    let named = field
        .content_disposition()
        .and_then(|disposition| disposition.get_filename())
        .is_some_and(|name| !name.is_empty());
    let pictured = field
        .content_type()
        .is_some_and(|kind| kind.type_() == "image");
    named || pictured
}

async fn text_of(field: &mut Field, name: &str) -> Result<String, Failure> {
    let mut text = Vec::new();
    while let Some(bytes) = next_bytes(field).await? {
        text.extend_from_slice(&bytes);
        if text.len() > LONGEST_TEXT {
            return Err(Failure::invalid(name, "is too long"));
        }
    }
    String::from_utf8(text).map_err(|_| Failure::invalid(name, "must be UTF-8 text"))
}

/// A JSON array of texts; nothing at all is an empty one.
fn list(name: &str, text: &str) -> Result<Vec<String>, Failure> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(text).map_err(|_| Failure::invalid(name, "must be a JSON array of texts"))
}

fn list_or_one(name: &str, text: String) -> Result<Vec<String>, Failure> {
    if text.trim_start().starts_with('[') {
        list(name, &text)
    } else {
        Ok(vec![text])
    }
}

fn malformed() -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "invalid_form",
        "The form can't be read",
    )
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

    #[test]
    fn lists_are_json_arrays() {
        assert_eq!(list("hashtags", r#"["a", "b"]"#).unwrap(), ["a", "b"]);
        assert_eq!(list("hashtags", " ").unwrap(), Vec::<String>::new());
        for wrong in ["a, b", "{}", "[1]", "\"a\""] {
            assert!(list("hashtags", wrong).is_err(), "{wrong}");
        }
    }
}
