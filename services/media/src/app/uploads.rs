//! Taking pictures in.

use std::fs::File;
use std::io::{Seek, Write};

use bytes::Bytes;
use diesel_async::AsyncConnection;
use futures::{Stream, StreamExt};
use oruma_blob::{BlobError, Content};
use oruma_ids::{ImageId, UserId};
use oruma_picture::{Picture, Source};
use oruma_service_runtime::Caller;
use sha2::{Digest, Sha256};
use tokio_util::io::ReaderStream;

use super::App;
use crate::domain::image::{Image, ImageFolder, StoredFile, Variant};
use crate::error::Error;
use crate::{outbox, scanner, store};

/// Uploads that may be under way in one process: they take up to that many times the longest file of the temporary folder.
pub const UPLOADS_AT_ONCE: usize = 64;
/// The longest name of a file that is looked at.
const LONGEST_NAME: usize = 1_024;

/// What comes with the bytes of an upload.
#[derive(Debug, Clone)]
pub struct Header {
    /// What it is for.
    pub folder: ImageFolder,
    /// The name that the client gave; may be empty.
    pub file_name: String,
    /// As what it may come.
    pub sources: Vec<Source>,
    /// How many bytes it may have, if fewer than every picture.
    pub most_bytes: Option<u64>,
}

/// Takes in one picture (O-025, O-079, O-080, O-084, O-196…O-199).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] naming `image` for what is no such picture; [`Error::FileTooLarge`], [`Error::Infected`],
/// [`Error::TooSlow`], [`Error::Overloaded`].
pub async fn upload(
    app: &App,
    caller: &Caller,
    header: &Header,
    chunks: impl Stream<Item = Result<Bytes, Error>>,
) -> Result<Image, Error> {
    let owner = caller.user().ok_or(Error::NotSignedIn)?;
    if header.file_name.len() > LONGEST_NAME {
        return Err(Error::invalid("file_name", "is too long"));
    }
    let _place = app.places.try_acquire().map_err(|_| Error::Overloaded)?;
    let most_bytes = app.config.most_bytes;
    let most_bytes = header.most_bytes.unwrap_or(most_bytes).min(most_bytes);
    let spooled = tokio::time::timeout(app.config.upload_timeout, spool(most_bytes, chunks));
    let file = spooled.await.map_err(|_| Error::TooSlow)??;
    if let Some(address) = &app.config.scanner {
        let mut file = file.try_clone().map_err(Error::internal)?;
        file.rewind().map_err(Error::internal)?;
        let pieces = ReaderStream::with_capacity(tokio::fs::File::from_std(file), scanner::PIECE);
        scanner::check(address, pieces, "image").await?;
    }
    let processed = app
        .processing
        .process(file, &header.file_name, &header.sources);
    let picture = processed.await?;
    keep(app, owner, header.folder, picture).await
}

/// Waits for all bytes. The file has no name, so that nothing is left of it whatever happens.
pub(super) async fn spool(
    most_bytes: u64,
    chunks: impl Stream<Item = Result<Bytes, Error>>,
) -> Result<File, Error> {
    let mut file = blocking(tempfile::tempfile).await?;
    let mut length = 0;
    let mut chunks = std::pin::pin!(chunks);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        length += chunk.len() as u64;
        if length > most_bytes {
            let field = "image";
            return Err(Error::FileTooLarge { most_bytes, field });
        }
        file = blocking(move || file.write_all(&chunk).map(|()| file)).await?;
    }
    Ok(file)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)
}

/// The row first, then the files, then the word that they are there: whatever fails between, the row says what may be left over, and
/// [`super::retention`] removes it.
async fn keep(
    app: &App,
    owner: UserId,
    folder: ImageFolder,
    picture: Picture,
) -> Result<Image, Error> {
    let now = app.clock.now();
    let image = Image {
        id: ImageId::from_uuid(app.random.id(now)),
        owner,
        folder,
        format: picture.format,
        width: picture.width,
        height: picture.height,
        full: describe(&picture.full),
        thumbnail: describe(&picture.thumbnail),
        created_at: now,
    };
    let mut conn = app.database.reader().await?;
    store::images::insert(&mut conn, &image).await?;
    // Files take their time, and others need the connection.
    drop(conn);
    if let Err(error) = put(app, &image, picture).await {
        forget(app, &image).await;
        return Err(error.into());
    }
    if !tell(app, &image).await? {
        forget(app, &image).await;
        return Err(Error::unavailable("the account ended during the upload"));
    }
    Ok(image)
}

fn describe(bytes: &[u8]) -> StoredFile {
    StoredFile {
        size: bytes.len() as u64,
        digest: Sha256::digest(bytes).into(),
    }
}

async fn put(app: &App, image: &Image, picture: Picture) -> Result<(), BlobError> {
    let kind = image.format.content_type();
    let put = async |variant: Variant, bytes: Vec<u8>| {
        let key = key(image, variant)?;
        app.blobs
            .put(&key, Content::Bytes(bytes.into()), kind)
            .await
    };
    let full = put(Variant::Full, picture.full);
    let thumbnail = put(Variant::Thumbnail, picture.thumbnail);
    tokio::try_join!(full, thumbnail).map(drop)
}

/// `false` when the row was removed meanwhile.
async fn tell(app: &App, image: &Image) -> Result<bool, Error> {
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let stored = store::images::mark_stored(conn, image.id).await?;
        if stored {
            let event = outbox::image_uploaded(app, image);
            app.outbox.append(conn, &event).await?;
        }
        Ok(stored)
    })
    .await
}

/// Removes what an upload left that failed. What can't be removed now is removed later.
async fn forget(app: &App, image: &Image) {
    let forgotten = async {
        remove_files(app, image).await?;
        let mut conn = app.database.reader().await?;
        store::images::forget_storing(&mut conn, image.id).await?;
        Ok::<_, Error>(())
    };
    if let Err(error) = forgotten.await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(image.id = %image.id, error, "a failed upload is left for later");
    }
}

/// Removes both files of a picture.
pub(super) async fn remove_files(app: &App, image: &Image) -> Result<(), BlobError> {
    for variant in [Variant::Full, Variant::Thumbnail] {
        app.blobs.delete(&key(image, variant)?).await?;
    }
    Ok(())
}

/// Where the store keeps a file of a picture.
fn key(image: &Image, variant: Variant) -> Result<oruma_blob::BlobKey, BlobError> {
    let key = image.path(variant).key();
    key.map_err(|error| BlobError::Failed(Box::new(error)))
}
