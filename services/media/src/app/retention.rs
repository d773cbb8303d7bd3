//! Removing what is no longer needed: pictures and files that nothing uses, what is stored of those that are gone, and what failed uploads left.

use std::time::Duration;

use chrono::TimeDelta;
use diesel_async::AsyncConnection;
use tokio_util::sync::CancellationToken;

use super::{App, files, uploads};
use crate::error::Error;
use crate::outbox::{Removal, image_deleted};
use crate::store;

const EVERY: Duration = Duration::from_secs(60);
/// Longer than any upload takes from its row to its last file.
pub(super) const UPLOADS_TAKE: TimeDelta = TimeDelta::minutes(15);
/// How long handled events are remembered.
const EVENTS_KEPT: TimeDelta = TimeDelta::days(30);
/// Pictures or files that one transaction removes.
pub(super) const BATCH: i64 = 50;

/// Removes every minute, and at once what this process has just deleted, until `stop`. Several replicas share the work.
pub async fn keep_tidy(app: &App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = app.removals.notified() => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = tidy(app).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "old pictures and files not removed");
        }
    }
}

/// Removes once all that is due.
///
/// # Errors
/// When the database or the store fails. What was removed until then stays removed.
pub async fn tidy(app: &App) -> Result<(), Error> {
    let (mut deleted, mut erased) = (0, 0);
    loop {
        let batch = [
            delete_unused(app).await?,
            files::retention::delete_unused(app).await?,
        ];
        deleted += batch.iter().sum::<usize>();
        if !batch.into_iter().any(is_full) {
            break;
        }
    }
    loop {
        let batch = [erase(app).await?, files::retention::erase(app).await?];
        erased += batch.iter().sum::<usize>();
        if !batch.into_iter().any(is_full) {
            break;
        }
    }
    if deleted + erased > 0 {
        tracing::info!(deleted, erased, "old pictures and files removed");
    }
    let before = app.clock.now() - EVENTS_KEPT;
    let mut conn = app.database.reader().await?;
    for inbox in [
        &app.post_inbox,
        &app.event_inbox,
        &app.item_inbox,
        &app.message_inbox,
        &app.user_inbox,
        &app.avatar_inbox,
    ] {
        inbox.forget_before(&mut conn, before).await?;
    }
    Ok(())
}

/// Whether there may be more.
fn is_full(batch: usize) -> bool {
    i64::try_from(batch).is_ok_and(|batch| batch >= BATCH)
}

/// Pictures that nothing uses are gone for readers from now on.
async fn delete_unused(app: &App) -> Result<usize, Error> {
    let now = app.clock.now();
    let before = now - app.config.orphans_kept;
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let deleted = store::images::delete_orphans(conn, before, now, BATCH).await?;
        for (image, used_before) in &deleted {
            let reason = if *used_before {
                Removal::Unused
            } else {
                Removal::Orphaned
            };
            let event = image_deleted(app, image, reason, now);
            app.outbox.append(conn, &event).await?;
        }
        Ok(deleted.len())
    })
    .await
}

/// The files first, then the row: whatever fails between, the row says that there is something left.
async fn erase(app: &App) -> Result<usize, Error> {
    let before = app.clock.now() - UPLOADS_TAKE;
    let mut conn = app.database.reader().await?;
    conn.transaction(async |conn| {
        let gone = store::images::lock_to_erase(conn, before, BATCH).await?;
        for image in &gone {
            uploads::remove_files(app, image).await?;
        }
        let ids: Vec<_> = gone.iter().map(|image| image.id).collect();
        store::images::erase(conn, &ids).await?;
        Ok(gone.len())
    })
    .await
}
