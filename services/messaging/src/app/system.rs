//! What a conversation says itself, such as that somebody joined (C-131, C-133, C-135 to C-137, C-149).

use chrono::{DateTime, Utc};
use oruma_broker::Event;
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_postgres::Connection;

use super::App;
use crate::domain::conversation::ConversationKind;
use crate::error::Error;
use crate::outbox;
use crate::store;

/// Who acted in which conversation, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Act<'a> {
    /// The conversation, whose lock is held.
    pub(super) conversation: ConversationId,
    /// What it is.
    pub(super) kind: ConversationKind,
    /// The other one of a direct conversation.
    pub(super) receiver: Option<UserId>,
    /// Who acted.
    pub(super) actor: UserId,
    /// Now.
    pub(super) now: DateTime<Utc>,
    /// What is said of it, in this order.
    pub(super) texts: &'a [String],
}

/// Stores what is said of an act, and returns the events that tell of it.
pub(super) async fn say(
    app: &App,
    conn: &mut Connection,
    act: &Act<'_>,
) -> Result<Vec<Event>, Error> {
    let with_id = |text: &String| (MessageId::from_uuid(app.random.id(act.now)), text.clone());
    let said: Vec<_> = act.texts.iter().map(with_id).collect();
    let messages =
        store::messages::append_system(conn, act.conversation, act.actor, &said, act.now).await?;
    Ok(messages
        .into_iter()
        .map(|mut message| {
            message.receiver = act.receiver;
            outbox::message_sent(app, &message, act.kind, &[])
        })
        .collect())
}
