#![doc = include_str!("../README.md")]

mod files;

use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::image_service_client::ImageServiceClient;
use oruma_rpc_error::{ErrorCode, RpcError, Violation};
use oruma_service_runtime::{Caller, Channel, GrpcClient, InternalCredential};

pub use files::{Claimed, FileError, Files};
pub use oruma_proto::media::v1::ImageFolder;

/// The pictures of one sort of thing.
#[derive(Debug, Clone)]
pub struct Attachments {
    images: ImageServiceClient<GrpcClient>,
    folder: ImageFolder,
}

/// Why pictures can't be attached.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// Some are not the caller's own, or not there: each is named `images[N]`.
    #[error("some images are not the caller's own")]
    Foreign(Vec<Violation>),
    /// Media can't be asked now.
    #[error("media can't be asked")]
    Unavailable,
    /// Media refused for a reason that is a fault of ours.
    #[error("media refused: {0}")]
    Refused(String),
}

impl Attachments {
    /// The pictures of things that are kept in `folder`, asked for at media.
    #[must_use]
    pub fn new(media: Channel, credential: &InternalCredential, folder: ImageFolder) -> Self {
        Self {
            images: ImageServiceClient::with_interceptor(media, credential.shown()),
            folder,
        }
    }

    /// Makes sure that all are the caller's own, and keeps them until an event tells that they are used.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub async fn claim(&self, caller: &Caller, paths: &[String]) -> Result<(), AttachmentError> {
        if paths.is_empty() {
            return Ok(());
        }
        let request = proto::ClaimImagesRequest {
            paths: paths.to_vec(),
            folder: self.folder.into(),
        };
        let claimed = self.images.clone().claim_images(caller.send(request)).await;
        claimed.map(drop).map_err(|status| {
            let error = RpcError::from(status);
            match error.code {
                ErrorCode::Invalid => AttachmentError::Foreign(error.violations),
                ErrorCode::Unavailable | ErrorCode::Exhausted => AttachmentError::Unavailable,
                _ => AttachmentError::Refused(error.reason),
            }
        })
    }

    /// Claims those of `after` that a thing did not show `before`. A fault is named by its place among all of them.
    ///
    /// # Errors
    /// [`AttachmentError`].
    pub async fn claim_new(
        &self,
        caller: &Caller,
        before: &[String],
        after: &[String],
    ) -> Result<(), AttachmentError> {
        let (places, new): (Vec<usize>, Vec<String>) = after
            .iter()
            .enumerate()
            .filter(|(_, path)| !before.contains(path))
            .map(|(place, path)| (place, path.clone()))
            .unzip();
        match self.claim(caller, &new).await {
            Err(AttachmentError::Foreign(mut violations)) => {
                for violation in &mut violations {
                    if let Some(place) = place_of(&violation.field).and_then(|nth| places.get(nth))
                    {
                        violation.field = format!("images[{place}]");
                    }
                }
                Err(AttachmentError::Foreign(violations))
            }
            other => other,
        }
    }
}

fn place_of(field: &str) -> Option<usize> {
    field
        .strip_prefix("images[")?
        .strip_suffix(']')?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        assert_eq!(place_of("images[3]"), Some(3));
        for other in ["images", "images[]", "images[x]", "content"] {
            assert_eq!(place_of(other), None);
        }
    }
}
