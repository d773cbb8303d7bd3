//! Removing files that nothing uses (C-154, C-195), and what is stored of those that are gone.

use diesel_async::AsyncConnection;
use oruma_ids::FileId;

use super::{key, remove};
use crate::app::App;
use crate::app::retention::{BATCH, UPLOADS_TAKE};
use crate::domain::image::Variant;
use crate::error::Error;
use crate::outbox::Removal;
use crate::store;
use crate::store::files::ToErase;

/// Files that nothing uses are gone for readers from now on. Returns how many.
pub(in crate::app) async fn delete_unused(app: &App) -> Result<usize, Error> {
    let now = app.clock.now();
    let before = now - app.config.unused_files_kept;
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let unused = store::files::lock_unused(conn, before, now, BATCH).await?;
        remove(app, conn, &unused, Removal::Unused, now).await?;
        Ok(unused.len())
    })
    .await
}

/// The blobs first, then the row: whatever fails between, the row says that there is something left. Returns how many.
pub(in crate::app) async fn erase(app: &App) -> Result<usize, Error> {
    let before = app.clock.now() - UPLOADS_TAKE;
    let mut conn = app.database.reader().await?;
    conn.transaction(async |conn| {
        let gone = store::files::lock_to_erase(conn, before, BATCH).await?;
        for file in &gone {
            remove_blobs(app, file).await?;
        }
        let ids: Vec<FileId> = gone.iter().map(ToErase::id).collect();
        store::files::erase(conn, &ids).await?;
        Ok(gone.len())
    })
    .await
}

/// Removes what an upload left that failed. What can't be removed now is removed later.
pub(super) async fn forget(app: &App, id: FileId) {
    let forgotten = async {
        let mut conn = app.database.reader().await?;
        conn.transaction(async |conn| {
            if let Some(failed) = store::files::lock_failed(conn, id).await? {
                remove_blobs(app, &failed).await?;
                store::files::erase(conn, &[id]).await?;
            }
            Ok::<_, Error>(())
        })
        .await
    };
    if let Err(error) = forgotten.await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(file.id = %id, error, "a failed upload is left for later");
    }
}

async fn remove_blobs(app: &App, file: &ToErase) -> Result<(), Error> {
    let full = key(file.id(), Variant::Full)?;
    if let Some(ticket) = &file.ticket {
        app.blobs.abandon(&full, ticket).await?;
    }
    app.blobs.delete(&full).await?;
    let thumbnail = key(file.id(), Variant::Thumbnail)?;
    Ok(app.blobs.delete(&thumbnail).await?)
}
