//! Telling people what they may want to know.

use std::collections::HashSet;

use diesel::QueryResult;
use diesel_async::AsyncConnection;
use oruma_broker::{Event, Inbox};
use oruma_ids::{NotificationId, PageSize, UserId};
use oruma_postgres::{Connection, StoreError};
use oruma_service_runtime::Caller;
use uuid::Uuid;

use super::{App, signed_in};
use crate::domain::notification::{News, Notification};
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::notifications::Position;

/// Notifications of one page.
const NOTIFICATIONS: PageSize = PageSize {
    default: 20,
    most: 100,
};
/// Kinds of one list.
const MOST_KINDS: usize = 50;
/// Notifications of one call that notes what was seen.
const MOST_MARKS: usize = 1_000;

/// A page of the caller's notifications, how many of all the caller has not seen, and where the next page begins.
pub type Page = (Vec<Notification>, i64, String);

/// A page of the caller's notifications, newest first; only those of some kinds unless none is named, for the number of those not seen too.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] for a negative page size or a broken page token.
pub async fn list(
    app: &App,
    caller: &Caller,
    (is_unread, kinds): (bool, &[String]),
    page_size: i32,
    page_token: &str,
) -> Result<Page, Error> {
    let user = signed_in(caller)?;
    let size = NOTIFICATIONS.of(page_size)?;
    if kinds.len() > MOST_KINDS {
        return Err(Error::invalid("kinds", "must be at most 50"));
    }
    let name = format!("notifications of {user} {is_unread}{}", kinds.join(" "));
    let after = app.cursors.after(&name, page_token)?;
    let mut conn = app.database.reader().await?;
    let limit = i64::from(size) + 1;
    let (rows, unread) =
        store::notifications::list(&mut conn, user, (is_unread, kinds), after, limit).await?;
    let (page, next) = app.cursors.page(&name, rows, size, Position::of);
    Ok((page, unread, next))
}

/// Notes that the caller has seen some notifications, or all where no ids are given, and returns how many are left. Unknown ones and those of
/// others are passed over.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] for more than 1,000.
pub async fn mark_read(app: &App, caller: &Caller, ids: &[String]) -> Result<i64, Error> {
    let user = signed_in(caller)?;
    if ids.len() > MOST_MARKS {
        return Err(Error::invalid("notification_ids", "must be at most 1000"));
    }
    let known: Vec<Uuid> = ids
        .iter()
        .filter_map(|id| id.parse::<NotificationId>().ok())
        .map(NotificationId::as_uuid)
        .collect();
    let marked = (!ids.is_empty()).then_some(known.as_slice());
    let now = app.clock.now();
    let mut conn = app.database.reader().await?;
    Ok(store::notifications::mark_read(&mut conn, user, marked, now).await?)
}

/// Tells people the news of one event, each at most once: of several news for one person the first. Doing it again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn tell(
    app: &App,
    inbox: &Inbox,
    event: Uuid,
    news: &[(News, UserId)],
) -> Result<(), StoreError> {
    let each = news.iter().map(|(news, user)| (news.clone(), vec![*user]));
    tell_all(app, inbox, event, &each.collect::<Vec<_>>()).await
}

/// Tells the news of one event to several people each, as [`tell`] does.
///
/// # Errors
/// [`StoreError`].
pub async fn tell_all(
    app: &App,
    inbox: &Inbox,
    event: Uuid,
    news: &[(News, Vec<UserId>)],
) -> Result<(), StoreError> {
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        if !inbox.first_time(conn, event).await? {
            return Ok(());
        }
        let mut told = HashSet::new();
        for (news, users) in news {
            let new: Vec<UserId> = users
                .iter()
                .filter(|user| told.insert(**user))
                .copied()
                .collect();
            notify(app, conn, news, &new).await?;
        }
        Ok(())
    })
    .await
}

/// Stores a notification for each of some people, but for those whom it must not reach or has reached, and tells of it.
pub(super) async fn notify(
    app: &App,
    conn: &mut Connection,
    news: &News,
    users: &[UserId],
) -> QueryResult<()> {
    if users.is_empty() {
        return Ok(());
    }
    let with_id = |user: &UserId| {
        let id = NotificationId::from_uuid(app.random.id(news.at));
        (id, *user)
    };
    let told: Vec<_> = users.iter().map(with_id).collect();
    let notifications = store::notifications::insert(conn, news, &told).await?;
    if notifications.is_empty() {
        return Ok(());
    }
    let users: Vec<UserId> = notifications.iter().map(|one| one.user).collect();
    let wishes = store::notification_settings::wishes(conn, &users, news.conversation()).await?;
    let now = app.clock.now();
    let events: Vec<Event> = notifications
        .iter()
        .map(|notification| {
            let wish = wishes.get(&notification.user);
            let is_silent = wish.is_some_and(|wish| wish.silences(news.kind, now));
            outbox::notification_created(app, notification, is_silent)
        })
        .collect();
    app.outbox.append_all(conn, &events).await
}
