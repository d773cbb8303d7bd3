//! The files that messages carry.

use chrono::{DateTime, Utc};
use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::file_service_client::FileServiceClient;
use oruma_rpc_error::{ErrorCode, RpcError, Violation};
use oruma_service_runtime::{Caller, Channel, GrpcClient, InternalCredential};
use uuid::Uuid;

/// The files of people, asked for at media.
#[derive(Debug, Clone)]
pub struct Files {
    files: FileServiceClient<GrpcClient>,
}

/// A file as media described it when it was claimed.
pub type Claimed = proto::File;

/// Why files can't be attached.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Some are not there: each is named `attachments[N]`.
    #[error("some files are unknown")]
    Unknown(Vec<Violation>),
    /// Some are those of others.
    #[error("some files are not the caller's own")]
    Foreign,
    /// Media can't be asked now.
    #[error("media can't be asked")]
    Unavailable,
    /// Media refused for a reason that is a fault of ours.
    #[error("media refused: {0}")]
    Refused(String),
}

impl Files {
    /// The files at media.
    #[must_use]
    pub fn new(media: Channel, credential: &InternalCredential) -> Self {
        Self {
            files: FileServiceClient::with_interceptor(media, credential.shown()),
        }
    }

    /// Makes sure that all are the caller's own, and describes them in their order. They are kept until an event tells that they are used, for a while
    /// or until `keep_until` where that is later.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn claim(
        &self,
        caller: &Caller,
        ids: &[Uuid],
        keep_until: Option<DateTime<Utc>>,
    ) -> Result<Vec<Claimed>, FileError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let request = proto::ClaimFilesRequest {
            file_ids: ids.iter().map(ToString::to_string).collect(),
            keep_until: keep_until.map(Into::into),
        };
        let claimed = self.files.clone().claim_files(caller.send(request)).await;
        let claimed = claimed.map_err(|status| {
            let error = RpcError::from(status);
            match error.code {
                ErrorCode::Invalid => FileError::Unknown(error.violations),
                ErrorCode::Forbidden => FileError::Foreign,
                ErrorCode::Unavailable | ErrorCode::Exhausted => FileError::Unavailable,
                _ => FileError::Refused(error.reason),
            }
        })?;
        let files = claimed.into_inner().files;
        if files.len() == ids.len() {
            Ok(files)
        } else {
            Err(FileError::Refused("not all files are described".to_owned()))
        }
    }
}
