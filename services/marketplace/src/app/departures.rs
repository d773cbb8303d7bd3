//! What the end of an account means here: items, saves, views, reports and what buyers said of the person are removed; what the person said of
//! sales stays without name, and sales to the person too.

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
    while remove_items(app, user).await? {}
    while take_back_marks(app, user).await? {}
    while forget_name(app, user).await? {}
    let mut conn = app.database.writer().await?;
    // After the items: no more reviews can come.
    store::reviews::delete_seller(&mut conn, user).await?;
    if app.departures.first_time(&mut conn, event).await? {
        tracing::info!(user.id = %user, "traces of a deleted account removed");
    }
    Ok(())
}

async fn remove_items(app: &App, user: UserId) -> Result<bool, StoreError> {
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let items = store::items::lock_some_of(conn, user, AT_ONCE).await?;
        for item in &items {
            store::items::delete(conn, item.id).await?;
            let event = outbox::item_deleted(app, item, user, now);
            app.outbox.append(conn, &event).await?;
        }
        Ok(!items.is_empty())
    })
    .await
}

async fn take_back_marks(app: &App, user: UserId) -> Result<bool, StoreError> {
    let mut conn = app.database.writer().await?;
    let mut taken = 0;
    for mark in [&app.saves, app.analytics.views()] {
        taken += mark.take_back_some(&mut conn, user, AT_ONCE).await?;
    }
    Ok(taken > 0)
}

async fn forget_name(app: &App, user: UserId) -> Result<bool, StoreError> {
    let mut conn = app.database.writer().await?;
    let reviews = store::reviews::forget_reviewer(&mut conn, user, AT_ONCE).await?;
    let reports = app.reports.take_back_some(&mut conn, user, AT_ONCE).await?;
    let sales = store::items::forget_buyer(&mut conn, user, AT_ONCE).await?;
    Ok(reviews + reports + sales > 0)
}
