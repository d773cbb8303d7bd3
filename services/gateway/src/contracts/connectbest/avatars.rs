//! `/api/users/avatar` (C-012).

use actix_multipart::{Field, Multipart};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::auth::v1 as auth;
use oruma_proto::media::v1 as proto;
use oruma_service_runtime::Caller;
use tonic::Status;

use super::credentials::SignedInCaller;
use super::dto::file::{Avatar, picture_path, picture_url};
use super::error::{ApiError, ErrorBody};
use crate::edge::Edge;
use crate::failure::Failure;
use crate::forms::{drain, is_file, is_form, next_bytes, next_part};
use crate::uploads::send_image;

/// Bytes of a picture at the most (C-123).
const LARGEST: i64 = 5 * 1024 * 1024;
/// What it may be.
const TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/gif"];

/// Sets one's picture: checked, made to fit, stripped of what it knows of the place and the camera. The one before it goes.
#[utoipa::path(post, path = "/api/users/avatar", tag = "users", security(("bearer" = []), ("api_key" = [])), request_body(
    content = String, content_type = "multipart/form-data",
    description = "The picture in the field `file`: JPG, PNG or GIF, of which the first frame is kept, up to 5 MB",
), responses(
    (status = 200, description = "Where it is", body = Avatar),
    (status = 400, description = "No picture, or none of these kinds", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 413, description = "The file is too large", body = ErrorBody),
    (status = 429, description = "More than 20 uploads an hour", body = ErrorBody),
    (status = 503, description = "Too many pictures at once", body = ErrorBody),
))]
pub(super) async fn set(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    if !is_form(&request) {
        return Err(Failure::invalid("file", "must be sent as a form").into());
    }
    let mut form = Multipart::new(request.headers(), payload);
    let mut taken = None;
    let read = take(&edge, &caller, &mut form, &mut taken).await;
    let image = match (read, taken) {
        (Ok(()), Some(image)) => image,
        (Ok(()), None) => return Err(Failure::invalid("file", "is required").into()),
        (Err(refusal), taken) => {
            discard(&edge, &caller, taken.map(|image| image.path)).await;
            drain(form, &refusal.reason).await;
            return Err(refusal.into());
        }
    };
    let avatar_url = picture_url(&edge.config.public_url, &image.path);
    match replace(&edge, &caller, &image, &avatar_url).await {
        Ok(before) => discard(&edge, &caller, before).await,
        Err(status) => {
            discard(&edge, &caller, Some(image.path)).await;
            return Err(status.into());
        }
    }
    Ok(HttpResponse::Ok().json(Avatar { avatar_url }))
}

/// Puts a picture in the place of the one before, whose path is returned if it was stored here. A claimed picture stays until it is discarded.
async fn replace(
    edge: &Edge,
    caller: &Caller,
    image: &proto::Image,
    avatar_url: &str,
) -> Result<Option<String>, Status> {
    let claim = caller.send(proto::ClaimImagesRequest {
        paths: vec![image.path.clone()],
        folder: proto::ImageFolder::Avatars.into(),
    });
    edge.clients.images.clone().claim_images(claim).await?;
    let mut users = edge.clients.users.clone();
    let known = users.get_user(caller.send(auth::GetUserRequest {
        user_id: image.owner_id.clone(),
    }));
    let known = known.await?.into_inner().user;
    let update = caller.send(auth::UpdateProfileRequest {
        avatar_url: Some(avatar_url.to_owned()),
        ..auth::UpdateProfileRequest::default()
    });
    users.update_profile(update).await?;
    Ok(known.and_then(|known| picture_path(&edge.config.public_url, &known.avatar_url)))
}

async fn take(
    edge: &Edge,
    caller: &Caller,
    form: &mut Multipart,
    taken: &mut Option<proto::Image>,
) -> Result<(), Failure> {
    while let Some(mut field) = next_part(form).await? {
        if field.name() != Some("file") || !is_file(&field) {
            while next_bytes(&mut field).await?.is_some() {}
            continue;
        }
        if taken.is_some() {
            return Err(Failure::invalid("file", "must be one file"));
        }
        *taken = Some(send(edge, caller, field).await?);
    }
    Ok(())
}

async fn send(edge: &Edge, caller: &Caller, field: Field) -> Result<proto::Image, Failure> {
    let header = proto::UploadImageHeader {
        folder: proto::ImageFolder::Avatars.into(),
        file_name: String::new(),
        content_types: TYPES.map(str::to_owned).to_vec(),
        max_bytes: LARGEST,
    };
    let sent = send_image(edge, caller, header, field).await;
    sent.map_err(|failure| failure.with_field("image", "file"))
}

/// What can't be removed now goes with the pictures that nothing uses.
async fn discard(edge: &Edge, caller: &Caller, path: Option<String>) {
    let Some(path) = path else {
        return;
    };
    let request = caller.send(proto::DiscardImagesRequest { paths: vec![path] });
    if let Err(status) = edge.clients.images.clone().discard_images(request).await {
        tracing::debug!(error = status.message(), "picture not discarded");
    }
}
