//! Between messages and domain values.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_proto::messaging::v1 as proto;
use oruma_rpc_error::{Fault, Violation};
use oruma_service_runtime::Caller;
use tonic::{Request, Status};

use crate::app::sending::Destination;
use crate::app::signed_in;
use crate::domain::attachment::Attachment;
use crate::domain::channel::{Channel, Member, MemberRole, Visibility};
use crate::domain::conversation::{Conversation, ConversationKind};
use crate::domain::message::{Message, MessageKind, MessageStatus};
use crate::domain::notification::Notification;
use crate::domain::preview::LinkPreview;
use crate::domain::reaction::Reaction;
use crate::error::Error;
use crate::store::members::Delivery;
use crate::store::searches::Hit;

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

/// A message that may be named; empty for none. What is no id is nobody's.
pub(super) fn maybe_message_id(text: &str) -> Result<Option<MessageId>, Error> {
    (!text.is_empty()).then(|| message_id(text)).transpose()
}

/// A conversation that may be named; empty for any.
pub(super) fn maybe_conversation_id(text: &str) -> Result<Option<ConversationId>, Error> {
    (!text.is_empty())
        .then(|| conversation_id(text))
        .transpose()
}

/// What is no id is nobody's.
pub(super) fn channel_id(text: &str) -> Result<ConversationId, Error> {
    text.parse().map_err(|_| Error::ChannelNotFound)
}

/// People named by a list.
pub(super) fn user_ids(field: &str, texts: &[String]) -> Result<Vec<UserId>, Error> {
    let mut ids = Vec::with_capacity(texts.len());
    let mut violations = Vec::new();
    for (nth, text) in texts.iter().enumerate() {
        match text.parse() {
            Ok(id) => ids.push(id),
            Err(_) => violations.push(Violation::new(format!("{field}[{nth}]"), "is no id")),
        }
    }
    if violations.is_empty() {
        Ok(ids)
    } else {
        Err(Error::Invalid(violations))
    }
}

/// Who may join; `None` when that is not said.
pub(super) fn visibility(value: i32) -> Result<Option<Visibility>, Error> {
    match proto::ChannelVisibility::try_from(value) {
        Ok(proto::ChannelVisibility::Unspecified) => Ok(None),
        Ok(proto::ChannelVisibility::Public) => Ok(Some(Visibility::Public)),
        Ok(proto::ChannelVisibility::Private) => Ok(Some(Visibility::Private)),
        Err(_) => Err(Error::invalid("visibility", "must be public or private")),
    }
}

/// What somebody may do; a member's part when that is not said.
pub(super) fn role_or_member(value: i32) -> Result<MemberRole, Error> {
    if value == i32::from(proto::MemberRole::Unspecified) {
        return Ok(MemberRole::Member);
    }
    role(value)
}

/// What somebody may do.
pub(super) fn role(value: i32) -> Result<MemberRole, Error> {
    match proto::MemberRole::try_from(value) {
        Ok(proto::MemberRole::Member) => Ok(MemberRole::Member),
        Ok(proto::MemberRole::Admin) => Ok(MemberRole::Admin),
        Ok(proto::MemberRole::Unspecified) | Err(_) => {
            Err(Error::invalid("role", "must be admin or member"))
        }
    }
}

/// Something that narrows a list; empty for all.
pub(super) fn filter<T: FromStr>(field: &str, text: &str) -> Result<Option<T>, Error> {
    let id = (!text.is_empty()).then(|| text.parse()).transpose();
    id.map_err(|_| Error::invalid(field, "is no id"))
}

/// A time that may be absent.
pub(super) fn maybe_time<T>(field: &str, time: Option<T>) -> Result<Option<DateTime<Utc>>, Error>
where
    T: TryInto<DateTime<Utc>>,
{
    let time = time.map(TryInto::try_into).transpose();
    time.map_err(|_| Error::invalid(field, "is no time"))
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

fn text(id: Option<impl ToString>) -> String {
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
            name: conversation.name,
        }
    }
}

impl From<Channel> for proto::Channel {
    fn from(channel: Channel) -> Self {
        let visibility = match channel.visibility {
            Visibility::Public => proto::ChannelVisibility::Public,
            Visibility::Private => proto::ChannelVisibility::Private,
        };
        let role = channel
            .role
            .map_or(proto::MemberRole::Unspecified, role_to_proto);
        Self {
            id: channel.id.to_string(),
            number: channel.number,
            name: channel.name,
            description: channel.description,
            visibility: visibility.into(),
            created_by: text(channel.created_by),
            role: role.into(),
            member_count: channel.member_count,
            last_message: channel.last_message.map(Into::into),
            unread_count: channel.unread_count,
            created_at: Some(channel.created_at.into()),
            updated_at: Some(channel.activity_at.into()),
        }
    }
}

const fn role_to_proto(role: MemberRole) -> proto::MemberRole {
    match role {
        MemberRole::Member => proto::MemberRole::Member,
        MemberRole::Admin => proto::MemberRole::Admin,
    }
}

impl From<Member> for proto::Member {
    fn from(member: Member) -> Self {
        Self {
            user_id: member.user.to_string(),
            role: role_to_proto(member.role).into(),
            joined_at: Some(member.joined_at.into()),
        }
    }
}

impl From<Attachment> for proto::Attachment {
    fn from(attachment: Attachment) -> Self {
        Self {
            file_id: attachment.file.to_string(),
            name: attachment.name,
            path: attachment.path,
            thumbnail_path: attachment.thumbnail_path,
            content_type: attachment.content_type,
            size_bytes: attachment.size_bytes,
        }
    }
}

impl From<Reaction> for proto::Reaction {
    fn from(reaction: Reaction) -> Self {
        Self {
            user_id: reaction.user.to_string(),
            emoji: reaction.emoji,
            created_at: Some(reaction.created_at.into()),
        }
    }
}

impl From<LinkPreview> for proto::LinkPreview {
    fn from(preview: LinkPreview) -> Self {
        Self {
            url: preview.url,
            title: preview.title,
            description: preview.description,
            image_url: preview.image_url,
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
            parent_id: text(message.parent),
            reply_count: message.reply_count,
            edited_at: message.edited_at.map(Into::into),
            is_pinned: message.is_pinned,
            attachments: message.attachments.into_iter().map(Into::into).collect(),
            reactions: message.reactions.into_iter().map(Into::into).collect(),
            link_preview: message.preview.map(Into::into),
            scheduled_for: message.scheduled_for.map(Into::into),
        }
    }
}

impl From<Hit> for proto::MessageHit {
    fn from(hit: Hit) -> Self {
        Self {
            message: Some(hit.message.into()),
            conversation_name: hit.channel,
            highlight: hit.highlight,
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
            conversation_id: text(notification.conversation),
            message_id: text(notification.message),
            conversation_name: notification.conversation_name,
        }
    }
}
