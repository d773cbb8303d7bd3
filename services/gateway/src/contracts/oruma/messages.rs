//! `/api/messages` (O-059, O-060).

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use oruma_proto::messaging::v1 as proto;
use serde_json::json;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::message::{Message, MessageRequest, SentMessage};
use super::error::{ApiError, ErrorBody};
use crate::edge::Edge;
use crate::failure::Failure;

/// Sends a message. The receiver's sockets are told.
#[utoipa::path(post, path = "/api/messages", tag = "messages", security(("bearer" = [])), params(
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), request_body = MessageRequest, responses(
    (status = 201, description = "The message", body = SentMessage),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else's conversation, or one of the two has blocked the other", body = ErrorBody),
    (status = 404, description = "There is no such conversation or person", body = ErrorBody),
    (status = 422, description = "A field has the wrong type, or the key stood for another request", body = ErrorBody),
))]
pub(super) async fn send(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    Json(request): Json<MessageRequest>,
) -> Result<HttpResponse, ApiError> {
    let MessageRequest {
        conversation_id,
        content,
        receiver_id,
    } = request;
    let conversation_id = conversation_id.unwrap_or_default();
    let receiver_id = receiver_id.unwrap_or_default();
    if conversation_id.is_empty() && !receiver_id.is_empty() {
        edge.people.must_know(&caller, &receiver_id).await?;
    }
    let message = caller.send(proto::SendMessageRequest {
        conversation_id,
        receiver_id,
        content: content.unwrap_or_default(),
        ..proto::SendMessageRequest::default()
    });
    let sent = edge.clients.messages.clone().send_message(message).await?;
    let message = sent.into_inner().message.ok_or_else(Failure::internal)?;
    Ok(HttpResponse::Created().json(SentMessage {
        message: Message::from(message),
    }))
}

/// Marks a message as read, and those before it. Only the receiver's mark counts; the sender is told.
#[utoipa::path(put, path = "/api/messages/{messageId}/read", tag = "messages", security(("bearer" = [])), params(
    ("messageId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "It is read", body = serde_json::Value),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "A message of somebody else's conversation", body = ErrorBody),
    (status = 404, description = "There is no such message", body = ErrorBody),
))]
pub(super) async fn mark_read(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    message_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::MarkReadRequest {
        conversation_id: String::new(),
        message_id: message_id.into_inner(),
    });
    edge.clients
        .conversations
        .clone()
        .mark_read(message)
        .await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
