//! Pictures of posts: an upload belongs to whoever made it, and only its owner may attach it.

use oruma_proto::media::v1 as media;
use oruma_service_runtime::Caller;

use super::App;
use crate::error::Error;

/// Makes sure that all are the caller's own, and keeps them until the event of the post tells that they are used.
///
/// # Errors
/// [`Error::Invalid`] naming `images[N]`; [`Error::MediaUnavailable`].
pub(super) async fn claim(app: &App, caller: &Caller, paths: &[String]) -> Result<(), Error> {
    if paths.is_empty() {
        return Ok(());
    }
    let request = media::ClaimImagesRequest {
        paths: paths.to_vec(),
        folder: media::ImageFolder::Posts.into(),
    };
    app.images
        .clone()
        .claim_images(caller.send(request))
        .await
        .map_err(Error::of_media)?;
    Ok(())
}
