//! What uses pictures, as other services tell, and what becomes of pictures whose owner is gone.

use chrono::TimeDelta;
use diesel_async::AsyncConnection;
use oruma_broker::Inbox;
use oruma_ids::{ImageId, UserId};
use uuid::Uuid;

use super::{App, files};
use crate::domain::image::{ImagePath, Variant};
use crate::error::Error;
use crate::outbox::{Removal, image_deleted};
use crate::store;

/// How long a picture outlives its last use.
const LATE_USES: TimeDelta = TimeDelta::minutes(5);

/// Pictures that something uses now.
#[derive(Debug)]
pub struct Uses {
    /// What uses them, such as `social.post/<id>`.
    pub used_by: String,
    /// Whose they must be; others can't be used.
    pub owner: UserId,
    /// Their paths; what is no path of a picture is left out.
    pub paths: Vec<String>,
}

/// Notes what something uses from now on, unless `inbox` knows the event from before.
///
/// # Errors
/// When the database fails.
pub async fn note(app: &App, inbox: &Inbox, event: Uuid, uses: &Uses) -> Result<(), Error> {
    let paths = uses.paths.iter().filter_map(|path| path.parse().ok());
    let ids: Vec<ImageId> = paths
        .filter(|path: &ImagePath| path.variant == Variant::Full)
        .map(|path| path.id)
        .collect();
    // As if it were unused for long already, but for the time in which another post may yet tell that it shows the same picture.
    let unused_since = app.clock.now() - app.config.orphans_kept + LATE_USES;
    let mut conn = app.database.reader().await?;
    conn.transaction(async |conn| {
        if inbox.first_time(conn, event).await? {
            store::uses::replace(conn, &uses.used_by, uses.owner, &ids, unused_since).await?;
        }
        Ok(())
    })
    .await
}

/// Removes all pictures of a person whose account ended, and the files that nothing uses, unless the event was handled before. They are gone for readers
/// at once.
///
/// # Errors
/// When the database fails.
pub async fn forget_owner(app: &App, event: Uuid, owner: UserId) -> Result<(), Error> {
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        if !app.user_inbox.first_time(conn, event).await? {
            return Ok(());
        }
        files::uses::forget_owner(app, conn, owner, now).await?;
        store::images::delete_storing_of(conn, owner, now).await?;
        for image in store::images::delete_stored_of(conn, owner, now).await? {
            let event = image_deleted(app, &image, Removal::OwnerDeleted, now);
            app.outbox.append(conn, &event).await?;
        }
        Ok::<_, Error>(())
    })
    .await?;
    app.removals.notify_one();
    Ok(())
}
