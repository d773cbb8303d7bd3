//! `…/messages/{messageId}/pin` (C-030, C-031).

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use oruma_proto::messaging::v1 as proto;
use oruma_service_runtime::Caller;

use super::credentials::SignedInCaller;
use super::dto::account::Success;
use super::error::{ApiError, ErrorBody};
use crate::edge::Edge;

/// Pins a message to its channel. For administrators of the channel; in a direct conversation for both.
#[utoipa::path(post, path = "/api/chat/channels/{channelId}/messages/{messageId}/pin", tag = "messages", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
    ("messageId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "It is pinned", body = Success),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "For administrators of the channel", body = ErrorBody),
    (status = 404, description = "There is no such message", body = ErrorBody),
    (status = 409, description = "Ten are pinned", body = ErrorBody),
))]
pub(super) async fn pin(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    set(&edge, &caller, path.into_inner(), true).await
}

/// Takes a pinned message off. For administrators of the channel; in a direct conversation for both.
#[utoipa::path(delete, path = "/api/chat/channels/{channelId}/messages/{messageId}/pin", tag = "messages", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
    ("messageId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "It is not pinned", body = Success),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "For administrators of the channel", body = ErrorBody),
    (status = 404, description = "There is no such message", body = ErrorBody),
))]
pub(super) async fn unpin(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    set(&edge, &caller, path.into_inner(), false).await
}

async fn set(
    edge: &Edge,
    caller: &Caller,
    (conversation_id, message_id): (String, String),
    pinned: bool,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::SetMessagePinnedRequest {
        conversation_id,
        message_id,
        pinned,
    });
    let mut messages = edge.clients.messages.clone();
    messages.set_message_pinned(message).await?;
    Ok(HttpResponse::Ok().json(Success::new()))
}
