//! `/api/upload` and `/files` (C-034, C-035): files go on to media while they arrive, and come from there.

use actix_multipart::Multipart;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::media::v1 as proto;
use oruma_service_runtime::Caller;

use super::credentials::{AnyCaller, SignedInCaller};
use super::dto::account::Success;
use super::dto::file::{UploadedFile, UploadedFiles};
use super::error::{ApiError, ErrorBody};
use crate::downloads;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::forms::{drain, is_file, is_form, malformed, next_bytes, next_part};
use crate::uploads::send_file;

/// Files of one request at the most (C-152).
const MOST_FILES: usize = 10;
/// Parts of one form at the most.
const MOST_PARTS: usize = 64;
/// The name of small pictures.
const THUMBNAIL: &str = "thumbnail.jpg";

/// Uploads files, to be named as attachments of a message. Those that nothing names are gone after 7 days.
///
/// All or none: when one is refused, those before it are removed again. Reasons: `file_too_large`, `unsupported_file_type`, `infected`, `invalid_form`,
/// `upload_too_slow`.
#[utoipa::path(post, path = "/api/upload", tag = "files", security(("bearer" = []), ("api_key" = [])), request_body(
    content = String, content_type = "multipart/form-data",
    description = "Up to 10 files of up to 50 MB each in the field `files`; a field `channelId` is allowed and changes nothing",
), responses(
    (status = 200, description = "Where they are", body = UploadedFiles),
    (status = 400, description = "No file, more than 10, or one that the virus scanner refuses", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 413, description = "A file is too large", body = ErrorBody),
    (status = 415, description = "A file is of a kind that is not taken", body = ErrorBody),
    (status = 429, description = "More than 20 uploads an hour", body = ErrorBody),
    (status = 503, description = "Too many uploads at once", body = ErrorBody),
))]
pub(super) async fn upload(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    if !is_form(&request) {
        return Err(Failure::invalid("files", "must be sent as a form").into());
    }
    let mut form = Multipart::new(request.headers(), payload);
    let mut files = Vec::new();
    if let Err(refusal) = take(&edge, &caller, &mut form, &mut files).await {
        discard(&edge, &caller, files).await;
        drain(form, &refusal.reason).await;
        return Err(refusal.into());
    }
    let files = files.into_iter();
    Ok(HttpResponse::Ok().json(UploadedFiles {
        attachments: files
            .map(|file| UploadedFile::new(file, &edge.config.public_url))
            .collect(),
    }))
}

async fn take(
    edge: &Edge,
    caller: &Caller,
    form: &mut Multipart,
    files: &mut Vec<proto::File>,
) -> Result<(), Failure> {
    let mut parts = 0;
    while let Some(mut field) = next_part(form).await? {
        parts += 1;
        if parts > MOST_PARTS {
            return Err(malformed());
        }
        let name = field.name().unwrap_or_default().trim_end_matches("[]");
        if name == "files" && is_file(&field) {
            if files.len() == MOST_FILES {
                return Err(Failure::invalid("files", "must be at most 10"));
            }
            files.push(send_file(edge, caller, field).await?);
        } else {
            while next_bytes(&mut field).await?.is_some() {}
        }
    }
    if files.is_empty() {
        return Err(Failure::invalid("files", "are required"));
    }
    Ok(())
}

/// What can't be removed now goes with the files that nothing uses.
async fn discard(edge: &Edge, caller: &Caller, files: Vec<proto::File>) {
    for file in files {
        let request = caller.send(proto::DeleteFileRequest { file_id: file.id });
        if let Err(status) = edge.clients.files.clone().delete_file(request).await {
            tracing::debug!(error = status.message(), "upload not discarded");
        }
    }
}

/// Deletes a file of one's own.
#[utoipa::path(delete, path = "/api/upload/{attachmentId}", tag = "files", security(("bearer" = []), ("api_key" = [])), params(
    ("attachmentId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "It is gone", body = Success),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else uploaded it: `not_your_file`", body = ErrorBody),
    (status = 404, description = "There is no such file", body = ErrorBody),
))]
pub(super) async fn delete(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    attachment_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::DeleteFileRequest {
        file_id: attachment_id.into_inner(),
    });
    edge.clients.files.clone().delete_file(message).await?;
    Ok(HttpResponse::Ok().json(Success::new()))
}

/// A stored file, or its small picture under the name `thumbnail.jpg`. Open to all who know where it is.
///
/// Only pictures, films, sounds and plain text are shown by browsers; all else is saved.
#[utoipa::path(get, path = "/files/{id}/{name}", tag = "files", params(
    ("id" = String, Path, description = "UUID"),
    ("name" = String, Path, description = "The file's name, or `thumbnail.jpg`"),
    ("Range" = Option<String>, Header, description = "One range of bytes"),
    ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has"),
), responses(
    (status = 200, description = "The file", content_type = "application/octet-stream"),
    (status = 206, description = "A part of it", content_type = "application/octet-stream"),
    (status = 304, description = "The client has it"),
    (status = 404, description = "There is no such file: `file_not_found`", body = ErrorBody),
    (status = 416, description = "It is not that long", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, name) = path.into_inner();
    let thumbnail = name == THUMBNAIL;
    Ok(downloads::file(&edge, &caller, &request, id, thumbnail).await?)
}
