//! What the end of an account means here: the person's events are removed, and registrations, saves, views and reports taken back.

use diesel_async::AsyncConnection;
use oruma_ids::UserId;
use oruma_postgres::StoreError;
use uuid::Uuid;

use super::App;
use crate::outbox;
use crate::store;

/// Rows of one transaction: few enough that nobody waits long for them.
const AT_ONCE: i64 = 100;

/// Removes the traces of a person, some at a time. Doing it again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn follow(app: &App, user: UserId, event: Uuid) -> Result<(), StoreError> {
    app.analytics.forget(user);
    while remove_events(app, user).await? {}
    while take_back(app, user).await? {}
    let mut conn = app.database.writer().await?;
    if app.departures.first_time(&mut conn, event).await? {
        tracing::info!(user.id = %user, "traces of a deleted account removed");
    }
    Ok(())
}

async fn remove_events(app: &App, user: UserId) -> Result<bool, StoreError> {
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let events = store::events::lock_some_of(conn, user, AT_ONCE).await?;
        for event in &events {
            store::events::delete(conn, event.id).await?;
            let fact = outbox::event_deleted(app, event, user, now);
            app.outbox.append(conn, &fact).await?;
        }
        Ok(!events.is_empty())
    })
    .await
}

async fn take_back(app: &App, user: UserId) -> Result<bool, StoreError> {
    let mut conn = app.database.writer().await?;
    let mut taken = store::registrations::take_back_some(&mut conn, user, AT_ONCE).await?;
    taken += app.reports.take_back_some(&mut conn, user, AT_ONCE).await?;
    for mark in [&app.saves, app.analytics.views()] {
        taken += mark.take_back_some(&mut conn, user, AT_ONCE).await?;
    }
    Ok(taken > 0)
}
