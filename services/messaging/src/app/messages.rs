//! Sending and reading messages.

use diesel_async::AsyncConnection;
use oruma_ids::{ConversationId, MessageId, PageSize, UserId};
use oruma_postgres::Connection;
use oruma_rpc_error::Violation;
use oruma_service_runtime::Caller;

use super::conversations::{begin_direct, seen};
use super::{App, signed_in};
use crate::domain::conversation::Pair;
use crate::domain::message::{Message, MessageStatus, judge_content};
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::conversations::Found;
use crate::store::members::Delivery;
use crate::store::messages::{Appended, NewMessage};

/// Messages of one page.
const MESSAGES: PageSize = PageSize {
    default: 50,
    most: 100,
};

/// Where a message goes.
#[derive(Debug, Clone, Copy)]
pub enum Destination {
    /// To a conversation, whose other one must be the receiver where one is named.
    Conversation(ConversationId, Option<UserId>),
    /// To the direct conversation with somebody, which is made when there is none.
    Person(UserId),
}

/// Stores a message.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ConversationNotFound`]; [`Error::NotParticipant`]; [`Error::Blocked`]; [`Error::ReceiverGone`];
/// [`Error::Invalid`] for the text, for oneself, and for a receiver who is not the other one of the conversation.
pub async fn send(
    app: &App,
    caller: &Caller,
    destination: Destination,
    content: &str,
) -> Result<Message, Error> {
    let sender = signed_in(caller)?;
    let content = judge_content(content, app.config.message_characters);
    let mut conn = app.database.writer().await?;
    let content = match content {
        Ok(content) => content,
        Err(problem) => {
            // Who may not write there is told so before what is wrong with the text.
            check(&mut conn, sender, destination).await?;
            return Err(Error::invalid("content", problem));
        }
    };
    let now = app.clock.now();
    let new = NewMessage {
        id: MessageId::from_uuid(app.random.id(now)),
        sender,
        content: &content,
        created_at: now,
    };
    conn.transaction(async |conn| {
        let (message, kind) = append(app, conn, destination, &new).await?;
        let event = outbox::message_sent(app, &message, kind);
        app.outbox.append(conn, &event).await?;
        Ok(message)
    })
    .await
}

async fn append(
    app: &App,
    conn: &mut Connection,
    destination: Destination,
    new: &NewMessage<'_>,
) -> Result<Appended, Error> {
    let appended = match destination {
        // One takes part oneself, so the conversation alone would not refuse it.
        Destination::Conversation(_, Some(receiver)) if receiver == new.sender => None,
        Destination::Conversation(id, receiver) => {
            store::messages::append(conn, id, receiver, new).await?
        }
        Destination::Person(receiver) => {
            let pair = pair(new.sender, receiver)?;
            match store::messages::append_direct(conn, pair, new).await? {
                None => append_first(app, conn, pair, receiver, new).await?,
                appended => appended,
            }
        }
    };
    if let Some(appended) = appended {
        return Ok(appended);
    }
    check(conn, new.sender, destination).await?;
    // What stood against it was taken back since.
    Err(Error::Blocked)
}

/// Stores the first message of a direct conversation, which is made for it unless somebody else is just doing so.
async fn append_first(
    app: &App,
    conn: &mut Connection,
    pair: Pair,
    receiver: UserId,
    new: &NewMessage<'_>,
) -> Result<Option<Appended>, Error> {
    if store::blocks::exists(conn, new.sender, receiver).await? {
        return Err(Error::Blocked);
    }
    begin_direct(app, conn, pair, new.sender, new.created_at).await?;
    Ok(store::messages::append_direct(conn, pair, new).await?)
}

fn pair(sender: UserId, receiver: UserId) -> Result<Pair, Error> {
    Pair::of(sender, receiver).ok_or_else(|| Error::Invalid(vec![oneself()]))
}

fn oneself() -> Violation {
    Violation::new("receiver_id", "must be somebody else")
}

/// Says no where the sender may not write.
async fn check(
    conn: &mut Connection,
    sender: UserId,
    destination: Destination,
) -> Result<(), Error> {
    let (id, receiver) = match destination {
        Destination::Conversation(id, receiver) => (id, receiver),
        Destination::Person(receiver) => {
            pair(sender, receiver)?;
            return if store::blocks::exists(conn, sender, receiver).await? {
                Err(Error::Blocked)
            } else {
                Ok(())
            };
        }
    };
    let refusal = store::messages::refusal(conn, id, receiver, sender).await?;
    let refusal = refusal.ok_or(Error::ConversationNotFound)?;
    if !refusal.takes_part {
        return Err(Error::NotParticipant);
    }
    if receiver == Some(sender) {
        return Err(Error::Invalid(vec![oneself()]));
    }
    if !refusal.fits {
        let problem = "is not the other one of this conversation";
        return Err(Error::invalid("receiver_id", problem));
    }
    if refusal.left_alone {
        return Err(Error::ReceiverGone);
    }
    if refusal.is_blocked {
        return Err(Error::Blocked);
    }
    Ok(())
}

/// One message of a conversation of the caller.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::MessageNotFound`]; [`Error::NotParticipant`].
pub async fn get(app: &App, caller: &Caller, id: MessageId) -> Result<Message, Error> {
    let user = signed_in(caller)?;
    let mut conn = app.database.reader().await?;
    match store::messages::find(&mut conn, id, user).await? {
        Some(Found::Seen(message)) => Ok(message),
        Some(Found::Foreign) => Err(Error::NotParticipant),
        None => Err(Error::MessageNotFound),
    }
}

/// A page of a conversation's messages, newest first. They count as delivered to the caller.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ConversationNotFound`]; [`Error::NotParticipant`]; [`Error::Invalid`] for a negative page size or a broken
/// page token.
pub async fn list(
    app: &App,
    caller: &Caller,
    conversation: ConversationId,
    page_size: i32,
    page_token: &str,
) -> Result<(Vec<Message>, String), Error> {
    let user = signed_in(caller)?;
    let name = format!("messages of {conversation}");
    let page = MESSAGES
        .of(page_size)
        .map_err(Error::from)
        .and_then(|size| {
            let before = app.cursors.after(&name, page_token)?;
            Ok((size, before))
        });
    let mut conn = app.database.reader().await?;
    let (size, before) = match page {
        Ok(page) => page,
        Err(error) => {
            // Strangers are told so before what is wrong with the page.
            seen(store::members::list(&mut conn, conversation, user, 0).await?)?;
            return Err(error);
        }
    };
    let limit = i64::from(size) + 1;
    let rows = store::messages::list(&mut conn, conversation, user, before, limit).await?;
    let (mut messages, next) = app
        .cursors
        .page(&name, seen(rows)?, size, |last| last.sequence);
    deliver(&mut conn, user, &mut messages).await?;
    Ok((messages, next))
}

/// Notes that the messages of others reached somebody who has fetched them.
async fn deliver(
    conn: &mut Connection,
    user: UserId,
    messages: &mut [Message],
) -> Result<(), Error> {
    let mut newest = None;
    for message in messages {
        if message.sender != Some(user) && message.status == MessageStatus::Sent {
            message.status = MessageStatus::Delivered;
            newest = newest.max(Some((message.sequence, message.conversation)));
        }
    }
    if let Some((sequence, conversation)) = newest {
        let delivery = Delivery {
            user,
            conversation,
            sequence,
        };
        store::members::deliver(conn, &[delivery]).await?;
    }
    Ok(())
}
