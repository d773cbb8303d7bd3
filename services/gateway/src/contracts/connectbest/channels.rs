//! `/api/chat/channels` (C-016…C-020, C-068).

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::messaging::v1 as proto;
use oruma_service_runtime::Caller;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::account::Success;
use super::dto::channel::{
    Channel, ChannelChange, ChannelDetail, ChannelRequest, ChannelsPage, ListedChannel, OneChannel,
    OneChannelDetail, visibility,
};
use super::dto::member::People;
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;
use crate::faces::Faces;
use crate::failure::Failure;
use crate::query::Query;
use crate::realtime::availability;

/// One's channels, those with the newest activity first; or the public ones that one may join.
#[utoipa::path(get, path = "/api/chat/channels", tag = "channels", security(("bearer" = []), ("api_key" = [])), params(
    ("type" = Option<String>, Query, description = "`public`, `private` or `all`, which is the default"),
    ("discover" = Option<bool>, Query, description = "Public channels that one takes no part in, instead of one's own"),
    ("limit" = Option<u32>, Query, description = "50 by default, 100 at the most"),
    ("offset" = Option<u32>, Query, description = "How many to pass over, 10,000 at the most"),
), responses(
    (status = 200, description = "A page of channels", body = ChannelsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn list(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let kind = query.text("type")?;
    let visibility = match kind.as_str() {
        "" | "all" => proto::ChannelVisibility::Unspecified,
        name => visibility(Some(name))
            .map_err(|_| Failure::invalid("type", "must be public, private or all"))?,
    };
    let message = proto::ListChannelsRequest {
        visibility: visibility.into(),
        discover: query.flag("discover")?,
        page_size: query.limit()?,
        offset: query.offset()?,
    };
    let channels = &edge.clients.channels;
    let page = read(async || {
        let request = caller.send(message);
        channels.clone().list_channels(request).await
    })
    .await?;
    let writers = page
        .channels
        .iter()
        .flat_map(|channel| &channel.last_message);
    let writers: Vec<String> = writers.map(|message| message.sender_id.clone()).collect();
    let cards = edge.people.cards(&caller, writers).await?;
    let faces = Faces::of_cards(cards.values().map(AsRef::as_ref));
    let listed = page.channels.into_iter();
    Ok(HttpResponse::Ok().json(ChannelsPage {
        channels: listed
            .map(|channel| ListedChannel::new(channel, &faces))
            .collect(),
        total: page.total,
    }))
}

/// Makes a channel, of which one is the first administrator.
#[utoipa::path(post, path = "/api/chat/channels", tag = "channels", security(("bearer" = []), ("api_key" = [])), params(
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), request_body = ChannelRequest, responses(
    (status = 201, description = "The new channel", body = OneChannel),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 409, description = "There is a channel of that name", body = ErrorBody),
    (status = 422, description = "A field has the wrong type, or the key stood for another request", body = ErrorBody),
))]
pub(super) async fn create(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    Json(request): Json<ChannelRequest>,
) -> Result<HttpResponse, ApiError> {
    let ChannelRequest {
        name,
        description,
        r#type,
        members,
    } = request;
    let message = caller.send(proto::CreateChannelRequest {
        name: name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        visibility: visibility(r#type.as_deref())?.into(),
        member_ids: members.unwrap_or_default(),
    });
    let mut channels = edge.clients.channels.clone();
    let created = channels.create_channel(message).await?.into_inner();
    let channel = created.channel.ok_or_else(Failure::internal)?;
    Ok(HttpResponse::Created().json(OneChannel {
        channel: Channel::from(channel),
    }))
}

/// A channel with its members: a public one for everybody, a private one for its members.
#[utoipa::path(get, path = "/api/chat/channels/{channelId}", tag = "channels", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "The channel", body = OneChannelDetail),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "A private channel of others", body = ErrorBody),
    (status = 404, description = "There is no such channel", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    channel_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let found = find(&edge, &caller, channel_id.into_inner()).await?;
    let ids = found.members.iter().map(|member| member.user_id.clone());
    let cards = edge.people.cards(&caller, ids).await?;
    let shown = availability::of_people(&edge, &cards).await;
    let people = People { cards, shown };
    let channel = found.channel.ok_or_else(Failure::internal)?;
    Ok(HttpResponse::Ok().json(OneChannelDetail {
        channel: ChannelDetail::new(channel, found.members, &people),
    }))
}

/// Changes what is sent. For administrators of the channel.
#[utoipa::path(put, path = "/api/chat/channels/{channelId}", tag = "channels", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
), request_body = ChannelChange, responses(
    (status = 200, description = "The channel", body = OneChannel),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "For administrators of the channel", body = ErrorBody),
    (status = 404, description = "There is no such channel", body = ErrorBody),
    (status = 409, description = "There is a channel of that name", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn update(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    channel_id: Path<String>,
    Json(change): Json<ChannelChange>,
) -> Result<HttpResponse, ApiError> {
    let channel_id = channel_id.into_inner();
    let ChannelChange {
        name,
        description,
        r#type,
    } = change;
    let visibility = match visibility(r#type.as_deref()) {
        Ok(visibility) => visibility,
        Err(failure) => return Err(after_all_else(&edge, &caller, channel_id, failure).await),
    };
    let message = caller.send(proto::UpdateChannelRequest {
        channel_id,
        name,
        description: description.map(Option::unwrap_or_default),
        visibility: visibility.into(),
    });
    let mut channels = edge.clients.channels.clone();
    let updated = channels.update_channel(message).await?.into_inner();
    let channel = updated.channel.ok_or_else(Failure::internal)?;
    Ok(HttpResponse::Ok().json(OneChannel {
        channel: Channel::from(channel),
    }))
}

/// Closes a channel: nobody takes part any longer. For its creator and administrators of the community.
#[utoipa::path(delete, path = "/api/chat/channels/{channelId}", tag = "channels", security(("bearer" = []), ("api_key" = [])), params(
    ("channelId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "It is closed", body = Success),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "For its creator and administrators of the community", body = ErrorBody),
    (status = 404, description = "There is no such channel", body = ErrorBody),
))]
pub(super) async fn delete(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    channel_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::DeleteChannelRequest {
        channel_id: channel_id.into_inner(),
    });
    edge.clients
        .channels
        .clone()
        .delete_channel(message)
        .await?;
    Ok(HttpResponse::Ok().json(Success::new()))
}

async fn find(
    edge: &Edge,
    caller: &Caller,
    channel_id: String,
) -> Result<proto::GetChannelResponse, Failure> {
    let message = proto::GetChannelRequest { channel_id };
    let channels = &edge.clients.channels;
    let found = read(async || {
        let request = caller.send(message.clone());
        channels.clone().get_channel(request).await
    });
    Ok(found.await?)
}

/// A field is not valid; that is said where nothing else stands against the request: the channel is there and the caller one of its
/// administrators.
pub(super) async fn after_all_else(
    edge: &Edge,
    caller: &Caller,
    channel_id: String,
    failure: Failure,
) -> ApiError {
    match find(edge, caller, channel_id).await {
        Err(other) => other.into(),
        Ok(found) => {
            let role = found.channel.map(|channel| channel.role());
            if role == Some(proto::MemberRole::Admin) {
                failure.into()
            } else {
                Failure::new(
                    actix_web::http::StatusCode::FORBIDDEN,
                    "not_channel_admin",
                    "Only administrators of the channel can do that",
                )
                .into()
            }
        }
    }
}
