//! Channels.

use oruma_proto::messaging::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::member::{Member, People};
use super::user::{given, unless_empty};
use crate::faces::Faces;
use crate::failure::Failure;
use crate::times::iso;

/// A channel, right after it was made or changed (C-017, C-019).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Channel {
    /// UUID.
    id: String,
    /// Unique: lower case letters, digits and hyphens.
    #[schema(example = "general")]
    name: String,
    /// What it is for.
    #[schema(required)]
    description: Option<String>,
    /// `public` or `private`.
    #[schema(example = "public")]
    r#type: &'static str,
    /// UUID of who made it; empty when the account is gone.
    created_by: String,
    /// How many take part.
    member_count: i64,
    /// When it was made.
    created_at: String,
}

/// A channel of a list (C-016).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ListedChannel {
    #[serde(flatten)]
    channel: Channel,
    /// How many messages of others one has not read.
    unread_count: i64,
    /// The newest message.
    #[schema(required)]
    last_message: Option<LastMessage>,
}

/// A channel with its members (C-018).
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct ChannelDetail {
    #[serde(flatten)]
    channel: Channel,
    /// Those who came first first; the first 1,000.
    members: Vec<Member>,
}

/// The newest message of a channel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct LastMessage {
    content: String,
    created_at: String,
    user: Writer,
}

/// Who wrote it.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Writer {
    /// UUID.
    id: String,
    /// The name that people see.
    name: String,
}

/// `{channel}`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct OneChannel {
    pub(in super::super) channel: Channel,
}

/// `{channel}` with its members.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct OneChannelDetail {
    pub(in super::super) channel: ChannelDetail,
}

/// A page of channels.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct ChannelsPage {
    pub(in super::super) channels: Vec<ListedChannel>,
    /// How many there are.
    pub(in super::super) total: i64,
}

/// Body of `POST /api/chat/channels`.
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct ChannelRequest {
    /// 1 to 80 letters, digits and hyphens; stored in lower case.
    #[schema(example = "general")]
    pub(in super::super) name: Option<String>,
    /// At most 500 characters.
    pub(in super::super) description: Option<String>,
    /// `public`, which is the default, or `private`.
    #[schema(example = "private")]
    pub(in super::super) r#type: Option<String>,
    /// UUIDs of who takes part from the start, for private channels.
    pub(in super::super) members: Option<Vec<String>>,
}

/// Body of `PUT /api/chat/channels/{channelId}`: absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct ChannelChange {
    /// As for a new one.
    pub(in super::super) name: Option<String>,
    /// At most 500 characters; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub(in super::super) description: Option<Option<String>>,
    /// `public` or `private`.
    pub(in super::super) r#type: Option<String>,
}

impl From<proto::Channel> for Channel {
    fn from(channel: proto::Channel) -> Self {
        let r#type = match channel.visibility() {
            proto::ChannelVisibility::Private => "private",
            proto::ChannelVisibility::Public | proto::ChannelVisibility::Unspecified => "public",
        };
        let proto::Channel {
            id,
            number: _,
            name,
            description,
            visibility: _,
            created_by,
            role: _,
            member_count,
            last_message: _,
            unread_count: _,
            created_at,
            updated_at: _,
        } = channel;
        Self {
            id,
            name,
            description: unless_empty(description),
            r#type,
            created_by,
            member_count,
            created_at: iso(created_at),
        }
    }
}

impl ListedChannel {
    /// A channel with who wrote its newest message.
    pub(in super::super) fn new(mut channel: proto::Channel, faces: &Faces) -> Self {
        let last_message = channel.last_message.take();
        Self {
            unread_count: channel.unread_count,
            last_message: last_message.map(|message| LastMessage::new(message, faces)),
            channel: channel.into(),
        }
    }
}

impl LastMessage {
    fn new(message: proto::Message, faces: &Faces) -> Self {
        let face = faces.of(&message.sender_id);
        Self {
            content: message.content,
            created_at: iso(message.created_at),
            user: Writer {
                id: face.id,
                name: face.name,
            },
        }
    }
}

impl ChannelDetail {
    /// A channel with its members.
    pub(in super::super) fn new(
        channel: proto::Channel,
        members: Vec<proto::Member>,
        people: &People,
    ) -> Self {
        let member = |one| Member::new(one, people);
        Self {
            channel: channel.into(),
            members: members.into_iter().map(member).collect(),
        }
    }
}

/// The visibility of a name; unspecified when none is given.
pub(in super::super) fn visibility(
    name: Option<&str>,
) -> Result<proto::ChannelVisibility, Failure> {
    match name {
        None => Ok(proto::ChannelVisibility::Unspecified),
        Some("public") => Ok(proto::ChannelVisibility::Public),
        Some("private") => Ok(proto::ChannelVisibility::Private),
        Some(_) => Err(Failure::invalid("type", "must be public or private")),
    }
}
