//! What the end of an account means here: its conversations are left, and go when nobody is left in them, or are closed where they are channels; what it
//! said stays with the others, without its name; its names, reactions, notifications, blocks and registrations are removed.

use diesel_async::AsyncConnection;
use oruma_ids::{ConversationId, UserId};
use oruma_postgres::{Connection, StoreError};
use uuid::Uuid;

use super::App;
use crate::domain::conversation::ConversationKind;
use crate::outbox;
use crate::outbox::Membership;
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
    store::people::erase(&mut conn, user, app.clock.now()).await?;
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
        conn.transaction(async |conn| leave(app, conn, *conversation, user).await)
            .await?;
    }
    Ok(!some.is_empty())
}

async fn leave(
    app: &App,
    conn: &mut Connection,
    conversation: ConversationId,
    user: UserId,
) -> Result<(), StoreError> {
    let left = store::departures::leave(conn, conversation, user).await?;
    let Some(kind) = left.filter(|kind| *kind != ConversationKind::Direct) else {
        return Ok(());
    };
    let now = app.clock.now();
    let of = Membership {
        conversation,
        kind,
        user,
        by: user,
        at: now,
    };
    let mut events = vec![outbox::member_removed(app, &of)];
    if store::departures::is_empty_channel(conn, conversation).await? {
        store::channels::close(conn, conversation, now).await?;
        events.push(outbox::channel_deleted(app, conversation, user, now));
    }
    Ok(app.outbox.append_all(conn, &events).await?)
}
