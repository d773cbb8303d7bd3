//! `/api/chat/channels/{channelId}/messages` (C-024…C-027, C-069). Wherever a channel is meant, a direct conversation may be named as well.

use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::messaging::v1 as proto;
use oruma_service_runtime::Caller;
use uuid::Uuid;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::account::Success;
use super::dto::message::{EditRequest, Message, MessageRequest, MessagesPage, OneMessage, named};
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;
use crate::faces::Faces;
use crate::failure::Failure;
use crate::query::Query;
use crate::times;

/// Says that a browser asks for something that nobody has looked at yet.
const PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");

/// The messages of a channel or direct conversation, newest first, without those of threads. They count as read.
#[utoipa::path(get, path = "/api/chat/channels/{channelId}/messages", tag = "messages", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
    ("limit" = Option<u32>, Query, description = "50 by default, 100 at the most"),
    ("before" = Option<String>, Query, description = "Only those before this message, a UUID"),
    ("after" = Option<String>, Query, description = "Only those after this message, a UUID: the ones next to it"),
), responses(
    (status = 200, description = "A page of messages", body = MessagesPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "A channel that one takes no part in", body = ErrorBody),
    (status = 404, description = "There is no such channel", body = ErrorBody),
))]
pub(super) async fn list(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    channel_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let conversation_id = channel_id.into_inner();
    let (before_id, after_id) = match (id(&query, "before"), id(&query, "after")) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(failure), _) | (_, Err(failure)) => {
            return Err(after_all_else(&edge, &caller, conversation_id, failure).await);
        }
    };
    let message = proto::ListMessagesRequest {
        conversation_id,
        page_size: query.limit()?,
        page_token: String::new(),
        before_id,
        after_id,
        mark_read: !is_prefetch(&request),
    };
    let messages = &edge.clients.messages;
    let page = read(async || {
        let request = caller.send(message.clone());
        messages.clone().list_messages(request).await
    })
    .await?;
    let page = MessagesPage {
        messages: shown(&edge, &caller, page.messages).await?,
        has_more: !page.next_page_token.is_empty(),
    };
    // Reading has an effect: nothing between may answer in our place.
    let mut answer = HttpResponse::Ok();
    Ok(answer.insert_header((CACHE_CONTROL, "no-store")).json(page))
}

/// Sends a message, now or later. Everybody who takes part is told; whoever is mentioned is notified.
#[utoipa::path(post, path = "/api/chat/channels/{channelId}/messages/send", tag = "messages", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), request_body = MessageRequest, responses(
    (status = 201, description = "The message", body = OneMessage),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "A channel that one takes no part in, files of others, or one of two has blocked the other", body = ErrorBody),
    (status = 404, description = "There is no such channel, or no such message to reply to", body = ErrorBody),
    (status = 422, description = "A field has the wrong type, or the key stood for another request", body = ErrorBody),
    (status = 429, description = "More than 100 messages a minute", body = ErrorBody),
))]
pub(super) async fn send(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    channel_id: Path<String>,
    Json(request): Json<MessageRequest>,
) -> Result<HttpResponse, ApiError> {
    let MessageRequest {
        content,
        attachments,
        scheduled_for,
        parent_message_id,
    } = request;
    let conversation_id = channel_id.into_inner();
    let scheduled_for = match scheduled_for.as_deref().map(times::parse).transpose() {
        Ok(time) => time,
        Err(problem) => {
            let failure = Failure::invalid("scheduledFor", problem);
            return Err(after_all_else(&edge, &caller, conversation_id, failure).await);
        }
    };
    let message = caller.send(proto::SendMessageRequest {
        conversation_id,
        receiver_id: String::new(),
        content: content.unwrap_or_default(),
        attachment_ids: attachments.unwrap_or_default(),
        parent_id: parent_message_id.unwrap_or_default(),
        scheduled_for,
    });
    let sent = edge.clients.messages.clone().send_message(message).await?;
    let message = sent.into_inner().message;
    let message = shown_one(&edge, &caller, message).await?;
    Ok(HttpResponse::Created().json(OneMessage { message }))
}

/// Changes the text of one's own message, within 24 hours.
#[utoipa::path(put, path = "/api/chat/channels/{channelId}/messages/{messageId}", tag = "messages", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
    ("messageId" = String, Path, description = "UUID"),
), request_body = EditRequest, responses(
    (status = 200, description = "The message", body = OneMessage),
    (status = 400, description = "The text is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "A message of somebody else, or older than 24 hours", body = ErrorBody),
    (status = 404, description = "There is no such message", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn edit(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    path: Path<(String, String)>,
    Json(request): Json<EditRequest>,
) -> Result<HttpResponse, ApiError> {
    let (conversation_id, message_id) = path.into_inner();
    let message = caller.send(proto::EditMessageRequest {
        conversation_id,
        message_id,
        content: request.content.unwrap_or_default(),
    });
    let edited = edge.clients.messages.clone().edit_message(message).await?;
    let message = edited.into_inner().message;
    let message = shown_one(&edge, &caller, message).await?;
    Ok(HttpResponse::Ok().json(OneMessage { message }))
}

/// Removes a message and its files. For its author and administrators of the channel.
#[utoipa::path(delete, path = "/api/chat/channels/{channelId}/messages/{messageId}", tag = "messages", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
    ("messageId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "It is gone", body = Success),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "For its author and administrators of the channel", body = ErrorBody),
    (status = 404, description = "There is no such message", body = ErrorBody),
))]
pub(super) async fn delete(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (conversation_id, message_id) = path.into_inner();
    let message = caller.send(proto::DeleteMessageRequest {
        conversation_id,
        message_id,
    });
    edge.clients
        .messages
        .clone()
        .delete_message(message)
        .await?;
    Ok(HttpResponse::Ok().json(Success::new()))
}

/// How messages look, with the names of everybody in them: one look-up for all.
pub(super) async fn shown(
    edge: &Edge,
    caller: &Caller,
    messages: Vec<proto::Message>,
) -> Result<Vec<Message>, Failure> {
    let cards = edge.people.cards(caller, named(&messages)).await?;
    let faces = Faces::of_cards(cards.values().map(AsRef::as_ref));
    let public_url = &edge.config.public_url;
    let messages = messages.into_iter();
    Ok(messages
        .map(|message| Message::new(message, &faces, public_url))
        .collect())
}

/// How one message looks. A service that answers with none is at fault.
pub(super) async fn shown_one(
    edge: &Edge,
    caller: &Caller,
    message: Option<proto::Message>,
) -> Result<Message, Failure> {
    let shown = shown(edge, caller, message.into_iter().collect()).await?;
    shown.into_iter().next().ok_or_else(Failure::internal)
}

/// A parameter that names a message; empty when it is missing.
fn id(query: &Query, name: &str) -> Result<String, Failure> {
    let id = query.text(name)?;
    if id.is_empty() || Uuid::parse_str(&id).is_ok() {
        return Ok(id);
    }
    Err(Failure::invalid(name, "must be a UUID"))
}

/// K-21: nobody has read what a browser fetched in advance.
fn is_prefetch(request: &HttpRequest) -> bool {
    let purpose = request.headers().get(PURPOSE);
    let purpose = purpose.and_then(|purpose| purpose.to_str().ok());
    purpose.is_some_and(|purpose| purpose.contains("prefetch"))
}

/// A field is not valid; that is said where nothing else stands against the request: the conversation is there and the caller takes part.
async fn after_all_else(
    edge: &Edge,
    caller: &Caller,
    conversation_id: String,
    failure: Failure,
) -> ApiError {
    let message = caller.send(proto::GetConversationRequest { conversation_id });
    let mut conversations = edge.clients.conversations.clone();
    match conversations.get_conversation(message).await {
        Ok(_) => failure.into(),
        Err(status) => status.into(),
    }
}
