//! What the end of an account means here: its conversations are left, and go when nobody is left in them; what it said stays with the others,
//! without its name; its notifications, blocks and registrations are removed.

use diesel_async::AsyncConnection;
use oruma_ids::UserId;
use oruma_postgres::StoreError;
use uuid::Uuid;

use super::App;
use crate::store;

/// Rows of one statement: few enough that nobody waits long for them.
const AT_ONCE: i64 = 500;

/// Removes the traces of a person, some at a time. Doing it again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn follow(app: &App, user: UserId, event: Uuid) -> Result<(), StoreError> {
    while leave_some(app, user).await? {}
    let mut conn = app.database.writer().await?;
    while store::departures::forget_some(&mut conn, user, AT_ONCE).await? > 0 {}
    if app.inboxes.departures.first_time(&mut conn, event).await? {
        tracing::info!(user.id = %user, "traces of a deleted account removed");
    }
    Ok(())
}

/// Each conversation in a transaction of its own, so that no two locks are held at once.
async fn leave_some(app: &App, user: UserId) -> Result<bool, StoreError> {
    let mut conn = app.database.writer().await?;
    let some = store::departures::some_conversations(&mut conn, user, AT_ONCE).await?;
    for conversation in &some {
        conn.transaction(async |conn| store::departures::leave(conn, *conversation, user).await)
            .await?;
    }
    Ok(!some.is_empty())
}
