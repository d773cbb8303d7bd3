//! Messages.

use oruma_proto::messaging::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::times::iso;

/// A message (O-058).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Message {
    /// UUID.
    id: String,
    /// UUID of who wrote it.
    sender_id: String,
    /// UUID of the other one.
    receiver_id: String,
    /// The text.
    content: String,
    /// When it was stored.
    #[schema(example = "2026-11-21T14:00:00.000Z")]
    timestamp: String,
    /// sent, delivered or read.
    #[schema(example = "sent")]
    status: &'static str,
    /// UUID of the conversation.
    conversation_id: String,
}

/// A page of messages.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct MessagesPage {
    messages: Vec<Message>,
    /// Whether there is another page.
    has_more: bool,
    /// What to send as `cursor` for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Body of `POST /api/messages`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct MessageRequest {
    /// The conversation; without it the one with the receiver is found or made.
    pub(in super::super) conversation_id: Option<String>,
    /// 1 to 5,000 characters.
    #[schema(example = "See you at the library?")]
    pub(in super::super) content: Option<String>,
    /// The other one; may be left out where the conversation is named.
    pub(in super::super) receiver_id: Option<String>,
}

/// Answer of `POST /api/messages`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct SentMessage {
    pub(in super::super) message: Message,
}

impl From<proto::Message> for Message {
    fn from(message: proto::Message) -> Self {
        let status = status(message.status());
        let proto::Message {
            id,
            number: _,
            conversation_id,
            sequence: _,
            sender_id,
            receiver_id,
            content,
            kind: _,
            status: _,
            created_at,
            parent_id: _,
            reply_count: _,
            edited_at: _,
            is_pinned: _,
            attachments: _,
            reactions: _,
            link_preview: _,
            scheduled_for: _,
        } = message;
        Self {
            id,
            sender_id,
            receiver_id,
            content,
            timestamp: iso(created_at),
            status,
            conversation_id,
        }
    }
}

impl From<&proto::MessageSentV1> for Message {
    fn from(sent: &proto::MessageSentV1) -> Self {
        Self {
            id: sent.message_id.clone(),
            sender_id: sent.sender_id.clone(),
            receiver_id: sent.receiver_id.clone(),
            content: sent.content.clone(),
            timestamp: iso(sent.created_at),
            status: status(proto::MessageStatus::Sent),
            conversation_id: sent.conversation_id.clone(),
        }
    }
}

fn status(status: proto::MessageStatus) -> &'static str {
    match status {
        proto::MessageStatus::Unspecified | proto::MessageStatus::Sent => "sent",
        proto::MessageStatus::Delivered => "delivered",
        proto::MessageStatus::Read => "read",
    }
}

impl MessagesPage {
    pub(in super::super) fn new(messages: Vec<proto::Message>, next_page_token: String) -> Self {
        Self {
            messages: messages.into_iter().map(Message::from).collect(),
            has_more: !next_page_token.is_empty(),
            next_cursor: Some(next_page_token).filter(|token| !token.is_empty()),
        }
    }
}
