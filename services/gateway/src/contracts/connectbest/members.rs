//! `/api/chat/channels/{channelId}/members` (C-021…C-023).

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use oruma_proto::messaging::v1 as proto;

use super::body::Json;
use super::channels::after_all_else;
use super::credentials::SignedInCaller;
use super::dto::account::Success;
use super::dto::member::{AddedMembers, MembersRequest, NewMember, RoleRequest, role};
use super::error::{ApiError, ErrorBody};
use crate::edge::Edge;
use crate::failure::Failure;

/// Adds people: oneself to a public channel, which is joining it; others to one's channel; to a private one as its administrator.
#[utoipa::path(post, path = "/api/chat/channels/{channelId}/members", tag = "channels", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
), request_body = MembersRequest, responses(
    (status = 200, description = "They take part", body = AddedMembers),
    (status = 400, description = "A field is not valid, such as people who don't exist", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Only administrators add to private channels, and administrators", body = ErrorBody),
    (status = 404, description = "There is no such channel", body = ErrorBody),
    (status = 409, description = "The channel is full", body = ErrorBody),
    (status = 422, description = "A field has the wrong type, or the key stood for another request", body = ErrorBody),
))]
pub(super) async fn add(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    channel_id: Path<String>,
    Json(request): Json<MembersRequest>,
) -> Result<HttpResponse, ApiError> {
    let channel_id = channel_id.into_inner();
    let role = match role(request.role.as_deref()) {
        Ok(role) => role,
        Err(failure) => return Err(after_all_else(&edge, &caller, channel_id, failure).await),
    };
    let message = caller.send(proto::AddChannelMembersRequest {
        channel_id,
        user_ids: request.user_ids.unwrap_or_default(),
        role: role.into(),
    });
    let mut channels = edge.clients.channels.clone();
    let added = channels.add_channel_members(message).await?.into_inner();
    let ids = added.members.iter().map(|member| member.user_id.clone());
    let cards = edge.people.cards(&caller, ids).await?;
    let members = added.members.into_iter();
    Ok(HttpResponse::Ok().json(AddedMembers {
        success: true,
        members: members
            .map(|member| NewMember::new(member, &cards))
            .collect(),
    }))
}

/// Takes somebody out of a channel, or leaves it. Its creator stays.
#[utoipa::path(delete, path = "/api/chat/channels/{channelId}/members/{userId}", tag = "channels", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
    ("userId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "They no longer take part", body = Success),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "For administrators of the channel and oneself; and never its creator", body = ErrorBody),
    (status = 404, description = "There is no such channel or member", body = ErrorBody),
))]
pub(super) async fn remove(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (channel_id, user_id) = path.into_inner();
    let message = caller.send(proto::RemoveChannelMemberRequest {
        channel_id,
        user_id,
    });
    let mut channels = edge.clients.channels.clone();
    channels.remove_channel_member(message).await?;
    Ok(HttpResponse::Ok().json(Success::new()))
}

/// Makes somebody an administrator of the channel, or a member again. For its creator.
#[utoipa::path(put, path = "/api/chat/channels/{channelId}/members/{userId}", tag = "channels", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
    ("userId" = String, Path, description = "UUID"),
), request_body = RoleRequest, responses(
    (status = 200, description = "It is so", body = Success),
    (status = 400, description = "There is no such role", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "For the creator of the channel, and not for the creator's own role", body = ErrorBody),
    (status = 404, description = "There is no such channel or member", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn update(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    path: Path<(String, String)>,
    Json(request): Json<RoleRequest>,
) -> Result<HttpResponse, ApiError> {
    let (channel_id, user_id) = path.into_inner();
    let given = request.role.filter(|role| !role.is_empty());
    let required = || Failure::invalid("role", "is required");
    let role = given
        .ok_or_else(required)
        .and_then(|given| role(Some(&given)));
    let role = match role {
        Ok(role) => role,
        Err(failure) => return Err(after_all_else(&edge, &caller, channel_id, failure).await),
    };
    let message = caller.send(proto::UpdateChannelMemberRequest {
        channel_id,
        user_id,
        role: role.into(),
    });
    let mut channels = edge.clients.channels.clone();
    channels.update_channel_member(message).await?;
    Ok(HttpResponse::Ok().json(Success::new()))
}
