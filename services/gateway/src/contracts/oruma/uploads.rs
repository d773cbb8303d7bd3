//! `POST /api/upload/image` (O-025) and `GET /uploads/images/…` (O-086).

use actix_multipart::{Field, Multipart};
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderMap, IF_NONE_MATCH, LAST_MODIFIED, RANGE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::future::try_join;
use futures::{StreamExt, stream};
use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::read_image_response::Part as Given;
use oruma_proto::media::v1::upload_image_request::Part as Taken;
use oruma_service_runtime::Caller;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::credentials::{AnyCaller, SignedInCaller};
use super::dto::image::UploadedImage;
use super::error::{ApiError, ErrorBody};
use super::submission::{drain, is_file, is_form, next_bytes, next_part};
use crate::edge::Edge;
use crate::failure::Failure;

/// Bytes of one message to media.
const CHUNK: usize = 64 * 1024;
/// Messages to media that may wait.
const WAITING: usize = 4;
/// Files never change: one of the same name is the same for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Files that were sent with one request. They are removed again unless something comes to use them.
pub(super) struct Uploads<'a> {
    edge: &'a Edge,
    caller: &'a Caller,
    folder: proto::ImageFolder,
    images: Vec<proto::Image>,
}

impl<'a> Uploads<'a> {
    pub(super) fn new(edge: &'a Edge, caller: &'a Caller, folder: proto::ImageFolder) -> Self {
        Self {
            edge,
            caller,
            folder,
            images: Vec::new(),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.images.len()
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = String> + '_ {
        self.images.iter().map(|image| image.path.clone())
    }

    /// Removes them when `outcome`, which was to use them, is a refusal. Hands it on.
    pub(super) async fn kept_if<T, E>(self, outcome: Result<T, E>) -> Result<T, E> {
        if outcome.is_err() {
            self.discard().await;
        }
        outcome
    }

    /// Removes them. What can't be removed now goes with the orphans.
    pub(super) async fn discard(self) {
        if self.images.is_empty() {
            return;
        }
        let request = proto::DiscardImagesRequest {
            paths: self.paths().collect(),
        };
        let mut images = self.edge.clients.images.clone();
        if let Err(status) = images.discard_images(self.caller.send(request)).await {
            tracing::debug!(error = status.message(), "uploads not discarded");
        }
    }
}

/// Hands one file of a form to media while it arrives. Faults of the file are named as those of `name`.
pub(super) async fn upload(
    uploads: &mut Uploads<'_>,
    field: Field,
    name: &str,
) -> Result<(), ApiError> {
    let file_name = field
        .content_disposition()
        .and_then(|disposition| disposition.get_filename())
        .unwrap_or_default()
        .to_owned();
    let (sender, receiver) = mpsc::channel(WAITING);
    let header = proto::UploadImageHeader {
        folder: uploads.folder.into(),
        file_name,
        ..proto::UploadImageHeader::default()
    };
    let mut images = uploads.edge.clients.images.clone();
    let request = uploads.caller.send(ReceiverStream::new(receiver));
    let call = async {
        let answer = images.upload_image(request).await;
        answer.map_err(|status| renamed(status.into(), name))
    };
    // When the client goes away in the middle, the call is dropped with it, and media sees no end of the file.
    let (answer, ()) = try_join(call, send(sender, header, field)).await?;
    let image = answer.into_inner().image;
    uploads.images.push(image.ok_or_else(Failure::internal)?);
    Ok(())
}

async fn send(
    sender: mpsc::Sender<proto::UploadImageRequest>,
    header: proto::UploadImageHeader,
    mut field: Field,
) -> Result<(), Failure> {
    let message = |part| proto::UploadImageRequest { part: Some(part) };
    let mut listening = sender.send(message(Taken::Header(header))).await.is_ok();
    while let Some(bytes) = next_bytes(&mut field).await? {
        let mut rest = bytes;
        while listening && !rest.is_empty() {
            let chunk = rest.split_to(rest.len().min(CHUNK));
            listening = sender
                .send(message(Taken::Chunk(chunk.to_vec())))
                .await
                .is_ok();
        }
        if !listening {
            // Media has refused the file already, and its answer says why.
            return Ok(());
        }
    }
    Ok(())
}

/// Media calls every file `image`.
fn renamed(mut failure: Failure, name: &str) -> Failure {
    for violation in &mut failure.violations {
        if violation.field == "image" {
            name.clone_into(&mut violation.field);
        }
    }
    failure
}

/// Uploads a picture for a post: checked, made to fit, stripped of what it knows of the place and the camera.
#[utoipa::path(post, path = "/api/upload/image", tag = "uploads", security(("bearer" = [])), request_body(
    content = String, content_type = "multipart/form-data", description = "The file in the field `image`: JPG, PNG or WebP, up to 10 MB",
), responses(
    (status = 200, description = "Where it is", body = UploadedImage),
    (status = 400, description = "No picture, or none of these kinds", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 413, description = "The file is too large", body = ErrorBody),
    (status = 429, description = "Too many uploads", body = ErrorBody),
))]
pub(super) async fn create(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    take(&edge, &caller, proto::ImageFolder::Posts, &request, payload).await
}

/// Takes in the one picture of a form.
pub(super) async fn take(
    edge: &Edge,
    caller: &Caller,
    folder: proto::ImageFolder,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let mut uploads = Uploads::new(edge, caller, folder);
    if !is_form(request) {
        return Err(Failure::invalid("image", "must be sent as a form").into());
    }
    let mut form = Multipart::new(request.headers(), payload);
    let taken = take_one(&mut uploads, &mut form).await;
    if let Err(refusal) = taken {
        drain(form, &refusal).await;
        uploads.discard().await;
        return Err(refusal);
    }
    let image = uploads.images.pop();
    let image = image.ok_or_else(|| Failure::invalid("image", "is required"))?;
    Ok(HttpResponse::Ok().json(UploadedImage::new(image, &edge.config.public_url)))
}

async fn take_one(uploads: &mut Uploads<'_>, form: &mut Multipart) -> Result<(), ApiError> {
    while let Some(mut field) = next_part(form).await? {
        if field.name() == Some("image") && is_file(&field) {
            if uploads.count() > 0 {
                return Err(Failure::invalid("image", "must be one file").into());
            }
            upload(uploads, field, "image").await?;
        } else {
            while next_bytes(&mut field).await?.is_some() {}
        }
    }
    Ok(())
}

/// A stored picture. Open to all who know where it is.
#[utoipa::path(get, path = "/uploads/images/{type}/{file}", tag = "uploads", params(
    ("type" = String, Path, description = "posts, events, marketplace or avatars"),
    ("file" = String, Path, description = "`<id>.<jpg|png|webp>`"),
    ("Range" = Option<String>, Header, description = "One range of bytes"),
    ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has"),
), responses(
    (status = 200, description = "The picture", content_type = "image/jpeg"),
    (status = 206, description = "A part of it", content_type = "image/jpeg"),
    (status = 304, description = "The client has it"),
    (status = 404, description = "There is no such picture", body = ErrorBody),
    (status = 416, description = "It is not that long", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (folder, file) = path.into_inner();
    let range = range_of(request.headers());
    let message = proto::ReadImageRequest {
        path: format!("{folder}/{file}"),
        range_start: range.map(|(start, _)| start),
        range_end: range.and_then(|(_, end)| end),
    };
    let mut images = edge.clients.images.clone();
    let mut parts = images
        .read_image(caller.send(message))
        .await
        .map_err(not_given)?
        .into_inner();
    let first = parts.message().await?.and_then(|message| message.part);
    let Some(Given::Header(header)) = first else {
        return Err(Failure::internal().into());
    };
    Ok(answer(&request, &header, range.is_some(), parts))
}

/// Of all that is out of bounds, only a range has a status of its own.
fn not_given(status: tonic::Status) -> Failure {
    let mut failure = Failure::from(status);
    if failure.reason == "range_not_satisfiable" {
        failure.status = StatusCode::RANGE_NOT_SATISFIABLE;
    }
    failure
}

fn answer(
    request: &HttpRequest,
    header: &proto::ReadImageHeader,
    ranged: bool,
    parts: Streaming<proto::ReadImageResponse>,
) -> HttpResponse {
    let etag = format!("\"{}\"", header.etag);
    let fresh = has_etag(request.headers(), &etag);
    let mut response = HttpResponse::build(match (fresh, ranged) {
        (true, _) => StatusCode::NOT_MODIFIED,
        (false, true) => StatusCode::PARTIAL_CONTENT,
        (false, false) => StatusCode::OK,
    });
    response
        .insert_header((ETAG, etag))
        .insert_header((CACHE_CONTROL, FOR_EVER))
        .insert_header((ACCEPT_RANGES, "bytes"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"));
    let modified = header
        .last_modified
        .and_then(|time| DateTime::<Utc>::try_from(time).ok());
    if let Some(modified) = modified {
        let text = modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        response.insert_header((LAST_MODIFIED, text));
    }
    if fresh {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, header.content_type.as_str()));
    if ranged {
        let last = header.range_start + header.range_length - 1;
        let range = format!("bytes {}-{last}/{}", header.range_start, header.size_bytes);
        response.insert_header((CONTENT_RANGE, range));
    }
    let length = u64::try_from(header.range_length).unwrap_or(0);
    response.no_chunking(length);
    if request.method() == Method::HEAD {
        // The length is told of what a GET would send.
        return response.streaming(stream::empty::<Result<Bytes, ApiError>>());
    }
    response.streaming(parts.filter_map(async |part| match part {
        Ok(message) => match message.part {
            Some(Given::Chunk(bytes)) => Some(Ok(Bytes::from(bytes))),
            _ => None,
        },
        Err(status) => Some(Err(ApiError::from(status))),
    }))
}

/// The one range that is asked for: first and last byte, or, negative, how many of the last ones. Anything else is no range, as HTTP says.
fn range_of(headers: &HeaderMap) -> Option<(i64, Option<i64>)> {
    let (first, last) = headers
        .get(RANGE)?
        .to_str()
        .ok()?
        .strip_prefix("bytes=")?
        .split_once('-')?;
    match (first.trim(), last.trim()) {
        ("", last) => Some((-last.parse::<i64>().ok().filter(|count| *count > 0)?, None)),
        (first, "") => Some((number(first)?, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some((first, Some(last)))
        }
    }
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number| *number >= 0)
}

fn has_etag(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .split(',')
                .map(str::trim)
                .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
        })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(name: actix_web::http::header::HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    }

    #[test]
    fn single_ranges_are_understood() {
        let of = |value: &str| range_of(&headers(RANGE, value));
        assert_eq!(of("bytes=0-99"), Some((0, Some(99))));
        assert_eq!(of("bytes=100-"), Some((100, None)));
        assert_eq!(of("bytes=-5"), Some((-5, None)));
        for other in [
            "bytes=",
            "bytes=5-1",
            "bytes=0-1,3-4",
            "bytes=-0",
            "bytes=--5",
            "items=0-1",
            "bytes=a-b",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn what_the_client_has_is_recognised() {
        for value in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(has_etag(&headers(IF_NONE_MATCH, value), "\"a\""), "{value}");
        }
        assert!(!has_etag(&headers(IF_NONE_MATCH, "\"b\""), "\"a\""));
    }
}
