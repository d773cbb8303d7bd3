//! `…/messages/{messageId}/reactions` (C-028, C-029).

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use oruma_proto::messaging::v1 as proto;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::account::Success;
use super::dto::reaction::{OneReaction, Reaction, ReactionRequest};
use super::error::{ApiError, ErrorBody};
use crate::edge::Edge;
use crate::faces::Faces;
use crate::failure::Failure;

/// Sets one's one reaction to a message, in place of any other.
#[utoipa::path(post, path = "/api/chat/channels/{channelId}/messages/{messageId}/reactions", tag = "messages", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
    ("messageId" = String, Path, description = "UUID"),
), request_body = ReactionRequest, responses(
    (status = 200, description = "The reaction", body = OneReaction),
    (status = 400, description = "No single emoji", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "A channel that one takes no part in", body = ErrorBody),
    (status = 404, description = "There is no such message", body = ErrorBody),
    (status = 409, description = "The message has too many reactions", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn set(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    path: Path<(String, String)>,
    Json(request): Json<ReactionRequest>,
) -> Result<HttpResponse, ApiError> {
    let (conversation_id, message_id) = path.into_inner();
    let message = caller.send(proto::SetReactionRequest {
        conversation_id,
        message_id: message_id.clone(),
        emoji: request.emoji.unwrap_or_default(),
    });
    let set = edge.clients.messages.clone().set_reaction(message).await?;
    let reaction = set.into_inner().reaction.ok_or_else(Failure::internal)?;
    let cards = edge
        .people
        .cards(&caller, [reaction.user_id.clone()])
        .await?;
    let faces = Faces::of_cards(cards.values().map(AsRef::as_ref));
    Ok(HttpResponse::Ok().json(OneReaction {
        reaction: Reaction::new(message_id, reaction, &faces),
    }))
}

/// Takes one's reaction back; without one nothing happens.
#[utoipa::path(delete, path = "/api/chat/channels/{channelId}/messages/{messageId}/reactions", tag = "messages", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
    ("messageId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "There is none", body = Success),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "A channel that one takes no part in", body = ErrorBody),
    (status = 404, description = "There is no such message", body = ErrorBody),
))]
pub(super) async fn remove(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (conversation_id, message_id) = path.into_inner();
    let message = caller.send(proto::RemoveReactionRequest {
        conversation_id,
        message_id,
    });
    let mut messages = edge.clients.messages.clone();
    messages.remove_reaction(message).await?;
    Ok(HttpResponse::Ok().json(Success::new()))
}
