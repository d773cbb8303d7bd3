//! `POST /api/upload/image` (O-025) and `GET /uploads/images/…` (O-086).

use actix_multipart::{Field, Multipart};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::media::v1 as proto;
use oruma_service_runtime::Caller;

use super::credentials::{AnyCaller, SignedInCaller};
use super::dto::image::UploadedImage;
use super::error::{ApiError, ErrorBody};
use crate::downloads;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::forms::{drain, is_file, is_form, next_bytes, next_part};
use crate::uploads::send_image;

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
    let header = proto::UploadImageHeader {
        folder: uploads.folder.into(),
        ..Default::default()
    };
    let sent = send_image(uploads.edge, uploads.caller, header, field).await;
    let image = sent.map_err(|failure| failure.with_field("image", name))?;
    uploads.images.push(image);
    Ok(())
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
        drain(form, refusal.reason()).await;
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
    let path = format!("{folder}/{file}");
    Ok(downloads::image(&edge, &caller, &request, path).await?)
}
