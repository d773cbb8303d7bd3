//! Opening, reading and listing conversations.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::{ConversationId, PageSize, UserId};
use oruma_postgres::Connection;
use oruma_service_runtime::Caller;

use super::{App, signed_in};
use crate::domain::conversation::{Conversation, ConversationKind, Pair};
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::conversations::{Found, NewDirect, Position};

/// Conversations of one page.
const CONVERSATIONS: PageSize = PageSize {
    default: 20,
    most: 100,
};
/// Members that are told of one conversation, and peers of one person.
const MOST_PEOPLE: i64 = 5_000;
/// Larger conversations of one person.
const MOST_MEMBERSHIPS: i64 = 10_000;

/// The direct conversation with somebody, and whether it is new.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] with oneself; [`Error::Blocked`] when there is none yet.
pub async fn open_direct(
    app: &App,
    caller: &Caller,
    other: UserId,
) -> Result<(Conversation, bool), Error> {
    let user = signed_in(caller)?;
    let pair =
        Pair::of(user, other).ok_or_else(|| Error::invalid("user_id", "must be somebody else"))?;
    let mut conn = app.database.writer().await?;
    if let Some(found) = store::conversations::find_direct(&mut conn, pair, user).await? {
        return Ok((found, false));
    }
    conn.transaction(async |conn| {
        if store::blocks::exists(conn, user, other).await? {
            return Err(Error::Blocked);
        }
        let opened = begin_direct(app, conn, pair, user, app.clock.now()).await?;
        let conversation = store::conversations::find_direct(conn, pair, user).await?;
        let conversation = conversation.ok_or(Error::ConversationNotFound)?;
        Ok((conversation, opened.is_some()))
    })
    .await
}

/// Makes the direct conversation of a pair and tells of it; `None` when there was one.
pub(super) async fn begin_direct(
    app: &App,
    conn: &mut Connection,
    pair: Pair,
    created_by: UserId,
    now: DateTime<Utc>,
) -> Result<Option<ConversationId>, Error> {
    let new = NewDirect {
        id: ConversationId::from_uuid(app.random.id(now)),
        pair,
        created_by,
        created_at: now,
    };
    let Some(number) = store::conversations::insert_direct(conn, &new).await? else {
        return Ok(None);
    };
    let event = outbox::direct_created(app, &new, number);
    app.outbox.append(conn, &event).await?;
    Ok(Some(new.id))
}

/// One conversation.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ConversationNotFound`]; [`Error::NotParticipant`].
pub async fn get(app: &App, caller: &Caller, id: ConversationId) -> Result<Conversation, Error> {
    let user = signed_in(caller)?;
    let mut conn = app.database.reader().await?;
    seen(store::conversations::find(&mut conn, id, user).await?)
}

/// What the viewer may see of a conversation.
///
/// # Errors
/// [`Error::ConversationNotFound`]; [`Error::NotParticipant`].
pub(super) fn seen<T>(found: Option<Found<T>>) -> Result<T, Error> {
    match found {
        Some(Found::Seen(seen)) => Ok(seen),
        Some(Found::Foreign) => Err(Error::NotParticipant),
        None => Err(Error::ConversationNotFound),
    }
}

/// A page of the caller's conversations, those with the newest activity first.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] for a negative page size or a broken page token.
pub async fn list(
    app: &App,
    caller: &Caller,
    kinds: &[ConversationKind],
    page_size: i32,
    page_token: &str,
) -> Result<(Vec<Conversation>, String), Error> {
    let user = signed_in(caller)?;
    let size = CONVERSATIONS.of(page_size)?;
    let name = format!("conversations of {user} {kinds:?}");
    let after = app.cursors.after(&name, page_token)?;
    let mut conn = app.database.reader().await?;
    let limit = i64::from(size) + 1;
    let rows = store::conversations::list(&mut conn, user, kinds, after, limit).await?;
    Ok(app.cursors.page(&name, rows, size, Position::of))
}

/// Who takes part in a conversation of the caller.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ConversationNotFound`]; [`Error::NotParticipant`].
pub async fn members(app: &App, caller: &Caller, id: ConversationId) -> Result<Vec<UserId>, Error> {
    let user = signed_in(caller)?;
    let mut conn = app.database.reader().await?;
    seen(store::members::list(&mut conn, id, user, MOST_PEOPLE).await?)
}

/// The conversations but direct ones that a person takes part in, those with the newest activity first.
///
/// # Errors
/// When the database fails.
pub async fn memberships(app: &App, user: UserId) -> Result<Vec<ConversationId>, Error> {
    let mut conn = app.database.reader().await?;
    Ok(store::members::memberships(&mut conn, user, MOST_MEMBERSHIPS).await?)
}

/// Everybody who has a conversation with a person, those with the newest activity first, without those who have blocked the person or were
/// blocked.
///
/// # Errors
/// When the database fails.
pub async fn peers(app: &App, user: UserId) -> Result<Vec<UserId>, Error> {
    let mut conn = app.database.reader().await?;
    Ok(store::members::peers(&mut conn, user, MOST_PEOPLE).await?)
}
