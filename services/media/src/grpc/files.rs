//! `FileService`.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::file_service_server::FileService;
use oruma_service_runtime::Caller;
use tonic::{Request, Response, Status, Streaming};

use super::convert::signed;
use crate::app::files::Reading;
use crate::app::{App, files};
use crate::domain::file::{File, THUMBNAIL_NAME};
use crate::domain::image::Variant;
use crate::domain::range;
use crate::error::Error;

/// Files of any kind.
pub(super) struct Files(pub(super) Arc<App>);

#[tonic::async_trait]
impl FileService for Files {
    type ReadFileStream = BoxStream<'static, Result<proto::ReadFileResponse, Status>>;

    async fn upload_file(
        &self,
        request: Request<Streaming<proto::UploadFileRequest>>,
    ) -> Result<Response<proto::UploadFileResponse>, Status> {
        let caller = Caller::of(&request)?;
        let mut requests = request.into_inner();
        let header = header(requests.message().await?)?;
        let chunks = chunks(requests);
        let file = files::uploads::upload(&self.0, &caller, &header.file_name, chunks).await?;
        Ok(Response::new(proto::UploadFileResponse {
            file: Some(file.into()),
        }))
    }

    async fn read_file(
        &self,
        request: Request<proto::ReadFileRequest>,
    ) -> Result<Response<Self::ReadFileStream>, Status> {
        let request = request.into_inner();
        let range = range::wanted(request.range_start, request.range_end);
        let variant = if request.thumbnail {
            Variant::Thumbnail
        } else {
            Variant::Full
        };
        let reading = files::open(&self.0, &request.file_id, variant, range).await?;
        Ok(Response::new(responses(reading)))
    }

    async fn claim_files(
        &self,
        request: Request<proto::ClaimFilesRequest>,
    ) -> Result<Response<proto::ClaimFilesResponse>, Status> {
        let caller = Caller::of(&request)?;
        let proto::ClaimFilesRequest {
            file_ids,
            keep_until,
        } = request.into_inner();
        let keep_until = keep_until.map(DateTime::<Utc>::try_from).transpose();
        let keep_until = keep_until.map_err(|_| Error::invalid("keep_until", "must be a time"))?;
        let claimed = files::claim(&self.0, &caller, &file_ids, keep_until).await?;
        Ok(Response::new(proto::ClaimFilesResponse {
            files: claimed.into_iter().map(Into::into).collect(),
        }))
    }

    async fn delete_file(
        &self,
        request: Request<proto::DeleteFileRequest>,
    ) -> Result<Response<proto::DeleteFileResponse>, Status> {
        let caller = Caller::of(&request)?;
        files::delete(&self.0, &caller, &request.into_inner().file_id).await?;
        Ok(Response::new(proto::DeleteFileResponse {}))
    }
}

impl From<File> for proto::File {
    fn from(file: File) -> Self {
        Self {
            id: file.id.to_string(),
            name: file.name.as_str().to_owned(),
            path: file.path(),
            thumbnail_path: file.thumbnail_path(),
            owner_id: file.owner.to_string(),
            content_type: file.file_type.name().to_owned(),
            size_bytes: signed(file.full.size),
            created_at: Some(file.created_at.into()),
        }
    }
}

/// Reads the header, which comes first.
fn header(first: Option<proto::UploadFileRequest>) -> Result<proto::UploadFileHeader, Error> {
    match first.and_then(|request| request.part) {
        Some(proto::upload_file_request::Part::Header(header)) => Ok(header),
        _ => Err(Error::invalid("header", "must come first")),
    }
}

/// The bytes that follow the header. They end well with the word that these were all: a sender who goes away may seem to have sent all.
fn chunks(
    requests: Streaming<proto::UploadFileRequest>,
) -> impl Stream<Item = Result<Bytes, Error>> {
    use proto::upload_file_request::Part;

    stream::try_unfold(requests, |mut requests| async {
        // Whoever uploads went away in the middle: nobody reads this answer.
        let next = requests.message().await;
        let next = next.map_err(|status| Error::Unavailable(Box::new(status)))?;
        match next.and_then(|request| request.part) {
            Some(Part::Chunk(chunk)) => Ok(Some((chunk.into(), requests))),
            Some(Part::Complete(true)) => Ok(None),
            Some(Part::Header(_)) => Err(Error::invalid("header", "must come once")),
            Some(Part::Complete(false)) | None => Err(Error::invalid("complete", "must come last")),
        }
    })
}

/// A file as messages: what it is, then its bytes.
fn responses(reading: Reading) -> BoxStream<'static, Result<proto::ReadFileResponse, Status>> {
    use proto::read_file_response::Part;

    let file = reading.file;
    let (content_type, name, is_inline) = match reading.variant {
        Variant::Full => (
            file.file_type.with_charset(),
            file.name.as_str().to_owned(),
            file.file_type.is_inline(),
        ),
        Variant::Thumbnail => ("image/jpeg".to_owned(), THUMBNAIL_NAME.to_owned(), true),
    };
    let header = proto::ReadFileHeader {
        content_type,
        name,
        is_inline,
        size_bytes: signed(reading.stored.size),
        etag: hex::encode(reading.stored.digest),
        last_modified: Some(file.created_at.into()),
        range_start: signed(reading.blob.first),
        range_length: signed(reading.blob.length),
    };
    let response = |part| proto::ReadFileResponse { part: Some(part) };
    let header = stream::iter([Ok(response(Part::Header(header)))]);
    let chunks = reading.blob.stream.map(move |chunk| match chunk {
        Ok(chunk) => Ok(response(Part::Chunk(chunk.into()))),
        Err(error) => Err(Error::from(error).into()),
    });
    header.chain(chunks).boxed()
}
