//! Direct conversations.

use oruma_proto::messaging::v1 as proto;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::member::{Participant, People};
use super::message::Message;
use crate::faces::Faces;
use crate::times::iso;

/// A direct conversation (C-063). Its `id` is a `channelId` wherever messages are meant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Dm {
    /// UUID.
    id: String,
    /// Both, oneself first.
    participants: Vec<Participant>,
    /// The newest message.
    #[schema(required)]
    last_message: Option<Message>,
    /// How many messages of the other one has not read.
    unread_count: i64,
    /// When it began.
    created_at: String,
}

/// A direct conversation of a list (C-064).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ListedDm {
    /// UUID.
    id: String,
    /// The other one.
    participant: Participant,
    /// The newest message.
    #[schema(required)]
    last_message: Option<Message>,
    /// How many messages of the other one has not read.
    unread_count: i64,
    /// When it began.
    created_at: String,
}

/// `{dm}`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct OneDm {
    pub(in super::super) dm: Dm,
}

/// One's direct conversations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct DmsPage {
    /// Those with the newest activity first.
    pub(in super::super) dms: Vec<ListedDm>,
    /// What to send as `cursor` for more.
    #[schema(required)]
    pub(in super::super) next_cursor: Option<String>,
}

/// Body of `POST /api/dms`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct DmRequest {
    /// The other one, a UUID.
    pub(in super::super) user_id: Option<String>,
}

impl Dm {
    /// A conversation with its people.
    pub(in super::super) fn new(
        conversation: proto::Conversation,
        people: &People,
        faces: &Faces,
        public_url: &Url,
    ) -> Self {
        let ListedDm {
            id,
            participant,
            last_message,
            unread_count,
            created_at,
        } = ListedDm::new(conversation.clone(), people, faces, public_url);
        let me = conversation.member_ids.into_iter().next();
        let me = Participant::new(me.unwrap_or_default(), people);
        Self {
            id,
            participants: vec![me, participant],
            last_message,
            unread_count,
            created_at,
        }
    }
}

impl ListedDm {
    /// A conversation with its people.
    pub(in super::super) fn new(
        conversation: proto::Conversation,
        people: &People,
        faces: &Faces,
        public_url: &Url,
    ) -> Self {
        let proto::Conversation {
            id,
            number: _,
            kind: _,
            member_ids,
            member_count: _,
            last_message,
            unread_count,
            created_at,
            updated_at: _,
            name: _,
        } = conversation;
        // Without the other one, whose account is gone, there is only oneself.
        let other = member_ids.into_iter().nth(1).unwrap_or_default();
        Self {
            id,
            participant: Participant::new(other, people),
            last_message: last_message.map(|message| Message::new(message, faces, public_url)),
            unread_count,
            created_at: iso(created_at),
        }
    }
}
