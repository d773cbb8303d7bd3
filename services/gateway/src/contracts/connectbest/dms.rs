//! `/api/dms` (C-063, C-064).

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::messaging::v1 as proto;
use oruma_service_runtime::Caller;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::dm::{Dm, DmRequest, DmsPage, ListedDm, OneDm};
use super::dto::member::People;
use super::dto::message::named;
use super::dto::user::unless_empty;
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;
use crate::faces::Faces;
use crate::failure::Failure;
use crate::query::Query;
use crate::realtime::availability;

/// Direct conversations of a page where no number is asked for.
const MOST: i32 = 100;

/// Begins the direct conversation with somebody, or finds it.
#[utoipa::path(post, path = "/api/dms", tag = "dms", security(("bearer" = []), ("api_key" = [])), params(
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), request_body = DmRequest, responses(
    (status = 200, description = "The direct conversation, new or not", body = OneDm),
    (status = 400, description = "A field is not valid, such as oneself", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "One of the two has blocked the other", body = ErrorBody),
    (status = 404, description = "There is no such person", body = ErrorBody),
    (status = 422, description = "A field has the wrong type, or the key stood for another request", body = ErrorBody),
))]
pub(super) async fn open(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    Json(DmRequest { user_id }): Json<DmRequest>,
) -> Result<HttpResponse, ApiError> {
    let user_id = user_id.filter(|id| !id.is_empty());
    let user_id = user_id.ok_or_else(|| Failure::invalid("user_id", "is required"))?;
    edge.people.must_know(&caller, &user_id).await?;
    let message = caller.send(proto::OpenDirectConversationRequest { user_id });
    let mut conversations = edge.clients.conversations.clone();
    let opened = conversations.open_direct_conversation(message).await?;
    let conversation = opened.into_inner().conversation;
    let conversation = conversation.ok_or_else(Failure::internal)?;
    let (people, faces) = around(&edge, &caller, std::slice::from_ref(&conversation)).await?;
    Ok(HttpResponse::Ok().json(OneDm {
        dm: Dm::new(conversation, &people, &faces, &edge.config.public_url),
    }))
}

/// One's direct conversations, those with the newest activity first.
#[utoipa::path(get, path = "/api/dms", tag = "dms", security(("bearer" = []), ("api_key" = [])), params(
    ("limit" = Option<u32>, Query, description = "100 by default and at the most"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
), responses(
    (status = 200, description = "The direct conversations", body = DmsPage),
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
        kinds: vec![proto::ConversationKind::Direct.into()],
        page_size: match query.limit()? {
            0 => MOST,
            limit => limit,
        },
        page_token: query.text("cursor")?,
    };
    let conversations = &edge.clients.conversations;
    let page = read(async || {
        let request = caller.send(message.clone());
        conversations.clone().list_conversations(request).await
    })
    .await?;
    let (people, faces) = around(&edge, &caller, &page.conversations).await?;
    let listed = page.conversations.into_iter();
    let public_url = &edge.config.public_url;
    Ok(HttpResponse::Ok().json(DmsPage {
        dms: listed
            .map(|conversation| ListedDm::new(conversation, &people, &faces, public_url))
            .collect(),
        next_cursor: unless_empty(page.next_page_token),
    }))
}

/// Everybody in some conversations: who takes part, and who is named in their newest messages.
async fn around(
    edge: &Edge,
    caller: &Caller,
    conversations: &[proto::Conversation],
) -> Result<(People, Faces), Failure> {
    let newest = conversations
        .iter()
        .flat_map(|one| one.last_message.clone());
    let newest: Vec<proto::Message> = newest.collect();
    let mut ids = named(&newest);
    ids.extend(conversations.iter().flat_map(|one| one.member_ids.clone()));
    // Of a conversation whose other one is gone.
    ids.push(String::new());
    let cards = edge.people.cards(caller, ids).await?;
    let shown = availability::of_people(edge, &cards).await;
    let faces = Faces::of_cards(cards.values().map(AsRef::as_ref));
    Ok((People { cards, shown }, faces))
}
