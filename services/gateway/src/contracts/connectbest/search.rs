//! `/api/chat/search` (C-033).

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::messaging::v1 as proto;
use pbjson_types::Timestamp;

use super::credentials::SignedInCaller;
use super::dto::message::named;
use super::dto::search::{Hit, Hits};
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;
use crate::faces::Faces;
use crate::failure::Failure;
use crate::query::Query;
use crate::times;

/// Messages of one's channels and direct conversations with all words, the best first.
#[utoipa::path(get, path = "/api/chat/search", tag = "messages", security(("bearer" = []), ("api_key" = [])), params(
    ("query" = String, Query, description = "At least 2 characters"),
    ("channelId" = Option<String>, Query, description = "Only this channel or direct conversation, a UUID"),
    ("from" = Option<String>, Query, description = "Only of this person, a UUID"),
    ("before" = Option<String>, Query, description = "Only those sent before, ISO 8601"),
    ("after" = Option<String>, Query, description = "Only those sent after, ISO 8601"),
    ("limit" = Option<u32>, Query, description = "20 by default, 50 at the most"),
), responses(
    (status = 200, description = "What was found", body = Hits),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "A channel that one takes no part in", body = ErrorBody),
    (status = 404, description = "There is no such channel", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let message = proto::SearchMessagesRequest {
        query: query.text("query")?,
        conversation_id: query.text("channelId")?,
        sender_id: query.text("from")?,
        before: time(&query, "before")?,
        after: time(&query, "after")?,
        page_size: query.limit()?,
    };
    let messages = &edge.clients.messages;
    let found = read(async || {
        let request = caller.send(message.clone());
        messages.clone().search_messages(request).await
    })
    .await?;
    let in_hits: Vec<proto::Message> = found
        .hits
        .iter()
        .filter_map(|hit| hit.message.clone())
        .collect();
    let cards = edge.people.cards(&caller, named(&in_hits)).await?;
    let faces = Faces::of_cards(cards.values().map(AsRef::as_ref));
    let hits = found.hits.into_iter();
    Ok(HttpResponse::Ok().json(Hits {
        messages: hits
            .filter_map(|hit| Hit::new(hit, &faces, &edge.config.public_url))
            .collect(),
        total: found.total,
    }))
}

fn time(query: &Query, name: &str) -> Result<Option<Timestamp>, Failure> {
    let text = query.text(name)?;
    if text.is_empty() {
        return Ok(None);
    }
    let time = times::parse(&text).map_err(|problem| Failure::invalid(name, problem))?;
    Ok(Some(time))
}
