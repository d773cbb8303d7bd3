//! `/api/conversations` (O-056…O-058, O-061).

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::messaging::v1 as proto;
use serde_json::json;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::conversation::{Conversation, ConversationRequest, ConversationsPage};
use super::dto::message::MessagesPage;
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::query::Query;

/// One's conversations, those with the newest activity first.
#[utoipa::path(get, path = "/api/conversations", tag = "messages", security(("bearer" = [])), params(
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "20 by default, 100 at the most"),
), responses(
    (status = 200, description = "A page of conversations", body = ConversationsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn list(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let message = proto::ListConversationsRequest {
        // This contract has none of more than two.
        kinds: vec![proto::ConversationKind::Direct.into()],
        page_size: query.limit()?,
        page_token: query.text("cursor")?,
    };
    let conversations = &edge.clients.conversations;
    let page = read(async || {
        conversations
            .clone()
            .list_conversations(caller.send(message.clone()))
            .await
    })
    .await?;
    Ok(HttpResponse::Ok().json(ConversationsPage::new(
        page.conversations,
        page.next_page_token,
    )))
}

/// Begins the conversation with somebody, or finds it.
#[utoipa::path(post, path = "/api/conversations", tag = "messages", security(("bearer" = [])), params(
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), request_body = ConversationRequest, responses(
    (status = 201, description = "The new conversation", body = Conversation),
    (status = 200, description = "The conversation that was there", body = Conversation),
    (status = 400, description = "A field is not valid, such as oneself", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "One of the two has blocked the other", body = ErrorBody),
    (status = 404, description = "There is no such person", body = ErrorBody),
    (status = 422, description = "A field has the wrong type, or the key stood for another request", body = ErrorBody),
))]
pub(super) async fn create(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    Json(ConversationRequest { participant_id }): Json<ConversationRequest>,
) -> Result<HttpResponse, ApiError> {
    let user_id = participant_id.filter(|id| !id.is_empty());
    let user_id = user_id.ok_or_else(|| Failure::invalid("participantId", "is required"))?;
    edge.people.must_know(&caller, &user_id).await?;
    let message = caller.send(proto::OpenDirectConversationRequest { user_id });
    let opened = edge
        .clients
        .conversations
        .clone()
        .open_direct_conversation(message)
        .await
        .map_err(Failure::from)
        .map_err(|failure| failure.with_field("user_id", "participantId"))?
        .into_inner();
    let conversation = opened.conversation.ok_or_else(Failure::internal)?;
    let mut answer = if opened.created {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(answer.json(Conversation::from(conversation)))
}

/// The messages of a conversation, newest first. They count as delivered.
#[utoipa::path(get, path = "/api/conversations/{conversationId}/messages", tag = "messages", security(("bearer" = [])), params(
    ("conversationId" = String, Path, description = "UUID"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "50 by default, 100 at the most"),
), responses(
    (status = 200, description = "A page of messages", body = MessagesPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else's conversation", body = ErrorBody),
    (status = 404, description = "There is no such conversation", body = ErrorBody),
))]
pub(super) async fn messages(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    conversation_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let message = proto::ListMessagesRequest {
        conversation_id: conversation_id.into_inner(),
        page_size: query.limit()?,
        page_token: query.text("cursor")?,
        ..proto::ListMessagesRequest::default()
    };
    let messages = &edge.clients.messages;
    let page = read(async || {
        messages
            .clone()
            .list_messages(caller.send(message.clone()))
            .await
    })
    .await?;
    Ok(HttpResponse::Ok().json(MessagesPage::new(page.messages, page.next_page_token)))
}

/// Marks all messages of a conversation as read. The other one is told.
#[utoipa::path(put, path = "/api/conversations/{conversationId}/read", tag = "messages", security(("bearer" = [])), params(
    ("conversationId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "They are read", body = serde_json::Value),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else's conversation", body = ErrorBody),
    (status = 404, description = "There is no such conversation", body = ErrorBody),
))]
pub(super) async fn mark_read(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    conversation_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let conversation_id = conversation_id.into_inner();
    let message = caller.send(proto::MarkReadRequest {
        conversation_id,
        message_id: String::new(),
    });
    edge.clients
        .conversations
        .clone()
        .mark_read(message)
        .await?;
    Ok(HttpResponse::Ok().json(json!({})))
}
