//! Taking files of any kind in.
//!
//! The row first, then the bytes as they come, then what they are, then the word that they are there: whatever fails between, the row says what may be left
//! over, and [`super::retention`] removes it. Nobody gets a file before that word.

use std::io;

use bytes::Bytes;
use diesel_async::AsyncConnection;
use futures::{Stream, StreamExt, TryStreamExt};
use oruma_blob::Content;
use oruma_ids::FileId;
use oruma_service_runtime::Caller;
use sha2::{Digest, Sha256};

use super::{key, retention};
use crate::app::App;
use crate::app::uploads::spool;
use crate::domain::file::{File, NewFile};
use crate::domain::file_name::FileName;
use crate::domain::file_type::{FileType, Inspection};
use crate::domain::image::{StoredFile, Variant};
use crate::error::Error;
use crate::{outbox, scanner, store};

/// Uploads that may be under way in one process: each holds up to one part of 5 MiB in memory.
pub const FILES_AT_ONCE: usize = 32;
/// What callers call the file.
const FIELD: &str = "files";
/// As what the store knows every file, so that whoever reads the bucket directly runs none.
const STORED_AS: &str = "application/octet-stream";

/// What has come.
struct Received {
    full: StoredFile,
    file_type: FileType,
}

/// Takes in one file (C-034, C-152, C-153).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] naming `files` for an empty one; [`Error::FileTooLarge`], [`Error::Infected`], [`Error::TooSlow`],
/// [`Error::Overloaded`].
pub async fn upload(
    app: &App,
    caller: &Caller,
    name: &str,
    chunks: impl Stream<Item = Result<Bytes, Error>>,
) -> Result<File, Error> {
    let owner = caller.user().ok_or(Error::NotSignedIn)?;
    let place = app.file_places.try_acquire();
    let _place = place.map_err(|_| Error::Overloaded)?;
    let now = app.clock.now();
    let new = NewFile {
        id: FileId::from_uuid(app.random.id(now)),
        owner,
        name: FileName::of(name),
        created_at: now,
    };
    let taken = take(app, &new, chunks).await;
    if taken.is_err() {
        retention::forget(app, new.id).await;
    }
    taken
}

async fn take(
    app: &App,
    new: &NewFile,
    chunks: impl Stream<Item = Result<Bytes, Error>>,
) -> Result<File, Error> {
    let received = tokio::time::timeout(app.config.upload_timeout, receive(app, new, chunks));
    let Received { full, file_type } = received.await.map_err(|_| Error::TooSlow)??;
    scan(app, new.id).await?;
    let thumbnail = thumbnail(app, new.id, &file_type).await?;
    let file = File {
        id: new.id,
        owner: new.owner,
        name: new.name.clone(),
        file_type,
        full,
        thumbnail: match thumbnail {
            Some(bytes) => Some(keep_thumbnail(app, new.id, bytes).await?),
            None => None,
        },
        created_at: new.created_at,
    };
    if !tell(app, &file).await? {
        return Err(Error::unavailable("the account ended during the upload"));
    }
    Ok(file)
}

/// Hands the bytes to the store as they come.
async fn receive(
    app: &App,
    new: &NewFile,
    chunks: impl Stream<Item = Result<Bytes, Error>>,
) -> Result<Received, Error> {
    let most_bytes = app.config.most_file_bytes;
    let key = key(new.id, Variant::Full)?;
    let mut writer = app.blobs.begin(&key, STORED_AS).await?;
    let mut is_noted = writer.ticket().is_some();
    let mut conn = app.database.reader().await?;
    store::files::insert(&mut conn, new, writer.ticket()).await?;
    // Files take their time, and others need the connection.
    drop(conn);
    let (mut size, mut digest, mut inspection) = (0, Sha256::new(), Inspection::default());
    let mut chunks = std::pin::pin!(chunks);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        size += chunk.len() as u64;
        if size > most_bytes {
            let field = FIELD;
            return Err(Error::FileTooLarge { most_bytes, field });
        }
        digest.update(&chunk);
        inspection.see(&chunk);
        writer.write(chunk).await?;
        if let Some(ticket) = writer.ticket().filter(|_| !is_noted) {
            let mut conn = app.database.reader().await?;
            store::files::note_ticket(&mut conn, new.id, ticket).await?;
            is_noted = true;
        }
    }
    if size == 0 {
        return Err(Error::invalid(FIELD, "must not be empty"));
    }
    writer.finish().await?;
    let digest = digest.finalize().into();
    Ok(Received {
        full: StoredFile { size, digest },
        file_type: inspection.end(&new.name),
    })
}

/// Has the scanner read what the store has: it would not wait for a slow sender.
async fn scan(app: &App, id: FileId) -> Result<(), Error> {
    let Some(address) = &app.config.scanner else {
        return Ok(());
    };
    let blob = app.blobs.get(&key(id, Variant::Full)?, None).await?;
    let pieces = blob.stream.map_err(io::Error::other);
    scanner::check(address, pieces, FIELD).await
}

/// A small picture of a picture or a film; `None` for everything else, and for what can't be read as what it seems to be.
async fn thumbnail(app: &App, id: FileId, file_type: &FileType) -> Result<Option<Vec<u8>>, Error> {
    let is_film = file_type.name().starts_with("video/");
    if !is_film && !file_type.is_picture() {
        return Ok(None);
    }
    let blob = app.blobs.get(&key(id, Variant::Full)?, None).await?;
    let pieces = blob.stream.map_err(Error::from);
    let file = spool(app.config.most_file_bytes, pieces).await?;
    if !is_film {
        return app.processing.thumbnail(file).await;
    }
    let Some(picture) = app.films.picture(file, file_type.name()).await else {
        return Ok(None);
    };
    // Another program made it of what a stranger sent: it is worth as much as a stranger's picture.
    let picture = futures::stream::iter([Ok(Bytes::from(picture))]);
    let file = spool(app.config.most_file_bytes, picture).await?;
    app.processing.thumbnail(file).await
}

async fn keep_thumbnail(app: &App, id: FileId, bytes: Vec<u8>) -> Result<StoredFile, Error> {
    let stored = StoredFile {
        size: bytes.len() as u64,
        digest: Sha256::digest(&bytes).into(),
    };
    let key = key(id, Variant::Thumbnail)?;
    let content = Content::Bytes(bytes.into());
    app.blobs.put(&key, content, "image/jpeg").await?;
    Ok(stored)
}

/// `false` when the row was given up meanwhile.
async fn tell(app: &App, file: &File) -> Result<bool, Error> {
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let stored = store::files::mark_stored(conn, file).await?;
        if stored {
            let event = outbox::file_uploaded(app, file);
            app.outbox.append(conn, &event).await?;
        }
        Ok(stored)
    })
    .await
}
