//! The events of this service, each a versioned message of `proto/oruma/messaging/v1/outbox.proto`. The subject of those of conversations and
//! messages is the conversation, so those of one conversation keep their order; that of a notification is the person.

use chrono::{DateTime, Utc};
use oruma_broker::Event;
use oruma_ids::{MessageId, UserId};
use oruma_proto::messaging::v1 as proto;
use serde::Serialize;

use crate::app::App;
use crate::domain::conversation::ConversationKind;
use crate::domain::message::Message;
use crate::domain::notification::Notification;
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
pub fn message_sent(app: &App, message: &Message, conversation: ConversationKind) -> Event {
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

/// `messaging.notification.created.v1`: there is something that a person may want to know.
pub fn notification_created(app: &App, notification: &Notification) -> Event {
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
