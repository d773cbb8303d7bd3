//! Changing, removing and pinning messages (C-026, C-027, C-030, C-031, C-146, C-147, C-149, K-20).

use diesel_async::AsyncConnection;
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_postgres::Connection;
use oruma_service_runtime::Caller;
use uuid::Uuid;

use super::messages::look;
use super::system::{Act, say};
use super::{App, people, previews, signed_in};
use crate::domain::channel::MemberRole;
use crate::domain::conversation::ConversationKind;
use crate::domain::message::{Message, MessageKind, judge_content};
use crate::error::Error;
use crate::outbox;
use crate::outbox::Around;
use crate::store;
use crate::store::messages::Looked;

/// Messages that can be pinned to one conversation.
const MOST_PINS: i64 = 10;

/// A message as somebody sees it, whose conversation is locked until the end of the transaction: what is told of one conversation keeps its order.
pub(super) async fn changeable(
    conn: &mut Connection,
    conversation: Option<ConversationId>,
    id: MessageId,
    user: UserId,
) -> Result<Looked, Error> {
    let found = look(conn, conversation, id, user).await?;
    if !store::revisions::lock(conn, found.message.conversation).await? {
        return Err(Error::MessageNotFound);
    }
    // Again: others may have changed it meanwhile.
    look(conn, conversation, id, user).await
}

/// What is told of a message besides what happened to it.
pub(super) fn around(looked: &Looked) -> Around<'_> {
    Around {
        conversation: looked.message.conversation,
        kind: looked.kind,
        pair: &looked.pair,
    }
}

/// Says no where one of the two of a direct conversation has blocked the other.
pub(super) async fn not_blocked(conn: &mut Connection, looked: &Looked) -> Result<(), Error> {
    if let [one, other] = looked.pair.as_slice()
        && store::blocks::exists(conn, *one, *other).await?
    {
        return Err(Error::Blocked);
    }
    Ok(())
}

/// Changes the text of a message of the caller. The same text again changes nothing.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::MessageNotFound`]; [`Error::NotParticipant`]; [`Error::NotMessageAuthor`]; [`Error::EditWindowOver`];
/// [`Error::Blocked`]; [`Error::Invalid`] for the text.
pub async fn edit(
    app: &App,
    caller: &Caller,
    conversation: Option<ConversationId>,
    id: MessageId,
    content: &str,
) -> Result<Message, Error> {
    let user = signed_in(caller)?;
    let content = judge_content(content, app.config.message_characters);
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    let edited = conn.transaction(async |conn| {
        let looked = changeable(conn, conversation, id, user).await?;
        if !is_author(&looked, user) {
            return Err(Error::NotMessageAuthor);
        }
        if now - looked.message.created_at > app.config.edit_window {
            return Err(Error::EditWindowOver);
        }
        not_blocked(conn, &looked).await?;
        let content = content.map_err(|problem| Error::invalid("content", problem))?;
        if content == looked.message.content {
            return Ok(looked.message);
        }
        store::revisions::edit(conn, id, &content, now).await?;
        previews::forget(conn, id).await?;
        previews::want(app, conn, id, &content, now).await?;
        let message = Message {
            content,
            edited_at: Some(now),
            preview: None,
            ..looked.message.clone()
        };
        tell(app, conn, &looked, message.clone(), "edited").await?;
        Ok(message)
    });
    let message = edited.await?;
    previews::wake(app, &message.content);
    Ok(message)
}

async fn tell(
    app: &App,
    conn: &mut Connection,
    looked: &Looked,
    message: Message,
    reason: &str,
) -> Result<(), Error> {
    let now = app.clock.now();
    let event = outbox::message_updated(app, &around(looked), message, reason, now);
    app.outbox.append(conn, &event).await?;
    Ok(())
}

/// Whether somebody wrote it: who acted did not write what the conversation says of it.
fn is_author(looked: &Looked, user: UserId) -> bool {
    looked.message.sender == Some(user) && looked.message.kind == MessageKind::Text
}

/// Removes a message, its files and, where it began one, its thread.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::MessageNotFound`]; [`Error::NotParticipant`]; [`Error::NotMessageAuthor`].
pub async fn delete(
    app: &App,
    caller: &Caller,
    conversation: Option<ConversationId>,
    id: MessageId,
) -> Result<(), Error> {
    let user = signed_in(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let looked = changeable(conn, conversation, id, user).await?;
        let is_admin = looked.kind == ConversationKind::Channel && looked.role == MemberRole::Admin;
        if !is_admin && !is_author(&looked, user) {
            return Err(Error::NotMessageAuthor);
        }
        let gone = store::revisions::delete(conn, id, user, now).await?;
        let files = store::attachments::delete_of(conn, &gone).await?;
        store::revisions::without_files(conn, &gone).await?;
        let mut events = Vec::new();
        for message in gone {
            let own = files.iter().filter(|(of, _)| *of == message);
            let own: Vec<Uuid> = own.map(|(_, file)| *file).collect();
            let is_named = message == id.as_uuid();
            // Of a thread that goes with its beginning only the files are told.
            if is_named || !own.is_empty() {
                let parent = if is_named {
                    looked.message.parent
                } else {
                    Some(id)
                };
                let about = (message, parent);
                let by = (user, now);
                events.push(outbox::message_deleted(
                    app,
                    &around(&looked),
                    about,
                    &own,
                    by,
                ));
            }
        }
        app.outbox.append_all(conn, &events).await?;
        Ok(())
    })
    .await
}

/// Pins a message to its conversation, or takes it off. What changes nothing is told to nobody.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::MessageNotFound`]; [`Error::NotParticipant`]; [`Error::NotChannelAdmin`]; [`Error::Blocked`];
/// [`Error::TooManyPins`]; [`Error::AuthUnavailable`].
pub async fn set_pinned(
    app: &App,
    caller: &Caller,
    conversation: Option<ConversationId>,
    id: MessageId,
    is_pinned: bool,
) -> Result<(), Error> {
    let user = signed_in(caller)?;
    let name = people::name(app, caller, user).await?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let looked = changeable(conn, conversation, id, user).await?;
        if looked.kind != ConversationKind::Direct && looked.role != MemberRole::Admin {
            return Err(Error::NotChannelAdmin);
        }
        not_blocked(conn, &looked).await?;
        if looked.message.is_pinned == is_pinned {
            return Ok(());
        }
        let id_of_it = looked.message.conversation;
        if is_pinned && store::revisions::pins(conn, id_of_it).await? >= MOST_PINS {
            return Err(Error::TooManyPins);
        }
        store::revisions::set_pinned(conn, id, is_pinned.then_some(now)).await?;
        let done = if is_pinned { "pinned" } else { "unpinned" };
        let message = Message {
            is_pinned,
            ..looked.message.clone()
        };
        tell(app, conn, &looked, message, done).await?;
        let act = Act {
            conversation: id_of_it,
            kind: looked.kind,
            receiver: looked.pair.get(1).copied(),
            actor: user,
            now,
            texts: &[format!("{name} {done} a message")],
        };
        let said = say(app, conn, &act).await?;
        app.outbox.append_all(conn, &said).await?;
        Ok(())
    })
    .await
}
