//! Between messages and domain values.

use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_proto::messaging::v1 as proto;
use oruma_rpc_error::Fault;
use oruma_service_runtime::Caller;
use tonic::{Request, Status};

use crate::app::messages::Destination;
use crate::app::signed_in;
use crate::domain::conversation::{Conversation, ConversationKind};
use crate::domain::message::{Message, MessageKind, MessageStatus};
use crate::domain::notification::Notification;
use crate::error::Error;
use crate::store::members::Delivery;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        error.into_status()
    }
}

/// The caller, who must be signed in: that is said before anything of the request is looked at.
pub(super) fn somebody<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = Caller::of(request)?;
    signed_in(&caller)?;
    Ok(caller)
}

/// What is no id is nobody's.
pub(super) fn conversation_id(text: &str) -> Result<ConversationId, Error> {
    text.parse().map_err(|_| Error::ConversationNotFound)
}

/// What is no id is nobody's.
pub(super) fn message_id(text: &str) -> Result<MessageId, Error> {
    text.parse().map_err(|_| Error::MessageNotFound)
}

/// A person named by a field.
pub(super) fn user_id(field: &str, text: &str) -> Result<UserId, Error> {
    text.parse().map_err(|_| Error::invalid(field, "is no id"))
}

pub(super) fn kinds(values: &[i32]) -> Result<Vec<ConversationKind>, Error> {
    let kind = |value: &i32| {
        Some(match proto::ConversationKind::try_from(*value).ok()? {
            proto::ConversationKind::Unspecified => return None,
            proto::ConversationKind::Direct => ConversationKind::Direct,
            proto::ConversationKind::Group => ConversationKind::Group,
            proto::ConversationKind::Channel => ConversationKind::Channel,
            proto::ConversationKind::Room => ConversationKind::Room,
        })
    };
    let kinds: Option<Vec<_>> = values.iter().map(kind).collect();
    kinds.ok_or_else(|| Error::invalid("kinds", "must be known kinds"))
}

pub(super) fn destination(conversation_id: &str, receiver_id: &str) -> Result<Destination, Error> {
    match (conversation_id, receiver_id) {
        ("", "") => Err(Error::invalid(
            "receiver_id",
            "is required unless a conversation is named",
        )),
        ("", receiver) => Ok(Destination::Person(user_id("receiver_id", receiver)?)),
        (conversation, "") => Ok(Destination::Conversation(
            self::conversation_id(conversation)?,
            None,
        )),
        (conversation, receiver) => Ok(Destination::Conversation(
            self::conversation_id(conversation)?,
            Some(user_id("receiver_id", receiver)?),
        )),
    }
}

/// `None` for what can't be known.
pub(super) fn delivery(delivery: &proto::Delivery) -> Option<Delivery> {
    Some(Delivery {
        user: delivery.user_id.parse().ok()?,
        conversation: delivery.conversation_id.parse().ok()?,
        sequence: delivery.sequence,
    })
}

pub(super) fn texts(ids: Vec<UserId>) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn text(id: Option<UserId>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

const fn kind_to_proto(kind: ConversationKind) -> proto::ConversationKind {
    match kind {
        ConversationKind::Direct => proto::ConversationKind::Direct,
        ConversationKind::Group => proto::ConversationKind::Group,
        ConversationKind::Channel => proto::ConversationKind::Channel,
        ConversationKind::Room => proto::ConversationKind::Room,
    }
}

impl From<Conversation> for proto::Conversation {
    fn from(conversation: Conversation) -> Self {
        Self {
            id: conversation.id.to_string(),
            number: conversation.number,
            kind: kind_to_proto(conversation.kind).into(),
            member_ids: texts(conversation.members),
            member_count: conversation.member_count,
            last_message: conversation.last_message.map(Into::into),
            unread_count: conversation.unread_count,
            created_at: Some(conversation.created_at.into()),
            updated_at: Some(conversation.activity_at.into()),
        }
    }
}

impl From<Message> for proto::Message {
    fn from(message: Message) -> Self {
        let kind = match message.kind {
            MessageKind::Text => proto::MessageKind::Text,
            MessageKind::System => proto::MessageKind::System,
        };
        let status = match message.status {
            MessageStatus::Sent => proto::MessageStatus::Sent,
            MessageStatus::Delivered => proto::MessageStatus::Delivered,
            MessageStatus::Read => proto::MessageStatus::Read,
        };
        Self {
            id: message.id.to_string(),
            number: message.number,
            conversation_id: message.conversation.to_string(),
            sequence: message.sequence,
            sender_id: text(message.sender),
            receiver_id: text(message.receiver),
            content: message.content,
            kind: kind.into(),
            status: status.into(),
            created_at: Some(message.created_at.into()),
        }
    }
}

impl From<Notification> for proto::Notification {
    fn from(notification: Notification) -> Self {
        Self {
            id: notification.id.to_string(),
            number: notification.number,
            kind: notification.kind,
            actor_id: text(notification.actor),
            subject_kind: notification.subject_kind,
            subject_id: notification.subject.to_string(),
            excerpt: notification.excerpt,
            read_at: notification.read_at.map(Into::into),
            created_at: Some(notification.created_at.into()),
        }
    }
}
