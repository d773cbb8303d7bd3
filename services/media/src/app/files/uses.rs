//! What uses files, as messaging tells, and what becomes of files whose owner is gone.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::{FileId, MessageId, UserId};
use oruma_postgres::Connection;
use uuid::Uuid;

use super::remove;
use crate::app::App;
use crate::error::Error;
use crate::outbox::Removal;
use crate::store;

/// Notes that a message has files, as far as they are there and belong to whoever sent it, unless the event was handled before.
///
/// # Errors
/// When the database fails.
pub async fn message_sent(
    app: &App,
    event: Uuid,
    message: MessageId,
    sender: UserId,
    files: &[FileId],
) -> Result<(), Error> {
    let mut conn = app.database.reader().await?;
    conn.transaction(async |conn| {
        if !app.message_inbox.first_time(conn, event).await? {
            return Ok(());
        }
        let files = store::files::lock(conn, files).await?;
        let own = files.iter().filter(|file| file.owner == sender);
        let own: Vec<FileId> = own.map(|file| file.id).collect();
        store::file_uses::add(conn, &used_by(message), &own).await?;
        Ok(())
    })
    .await
}

/// Removes the files of a message that is gone (C-147), but for those that another message has as well, unless the event was handled before. Whether the
/// message was told of already makes no difference: afterwards there is nothing left for it to use.
///
/// # Errors
/// When the database fails.
pub async fn message_deleted(
    app: &App,
    event: Uuid,
    message: MessageId,
    files: &[FileId],
) -> Result<(), Error> {
    let (now, used_by) = (app.clock.now(), used_by(message));
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        if !app.message_inbox.first_time(conn, event).await? {
            return Ok(());
        }
        let mut ids = store::file_uses::of(conn, &used_by).await?;
        ids.extend(files);
        ids.sort_unstable();
        ids.dedup();
        store::files::lock(conn, &ids).await?;
        let unused = store::file_uses::remove(conn, &used_by, &ids).await?;
        remove(app, conn, &unused, Removal::MessageDeleted, now).await
    })
    .await?;
    app.removals.notify_one();
    Ok(())
}

/// Removes the files of a person whose account ended, but for those that messages have: conversations go on, and their messages stay.
///
/// # Errors
/// When the database fails.
pub(in crate::app) async fn forget_owner(
    app: &App,
    conn: &mut Connection,
    owner: UserId,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    store::files::abandon_storing_of(conn, owner, now).await?;
    let unused = store::files::lock_unused_of(conn, owner).await?;
    remove(app, conn, &unused, Removal::OwnerDeleted, now).await
}

fn used_by(message: MessageId) -> String {
    format!("messaging.message/{message}")
}
