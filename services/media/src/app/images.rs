//! What owners do with their pictures.

use diesel_async::AsyncConnection;
use oruma_ids::ImageId;
use oruma_rpc_error::Violation;
use oruma_service_runtime::Caller;
use serde_json::json;

use super::App;
use crate::domain::image::{Image, ImageFolder, ImagePath, Variant};
use crate::error::Error;
use crate::outbox::{Removal, image_deleted};
use crate::store;

/// How many pictures one call may name.
const MOST_PATHS: usize = 20;

/// Makes sure that the pictures are the caller's own and of that folder, and keeps them from being removed for a while.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] naming each `images[N]` that is not: whether it is unknown or somebody else's, nobody learns.
pub async fn claim(
    app: &App,
    caller: &Caller,
    paths: &[String],
    folder: ImageFolder,
) -> Result<Vec<Image>, Error> {
    let owner = caller.user().ok_or(Error::NotSignedIn)?;
    check_number(paths)?;
    let named: Vec<Option<ImagePath>> = paths.iter().map(|path| full_path(path)).collect();
    let ids: Vec<ImageId> = named.iter().flatten().map(|path| path.id).collect();
    let now = app.clock.now();
    let mut conn = app.database.reader().await?;
    conn.transaction(async |conn| {
        let own = store::images::lock_own(conn, owner, &ids).await?;
        let mut claimed = Vec::with_capacity(paths.len());
        let mut violations = Vec::new();
        for (position, path) in named.iter().enumerate() {
            let is_it =
                |image: &&Image| image.folder == folder && Some(image.path(Variant::Full)) == *path;
            match own.iter().find(is_it) {
                Some(image) => claimed.push(image.clone()),
                None => violations.push(Violation::new(
                    format!("images[{position}]"),
                    "is not an image that you uploaded for this",
                )),
            }
        }
        if !violations.is_empty() {
            return Err(Error::Invalid(violations));
        }
        store::images::claim(conn, &ids, now).await?;
        Ok(claimed)
    })
    .await
}

/// Removes pictures that the caller uploaded and that nothing but the caller's own profile uses. Others are left alone.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] when too many are named.
pub async fn discard(app: &App, caller: &Caller, paths: &[String]) -> Result<(), Error> {
    let owner = caller.user().ok_or(Error::NotSignedIn)?;
    check_number(paths)?;
    let paths: Vec<ImagePath> = paths.iter().filter_map(|path| full_path(path)).collect();
    let ids: Vec<ImageId> = paths.iter().map(|path| path.id).collect();
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let own = store::images::lock_own(conn, owner, &ids).await?;
        let named = own
            .iter()
            .filter(|image| paths.contains(&image.path(Variant::Full)));
        let ids: Vec<ImageId> = named.map(|image| image.id).collect();
        for image in store::images::delete_unused(conn, &ids, now).await? {
            let event = image_deleted(app, &image, Removal::Discarded, now);
            app.outbox.append(conn, &event).await?;
        }
        Ok::<_, Error>(())
    })
    .await?;
    app.removals.notify_one();
    Ok(())
}

/// What this service knows of the caller (O-071), as JSON.
///
/// # Errors
/// [`Error::NotSignedIn`].
pub async fn export(app: &App, caller: &Caller) -> Result<String, Error> {
    let owner = caller.user().ok_or(Error::NotSignedIn)?;
    let mut conn = app.database.reader().await?;
    let images = store::images::list_own(&mut conn, owner).await?;
    let files = store::files::list_own(&mut conn, owner).await?;
    let images: Vec<_> = images
        .iter()
        .map(|image| {
            json!({
                "path": image.path(Variant::Full).to_string(),
                "contentType": image.format.content_type(),
                "width": image.width,
                "height": image.height,
                "sizeBytes": image.full.size,
                "createdAt": image.created_at,
            })
        })
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|file| {
            json!({
                "path": file.path(),
                "name": file.name.as_str(),
                "contentType": file.file_type.name(),
                "sizeBytes": file.full.size,
                "createdAt": file.created_at,
            })
        })
        .collect();
    Ok(json!({ "images": images, "files": files }).to_string())
}

fn check_number(paths: &[String]) -> Result<(), Error> {
    if paths.len() > MOST_PATHS {
        return Err(Error::invalid("paths", "must be at most 20"));
    }
    Ok(())
}

/// The path of a picture itself: a thumbnail alone is nothing to be used.
fn full_path(text: &str) -> Option<ImagePath> {
    let path: ImagePath = text.parse().ok()?;
    (path.variant == Variant::Full).then_some(path)
}
