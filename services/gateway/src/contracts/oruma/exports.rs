//! `/api/users/me/export` (O-071): all that the platform keeps of a person, gathered from the services while it is sent.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use oruma_ids::UserId;
use oruma_proto::auth::v1 as auth;
use oruma_proto::events::v1 as events;
use oruma_proto::marketplace::v1 as marketplace;
use oruma_proto::media::v1 as media;
use oruma_proto::messaging::v1 as messaging;
use oruma_proto::social::v1 as social;
use oruma_service_runtime::Caller;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::credentials::SignedInCaller;
use super::dto::export::Export;
use super::error::{ApiError, ErrorBody};
use crate::edge::Edge;
use crate::failure::{Failure, camel_case};

/// The list that names of exports belong to.
const EXPORTS: &str = "exports";
/// How long one can be fetched.
const LIFE: TimeDelta = TimeDelta::hours(24);

/// What the name of an export says.
#[derive(Serialize, Deserialize)]
struct Ticket {
    user: UserId,
    expires_at: DateTime<Utc>,
}

/// Asks for all that is kept of oneself.
#[utoipa::path(post, path = "/api/users/me/export", tag = "users", security(("bearer" = [])), responses(
    (status = 201, description = "Where to fetch it", body = Export),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn create(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
) -> Result<HttpResponse, ApiError> {
    let user = caller.user().ok_or_else(Failure::internal)?;
    let expires_at = edge.clock.now() + LIFE;
    let id = edge.exports.seal(EXPORTS, &Ticket { user, expires_at });
    Ok(HttpResponse::Created().json(Export::ready(id, expires_at)))
}

/// All that is kept of oneself, as one JSON document.
#[utoipa::path(get, path = "/api/users/me/export/{id}", tag = "users", security(("bearer" = [])), params(
    ("id" = String, Path, description = "As the request for it was answered"),
), responses(
    (status = 200, description = "The document: account, posts, comments, likes, saves, views, messages, images", content_type = "application/json"),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such export, or no longer", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let ticket = edge.exports.open::<Ticket>(EXPORTS, &id).ok();
    let valid = ticket.is_some_and(|ticket| {
        Some(ticket.user) == caller.user() && ticket.expires_at > edge.clock.now()
    });
    if !valid {
        return Err(Failure::not_found("export_not_found", "There is no such export").into());
    }
    // The first answer decides whether there is anything to send.
    let account = edge
        .clients
        .accounts
        .clone()
        .export_account(caller.send(auth::ExportAccountRequest {}))
        .await?
        .into_inner();
    let (sender, receiver) = mpsc::channel(2);
    actix_web::rt::spawn(async move {
        if let Err(failure) = gather(&edge, &caller, &account.document, &sender).await {
            // A document that breaks off is seen to have broken off.
            drop(sender.send(Err(ApiError::from(failure))).await);
        }
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((
            CONTENT_DISPOSITION,
            "attachment; filename=\"oruma-export.json\"",
        ))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(ReceiverStream::new(receiver)))
}

type Pieces = mpsc::Sender<Result<Bytes, ApiError>>;

async fn gather(
    edge: &Edge,
    caller: &Caller,
    account: &str,
    pieces: &Pieces,
) -> Result<(), Failure> {
    let generated_at = edge.clock.now().to_rfc3339();
    say(
        pieces,
        format!("{{\"generatedAt\":\"{generated_at}\",\"account\":{account}"),
    )
    .await?;
    gather_content(edge, caller, pieces).await?;
    let message = caller.send(events::ExportEventsRequest {});
    let events = edge.clients.events.clone().export_events(message).await?;
    let events = events.into_inner().document;
    say(pieces, format!(",\"events\":{events}")).await?;
    let message = caller.send(marketplace::ExportItemsRequest {});
    let items = edge.clients.items.clone().export_items(message).await?;
    let items = items.into_inner().document;
    say(pieces, format!(",\"marketplace\":{items}")).await?;
    gather_messages(edge, caller, pieces).await?;
    let images = edge
        .clients
        .images
        .clone()
        .export_media(caller.send(media::ExportMediaRequest {}))
        .await?
        .into_inner()
        .document;
    say(pieces, format!(",\"media\":{images}}}")).await
}

/// Posts and all that: parts of one section follow each other, and make one list.
async fn gather_content(edge: &Edge, caller: &Caller, pieces: &Pieces) -> Result<(), Failure> {
    let request = caller.send(social::ExportContentRequest {});
    let mut parts = edge
        .clients
        .posts
        .clone()
        .export_content(request)
        .await?
        .into_inner();
    let mut open = String::new();
    while let Some(part) = parts.message().await? {
        let social::ExportContentResponse { section, items } = part;
        let section = camel_case(&section);
        let items = items.trim_start_matches('[').trim_end_matches(']');
        let before = match (open.is_empty(), section == open) {
            (_, true) => ",".to_owned(),
            (true, false) => format!(",\"{section}\":["),
            (false, false) => format!("],\"{section}\":["),
        };
        say(pieces, before + items).await?;
        open = section;
    }
    if open.is_empty() {
        return Ok(());
    }
    say(pieces, "]".to_owned()).await
}

/// Conversations and all that: pages, each a JSON object whose lists continue those of the pages before.
async fn gather_messages(edge: &Edge, caller: &Caller, pieces: &Pieces) -> Result<(), Failure> {
    let request = caller.send(messaging::ExportMessagesRequest {});
    let messages = edge
        .clients
        .messages
        .clone()
        .export_messages(request)
        .await?;
    let mut pages = messages.into_inner();
    let mut before = ",\"messaging\":[";
    while let Some(page) = pages.message().await? {
        say(pieces, format!("{before}{}", page.document)).await?;
        before = ",";
    }
    if before == "," {
        say(pieces, "]".to_owned()).await?;
    }
    Ok(())
}

async fn say(pieces: &Pieces, text: String) -> Result<(), Failure> {
    // Whoever no longer listens needs no more.
    let sent = pieces.send(Ok(Bytes::from(text))).await;
    sent.map_err(|_| Failure::internal())
}
