//! Following who is registered for which event, and telling them what becomes of it.

use diesel_async::AsyncConnection;
use oruma_ids::{EventId, UserId};
use oruma_postgres::StoreError;
use uuid::Uuid;

use super::App;
use super::notifications::notify;
use crate::domain::notification::News;
use crate::store;
use crate::store::registrations::Registration;

/// People who are told in one transaction: few enough that nobody waits long for it.
const AT_ONCE: i64 = 200;

/// Keeps that somebody registered or took it back, and tells somebody of it where there is news. Doing it again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn follow(
    app: &App,
    event: Uuid,
    registration: &Registration,
    news: Option<&(News, UserId)>,
) -> Result<(), StoreError> {
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        if !app.inboxes.events.first_time(conn, event).await? {
            return Ok(());
        }
        store::registrations::set(conn, registration).await?;
        if let Some((news, organizer)) = news {
            notify(app, conn, news, &[*organizer]).await?;
        }
        Ok(())
    })
    .await
}

/// Tells all who are registered for an event, some at a time. Doing it again tells only those who were not told.
///
/// # Errors
/// [`StoreError`].
pub async fn tell(app: &App, registered_for: EventId, news: &News) -> Result<(), StoreError> {
    let mut conn = app.database.writer().await?;
    let mut after = Some(UserId::from_uuid(Uuid::nil()));
    while let Some(last) = after {
        after = conn
            .transaction(async |conn| {
                let users =
                    store::registrations::some_after(conn, registered_for, last, AT_ONCE).await?;
                notify(app, conn, news, &users).await?;
                Ok::<_, StoreError>(users.last().copied())
            })
            .await?;
    }
    app.inboxes.events.first_time(&mut conn, news.event).await?;
    Ok(())
}

/// Forgets who was registered for an event that is gone.
///
/// # Errors
/// [`StoreError`].
pub async fn forget(app: &App, event: Uuid, gone: EventId) -> Result<(), StoreError> {
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        if app.inboxes.events.first_time(conn, event).await? {
            store::registrations::delete(conn, gone).await?;
        }
        Ok(())
    })
    .await
}
