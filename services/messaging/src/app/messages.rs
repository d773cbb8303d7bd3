//! Reading messages (C-024, K-21).

use oruma_ids::{ConversationId, MessageId, PageSize, UserId};
use oruma_postgres::Connection;
use oruma_service_runtime::Caller;

use super::conversations::seen;
use super::{App, deliveries, signed_in};
use crate::domain::message::{Message, MessageStatus};
use crate::error::Error;
use crate::store;
use crate::store::conversations::Found;
use crate::store::members::Delivery;
use crate::store::messages::{Looked, Place};

/// Messages of one page.
const MESSAGES: PageSize = PageSize {
    default: 50,
    most: 100,
};

/// One message of a conversation of the caller.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::MessageNotFound`]; [`Error::NotParticipant`].
pub async fn get(app: &App, caller: &Caller, id: MessageId) -> Result<Message, Error> {
    let user = signed_in(caller)?;
    let mut conn = app.database.reader().await?;
    Ok(look(&mut conn, None, id, user).await?.message)
}

/// A message as somebody sees it, who must take part in its conversation, which may be named too.
///
/// # Errors
/// [`Error::MessageNotFound`]; [`Error::NotParticipant`].
pub(super) async fn look(
    conn: &mut Connection,
    conversation: Option<ConversationId>,
    id: MessageId,
    user: UserId,
) -> Result<Looked, Error> {
    let looked = match store::messages::find(conn, id, user).await? {
        Some(Found::Seen(looked)) => looked,
        Some(Found::Foreign) => return Err(Error::NotParticipant),
        None => return Err(Error::MessageNotFound),
    };
    if conversation.is_some_and(|named| named != looked.message.conversation) {
        return Err(Error::MessageNotFound);
    }
    Ok(looked)
}

/// Which messages of a conversation somebody wants to read.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// How many at the most; 0 for as many as usual.
    pub page_size: i32,
    /// Where the page before ended; empty for the first.
    pub page_token: String,
    /// Only those before this message.
    pub before: Option<MessageId>,
    /// Only those after this message.
    pub after: Option<MessageId>,
    /// Whether they count as read, and those before them too.
    pub mark_read: bool,
}

/// A page of a conversation's messages, newest first. They count as delivered to the caller, or as read.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ConversationNotFound`]; [`Error::NotParticipant`]; [`Error::MessageNotFound`] for a message that is not in it;
/// [`Error::Invalid`] for a negative page size, a broken page token, and more than one of the places where a page can be.
pub async fn list(
    app: &App,
    caller: &Caller,
    conversation: ConversationId,
    wanted: &Wanted,
) -> Result<(Vec<Message>, String), Error> {
    let user = signed_in(caller)?;
    let name = format!("messages of {conversation}");
    let page = MESSAGES.of(wanted.page_size).map_err(Error::from);
    let page = page.and_then(|size| Ok((size, token(app, &name, wanted)?)));
    let mut conn = app.database.writer().await?;
    let (size, token) = match page {
        Ok(page) => page,
        Err(error) => {
            // Strangers are told so before what is wrong with the page.
            seen(store::members::list(&mut conn, conversation, user, 0).await?)?;
            return Err(error);
        }
    };
    let place = match token {
        Some(place) => place,
        None => place(&mut conn, conversation, user, wanted).await?,
    };
    let limit = i64::from(size) + 1;
    let rows = store::messages::list(&mut conn, conversation, user, place, limit).await?;
    let (mut messages, next) = app
        .cursors
        .page(&name, seen(rows)?, size, |last| match place {
            Place::Before(_) => Place::Before(last.sequence),
            Place::After(_) => Place::After(last.sequence),
        });
    messages.sort_unstable_by_key(|message| std::cmp::Reverse(message.sequence));
    let reached = arrived(user, &mut messages);
    if wanted.mark_read {
        if let Some(newest) = messages.first() {
            let sequence = newest.sequence;
            deliveries::read_up_to_place(app, &mut conn, user, conversation, sequence).await?;
        }
    } else if let Some(sequence) = reached {
        let delivery = Delivery {
            user,
            conversation,
            sequence,
        };
        store::members::deliver(&mut conn, &[delivery]).await?;
    }
    Ok((messages, next))
}

/// Where a page token leads; none for an empty one.
fn token(app: &App, name: &str, wanted: &Wanted) -> Result<Option<Place>, Error> {
    let named = [
        wanted.before.is_some(),
        wanted.after.is_some(),
        !wanted.page_token.is_empty(),
    ];
    if named.into_iter().filter(|named| *named).count() > 1 {
        let field = if wanted.page_token.is_empty() {
            "after_id"
        } else {
            "page_token"
        };
        return Err(Error::invalid(field, "must not be beside another place"));
    }
    Ok(app.cursors.after(name, &wanted.page_token)?)
}

async fn place(
    conn: &mut Connection,
    conversation: ConversationId,
    user: UserId,
    wanted: &Wanted,
) -> Result<Place, Error> {
    let (message, place): (_, fn(i64) -> Place) = match (wanted.before, wanted.after) {
        (Some(before), _) => (before, Place::Before),
        (None, Some(after)) => (after, Place::After),
        (None, None) => return Ok(Place::Before(i64::MAX)),
    };
    match store::messages::place_of(conn, conversation, message).await? {
        Some(sequence) => Ok(place(sequence)),
        None => {
            seen(store::members::list(conn, conversation, user, 0).await?)?;
            Err(Error::MessageNotFound)
        }
    }
}

/// Notes that messages of others reached somebody who has fetched them, and returns the place of the newest for which that is news.
fn arrived(user: UserId, messages: &mut [Message]) -> Option<i64> {
    let mut newest = None;
    for message in messages {
        if message.sender != Some(user) && message.status == MessageStatus::Sent {
            message.status = MessageStatus::Delivered;
            newest = newest.max(Some(message.sequence));
        }
    }
    newest
}
