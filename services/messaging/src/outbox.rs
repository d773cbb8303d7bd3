//! The events of this service, each a versioned message of `proto/oruma/messaging/v1/outbox.proto`. The subject of those of conversations and
//! messages is the conversation, so those of one conversation keep their order; that of a notification is the person.

use chrono::{DateTime, Utc};
use oruma_broker::Event;
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_proto::messaging::v1 as proto;
use serde::Serialize;
use uuid::Uuid;

use crate::app::App;
use crate::domain::channel::{Channel, MemberRole};
use crate::domain::conversation::ConversationKind;
use crate::domain::message::Message;
use crate::domain::notification::Notification;
use crate::domain::reaction::Reaction;
use crate::store::channels::NewChannel;
use crate::store::conversations::NewDirect;
use crate::store::members::Reading;

/// `messaging.conversation.created.v1`: a direct conversation began.
pub fn direct_created(app: &App, new: &NewDirect, number: i64) -> Event {
    let data = proto::ConversationCreatedV1 {
        conversation_id: new.id.to_string(),
        number,
        kind: ConversationKind::Direct.name().to_owned(),
        created_by: new.created_by.to_string(),
        member_ids: vec![new.pair.first.to_string(), new.pair.second.to_string()],
        created_at: Some(new.created_at.into()),
    };
    let kind = "messaging.conversation.created.v1";
    event(app, kind, new.id, new.created_at, &data)
}

/// `messaging.message.sent.v1`: a message was stored.
pub fn message_sent(
    app: &App,
    message: &Message,
    conversation: ConversationKind,
    mentioned: &[UserId],
) -> Event {
    let data = proto::MessageSentV1 {
        message_id: message.id.to_string(),
        number: message.number,
        conversation_id: message.conversation.to_string(),
        conversation_kind: conversation.name().to_owned(),
        sequence: message.sequence,
        sender_id: text(message.sender),
        receiver_id: text(message.receiver),
        kind: message.kind.name().to_owned(),
        content: message.content.clone(),
        created_at: Some(message.created_at.into()),
        attachments: message
            .attachments
            .iter()
            .cloned()
            .map(Into::into)
            .collect(),
        parent_id: text(message.parent),
        mentioned_ids: mentioned.iter().map(ToString::to_string).collect(),
    };
    let kind = "messaging.message.sent.v1";
    event(app, kind, message.conversation, message.created_at, &data)
}

/// `messaging.message.read.v1`: somebody has read a conversation up to a message.
pub fn message_read(
    app: &App,
    reading: &Reading,
    reader: UserId,
    (message, sequence): (MessageId, i64),
    now: DateTime<Utc>,
) -> Event {
    let data = proto::MessageReadV1 {
        conversation_id: reading.conversation.to_string(),
        conversation_kind: reading.kind.name().to_owned(),
        reader_id: reader.to_string(),
        peer_id: text(reading.peer),
        message_id: message.to_string(),
        sequence,
        read_at: Some(now.into()),
    };
    let kind = "messaging.message.read.v1";
    event(app, kind, reading.conversation, now, &data)
}

/// What is told of a message besides what happened to it: its conversation, and who is in it where that are two.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The conversation.
    pub conversation: ConversationId,
    /// What it is.
    pub kind: ConversationKind,
    /// The two of a direct conversation.
    pub pair: &'a [UserId],
}

impl Around<'_> {
    fn member_ids(&self) -> Vec<String> {
        self.pair.iter().map(ToString::to_string).collect()
    }
}

/// `messaging.message.updated.v1`: a message changed. Why: edited, previewed, pinned or unpinned.
pub fn message_updated(
    app: &App,
    around: &Around<'_>,
    message: Message,
    reason: &str,
    now: DateTime<Utc>,
) -> Event {
    // How far it came is for each to know alone.
    let mut message = proto::Message::from(message);
    message.status = proto::MessageStatus::Unspecified.into();
    let data = proto::MessageUpdatedV1 {
        message: Some(message),
        reason: reason.to_owned(),
        updated_at: Some(now.into()),
        conversation_kind: around.kind.name().to_owned(),
        member_ids: around.member_ids(),
    };
    let kind = "messaging.message.updated.v1";
    event(app, kind, around.conversation, now, &data)
}

/// `messaging.message.deleted.v1`: a message is gone, with its files.
pub fn message_deleted(
    app: &App,
    around: &Around<'_>,
    (message, parent): (Uuid, Option<MessageId>),
    files: &[Uuid],
    (deleted_by, now): (UserId, DateTime<Utc>),
) -> Event {
    let data = proto::MessageDeletedV1 {
        message_id: message.to_string(),
        conversation_id: around.conversation.to_string(),
        conversation_kind: around.kind.name().to_owned(),
        member_ids: around.member_ids(),
        deleted_by: deleted_by.to_string(),
        file_ids: files.iter().map(ToString::to_string).collect(),
        parent_id: text(parent),
        deleted_at: Some(now.into()),
    };
    let kind = "messaging.message.deleted.v1";
    event(app, kind, around.conversation, now, &data)
}

/// `messaging.message.reacted.v1`: somebody reacted to a message.
pub fn message_reacted(
    app: &App,
    around: &Around<'_>,
    (message, author): (MessageId, Option<UserId>),
    reaction: &Reaction,
) -> Event {
    let data = proto::MessageReactedV1 {
        message_id: message.to_string(),
        conversation_id: around.conversation.to_string(),
        conversation_kind: around.kind.name().to_owned(),
        member_ids: around.member_ids(),
        author_id: text(author),
        reaction: Some(reaction.clone().into()),
    };
    let kind = "messaging.message.reacted.v1";
    event(app, kind, around.conversation, reaction.created_at, &data)
}

/// `messaging.message.reaction_removed.v1`: somebody took a reaction back.
pub fn reaction_removed(
    app: &App,
    around: &Around<'_>,
    message: MessageId,
    reaction: &Reaction,
    now: DateTime<Utc>,
) -> Event {
    let data = proto::MessageReactionRemovedV1 {
        message_id: message.to_string(),
        conversation_id: around.conversation.to_string(),
        conversation_kind: around.kind.name().to_owned(),
        member_ids: around.member_ids(),
        reaction: Some(reaction.clone().into()),
        removed_at: Some(now.into()),
    };
    let kind = "messaging.message.reaction_removed.v1";
    event(app, kind, around.conversation, now, &data)
}

/// `messaging.channel.created.v1`: a channel was made.
pub fn channel_created(app: &App, new: &NewChannel, number: i64) -> Event {
    let data = proto::ChannelCreatedV1 {
        channel_id: new.id.to_string(),
        number,
        name: new.name.clone(),
        description: new.description.clone(),
        visibility: new.visibility.name().to_owned(),
        created_by: new.created_by.to_string(),
        created_at: Some(new.created_at.into()),
    };
    let kind = "messaging.channel.created.v1";
    event(app, kind, new.id, new.created_at, &data)
}

/// `messaging.channel.updated.v1`: a channel changed.
pub fn channel_updated(app: &App, channel: &Channel, by: UserId, now: DateTime<Utc>) -> Event {
    let data = proto::ChannelUpdatedV1 {
        channel_id: channel.id.to_string(),
        name: channel.name.clone(),
        description: channel.description.clone(),
        visibility: channel.visibility.name().to_owned(),
        updated_by: by.to_string(),
        updated_at: Some(now.into()),
    };
    let kind = "messaging.channel.updated.v1";
    event(app, kind, channel.id, now, &data)
}

/// `messaging.channel.deleted.v1`: a channel was closed.
pub fn channel_deleted(
    app: &App,
    channel: ConversationId,
    by: UserId,
    now: DateTime<Utc>,
) -> Event {
    let data = proto::ChannelDeletedV1 {
        channel_id: channel.to_string(),
        deleted_by: by.to_string(),
        deleted_at: Some(now.into()),
    };
    let kind = "messaging.channel.deleted.v1";
    event(app, kind, channel, now, &data)
}

/// Somebody's part in a conversation of more than two changed.
#[derive(Debug, Clone, Copy)]
pub struct Membership {
    /// The conversation.
    pub conversation: ConversationId,
    /// What it is.
    pub kind: ConversationKind,
    /// Whose part.
    pub user: UserId,
    /// Who changed it.
    pub by: UserId,
    /// When.
    pub at: DateTime<Utc>,
}

/// `messaging.member.added.v1`: somebody takes part.
pub fn member_added(app: &App, of: &Membership, name: &str, role: MemberRole) -> Event {
    let data = proto::MemberAddedV1 {
        conversation_id: of.conversation.to_string(),
        conversation_kind: of.kind.name().to_owned(),
        conversation_name: name.to_owned(),
        user_id: of.user.to_string(),
        role: role.name().to_owned(),
        added_by: of.by.to_string(),
        added_at: Some(of.at.into()),
    };
    let kind = "messaging.member.added.v1";
    event(app, kind, of.conversation, of.at, &data)
}

/// `messaging.member.removed.v1`: somebody no longer takes part.
pub fn member_removed(app: &App, of: &Membership) -> Event {
    let data = proto::MemberRemovedV1 {
        conversation_id: of.conversation.to_string(),
        conversation_kind: of.kind.name().to_owned(),
        user_id: of.user.to_string(),
        removed_by: of.by.to_string(),
        removed_at: Some(of.at.into()),
    };
    let kind = "messaging.member.removed.v1";
    event(app, kind, of.conversation, of.at, &data)
}

/// `messaging.member.role_changed.v1`: somebody may do more, or less.
pub fn role_changed(app: &App, of: &Membership, role: MemberRole) -> Event {
    let data = proto::MemberRoleChangedV1 {
        conversation_id: of.conversation.to_string(),
        conversation_kind: of.kind.name().to_owned(),
        user_id: of.user.to_string(),
        role: role.name().to_owned(),
        changed_by: of.by.to_string(),
        changed_at: Some(of.at.into()),
    };
    let kind = "messaging.member.role_changed.v1";
    event(app, kind, of.conversation, of.at, &data)
}

/// `messaging.notification.created.v1`: there is something that a person may want to know.
pub fn notification_created(app: &App, notification: &Notification, is_silent: bool) -> Event {
    let data = proto::NotificationCreatedV1 {
        notification_id: notification.id.to_string(),
        number: notification.number,
        user_id: notification.user.to_string(),
        kind: notification.kind.clone(),
        actor_id: text(notification.actor),
        subject_kind: notification.subject_kind.clone(),
        subject_id: notification.subject.to_string(),
        excerpt: notification.excerpt.clone(),
        created_at: Some(notification.created_at.into()),
        conversation_id: text(notification.conversation),
        message_id: text(notification.message),
        conversation_name: notification.conversation_name.clone(),
        is_silent,
    };
    let kind = "messaging.notification.created.v1";
    event(app, kind, notification.user, notification.created_at, &data)
}

fn text(id: Option<impl ToString>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

fn event(
    app: &App,
    kind: &str,
    subject: impl ToString,
    time: DateTime<Utc>,
    data: &impl Serialize,
) -> Event {
    let id = app.random.id(time);
    Event::new(
        id,
        kind,
        "/oruma/messaging",
        subject.to_string(),
        time,
        data,
    )
}
