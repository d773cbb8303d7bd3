//! Conversations.

use oruma_proto::messaging::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::message::Message;
use crate::times::iso;

/// A conversation of two (O-056).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Conversation {
    /// UUID.
    id: String,
    /// UUIDs of both, the caller first.
    participants: Vec<String>,
    /// The newest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message: Option<Message>,
    /// How many messages of the other one the caller has not read.
    unread_count: i64,
    /// When something last happened in it.
    #[schema(example = "2026-11-21T14:00:00.000Z")]
    updated_at: String,
}

/// A page of conversations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ConversationsPage {
    conversations: Vec<Conversation>,
    /// Whether there is another page.
    has_more: bool,
    /// What to send as `cursor` for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Body of `POST /api/conversations`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ConversationRequest {
    /// The other one, a UUID.
    pub(in super::super) participant_id: Option<String>,
}

impl From<proto::Conversation> for Conversation {
    fn from(conversation: proto::Conversation) -> Self {
        let proto::Conversation {
            id,
            number: _,
            kind: _,
            member_ids,
            member_count: _,
            last_message,
            unread_count,
            created_at: _,
            updated_at,
            name: _,
        } = conversation;
        Self {
            id,
            participants: member_ids,
            last_message: last_message.map(Message::from),
            unread_count,
            updated_at: iso(updated_at),
        }
    }
}

impl ConversationsPage {
    pub(in super::super) fn new(
        conversations: Vec<proto::Conversation>,
        next_page_token: String,
    ) -> Self {
        Self {
            conversations: conversations.into_iter().map(Conversation::from).collect(),
            has_more: !next_page_token.is_empty(),
            next_cursor: Some(next_page_token).filter(|token| !token.is_empty()),
        }
    }
}
