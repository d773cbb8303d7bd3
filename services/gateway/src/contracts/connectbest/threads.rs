//! `…/messages/{messageId}/thread` (C-032).

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use oruma_proto::messaging::v1 as proto;

use super::credentials::SignedInCaller;
use super::dto::message::Thread;
use super::error::{ApiError, ErrorBody};
use super::messages::shown;
use crate::clients::read;
use crate::edge::Edge;
use crate::failure::Failure;

/// A message with its thread, oldest first. The thread counts as read.
#[utoipa::path(get, path = "/api/chat/channels/{channelId}/messages/{messageId}/thread", tag = "messages", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
    ("messageId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "The thread", body = Thread),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "A channel that one takes no part in", body = ErrorBody),
    (status = 404, description = "There is no such message", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (conversation_id, message_id) = path.into_inner();
    let message = proto::ListThreadRequest {
        conversation_id,
        message_id,
    };
    let messages = &edge.clients.messages;
    let thread = read(async || {
        let request = caller.send(message.clone());
        messages.clone().list_thread(request).await
    })
    .await?;
    let mut all = thread.replies;
    all.insert(0, thread.parent.ok_or_else(Failure::internal)?);
    let mut shown = shown(&edge, &caller, all).await?.into_iter();
    let thread = Thread {
        parent_message: shown.next().ok_or_else(Failure::internal)?,
        replies: shown.collect(),
        total: thread.total,
    };
    let mut answer = HttpResponse::Ok();
    Ok(answer
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(thread))
}
