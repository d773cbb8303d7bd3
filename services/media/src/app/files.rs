//! What people do with files of any kind.

pub mod retention;
pub mod uploads;
pub mod uses;

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncConnection;
use oruma_blob::{Blob, BlobError, BlobKey, ByteRange};
use oruma_ids::FileId;
use oruma_rpc_error::Violation;
use oruma_service_runtime::Caller;

use super::App;
use crate::domain::file::{self, File};
use crate::domain::image::{StoredFile, Variant};
use crate::error::Error;
use crate::outbox::{Removal, file_deleted};
use crate::store;

/// How many files one call may name.
const MOST_FILES: usize = 20;
/// How far ahead a claim may hold: a scheduled message is due within a year.
const LONGEST_CLAIM: TimeDelta = TimeDelta::days(400);

/// A file that is given out, or its small picture.
pub struct Reading {
    /// The file.
    pub file: File,
    /// Which of its blobs.
    pub variant: Variant,
    /// What is known of that.
    pub stored: StoredFile,
    /// The bytes.
    pub blob: Blob,
}

/// Opens a file or its small picture, or a part of one. Whoever has the address may.
///
/// # Errors
/// [`Error::FileNotFound`], also for what is being stored, was deleted, or has no small picture; [`Error::RangeNotSatisfiable`].
pub async fn open(
    app: &App,
    id: &str,
    variant: Variant,
    range: Option<ByteRange>,
) -> Result<Reading, Error> {
    let id: FileId = id.parse().map_err(|_| Error::FileNotFound)?;
    let found = {
        let mut conn = app.database.reader().await?;
        store::files::find_stored(&mut conn, id).await?
    };
    let file = found.ok_or(Error::FileNotFound)?;
    let stored = match variant {
        Variant::Full => Some(file.full),
        Variant::Thumbnail => file.thumbnail,
    };
    let stored = stored.ok_or(Error::FileNotFound)?;
    let range = match range {
        None => None,
        Some(range) => {
            let (first, length) = range.within(stored.size)?;
            Some(ByteRange::Between(first, first + length - 1))
        }
    };
    let got = app.blobs.get(&key(id, variant)?, range).await;
    let blob = got.map_err(|error| match error {
        BlobError::NotFound => {
            tracing::error!(file.id = %id, "the blob of a file is lost");
            Error::FileNotFound
        }
        error => error.into(),
    })?;
    Ok(Reading {
        file,
        variant,
        stored,
        blob,
    })
}

/// Makes sure that the files are the caller's own, and keeps them from being removed as unused: for the usual time from now, and until `keep_until` if that is
/// later.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] naming each `attachments[N]` that is not there, or `keep_until`; [`Error::NotYourFile`].
pub async fn claim(
    app: &App,
    caller: &Caller,
    ids: &[String],
    keep_until: Option<DateTime<Utc>>,
) -> Result<Vec<File>, Error> {
    let owner = caller.user().ok_or(Error::NotSignedIn)?;
    if ids.len() > MOST_FILES {
        return Err(Error::invalid("attachments", "must be at most 20"));
    }
    let now = app.clock.now();
    if keep_until.is_some_and(|until| until > now + LONGEST_CLAIM) {
        return Err(Error::invalid("keep_until", "must be within 400 days"));
    }
    let named: Vec<Option<FileId>> = ids.iter().map(|id| id.parse().ok()).collect();
    let known: Vec<FileId> = named.iter().flatten().copied().collect();
    let mut conn = app.database.reader().await?;
    conn.transaction(async |conn| {
        let files = store::files::lock(conn, &known).await?;
        if files.iter().any(|file| file.owner != owner) {
            return Err(Error::NotYourFile);
        }
        let mut claimed = Vec::with_capacity(named.len());
        let mut violations = Vec::new();
        for (position, id) in named.iter().enumerate() {
            match files.iter().find(|file| Some(file.id) == *id) {
                Some(file) => claimed.push(file.clone()),
                None => violations.push(Violation::new(
                    format!("attachments[{position}]"),
                    "is not a file that you uploaded",
                )),
            }
        }
        if !violations.is_empty() {
            return Err(Error::Invalid(violations));
        }
        store::files::claim(conn, &known, keep_until, now).await?;
        Ok(claimed)
    })
    .await
}

/// Removes a file of the caller's, used or not (C-035, C-155). It is gone for readers at once.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::FileNotFound`]; [`Error::NotYourFile`] for everybody but who uploaded it.
pub async fn delete(app: &App, caller: &Caller, id: &str) -> Result<(), Error> {
    let owner = caller.user().ok_or(Error::NotSignedIn)?;
    let id: FileId = id.parse().map_err(|_| Error::FileNotFound)?;
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let found = store::files::lock(conn, &[id]).await?;
        let file = found.first().ok_or(Error::FileNotFound)?;
        if file.owner != owner {
            return Err(Error::NotYourFile);
        }
        remove(app, conn, &[id], Removal::Deleted, app.clock.now()).await
    })
    .await?;
    app.removals.notify_one();
    Ok(())
}

/// Removes those of the files that are there, and tells of each. Who calls it has them locked.
async fn remove(
    app: &App,
    conn: &mut oruma_postgres::Connection,
    ids: &[FileId],
    reason: Removal,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    for file in store::files::delete(conn, ids, now).await? {
        let event = file_deleted(app, &file, reason, now);
        app.outbox.append(conn, &event).await?;
    }
    Ok(())
}

/// Where the store keeps a file or its small picture.
fn key(id: FileId, variant: Variant) -> Result<BlobKey, Error> {
    file::key(id, variant).map_err(Error::internal)
}
