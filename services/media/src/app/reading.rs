//! Giving pictures out. They are public (O-086): whoever has the address may see them.

use oruma_blob::{Blob, BlobError, ByteRange};

use super::App;
use crate::domain::image::{Image, ImagePath, Variant};
use crate::error::Error;
use crate::store;

/// A file that is given out.
pub struct Reading {
    /// The picture.
    pub image: Image,
    /// Which of its files.
    pub variant: Variant,
    /// The bytes.
    pub blob: Blob,
}

/// Opens a file, or a part of it.
///
/// # Errors
/// [`Error::ImageNotFound`], also for what is being stored or was deleted; [`Error::RangeNotSatisfiable`].
pub async fn open(app: &App, path: &str, range: Option<ByteRange>) -> Result<Reading, Error> {
    let path: ImagePath = path.parse().map_err(|_| Error::ImageNotFound)?;
    let image = {
        let mut conn = app.database.reader().await?;
        store::images::find_stored(&mut conn, path.id).await?
    };
    let image = image
        .filter(|image| image.path(path.variant) == path)
        .ok_or(Error::ImageNotFound)?;
    let range = match range {
        None => None,
        Some(range) => {
            let (first, length) = range.within(image.file(path.variant).size)?;
            Some(ByteRange::Between(first, first + length - 1))
        }
    };
    let key = path.key().map_err(Error::internal)?;
    let blob = app
        .blobs
        .get(&key, range)
        .await
        .map_err(|error| match error {
            BlobError::NotFound => lost(&image),
            error => error.into(),
        })?;
    Ok(Reading {
        image,
        variant: path.variant,
        blob,
    })
}

fn lost(image: &Image) -> Error {
    tracing::error!(image.id = %image.id, "the file of a picture is lost");
    Error::ImageNotFound
}
