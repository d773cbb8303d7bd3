//! Between messages and domain values.

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use oruma_picture::Source;
use oruma_proto::media::v1 as proto;
use oruma_rpc_error::Fault;
use tonic::{Status, Streaming};

use bytes::Bytes;

use crate::app::reading::Reading;
use crate::app::uploads::Header;
use crate::domain::image::{Image, ImageFolder, Variant};
use crate::error::Error;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        error.into_status()
    }
}

impl From<Image> for proto::Image {
    fn from(image: Image) -> Self {
        Self {
            id: image.id.to_string(),
            path: image.path(Variant::Full).to_string(),
            thumbnail_path: image.path(Variant::Thumbnail).to_string(),
            owner_id: image.owner.to_string(),
            content_type: image.format.content_type().to_owned(),
            width: i32::try_from(image.width).unwrap_or(i32::MAX),
            height: i32::try_from(image.height).unwrap_or(i32::MAX),
            size_bytes: signed(image.full.size),
            created_at: Some(image.created_at.into()),
        }
    }
}

/// Reads a folder.
pub(super) fn folder(folder: i32) -> Result<ImageFolder, Error> {
    match proto::ImageFolder::try_from(folder) {
        Ok(proto::ImageFolder::Posts) => Ok(ImageFolder::Posts),
        Ok(proto::ImageFolder::Events) => Ok(ImageFolder::Events),
        Ok(proto::ImageFolder::Marketplace) => Ok(ImageFolder::Marketplace),
        Ok(proto::ImageFolder::Avatars) => Ok(ImageFolder::Avatars),
        Ok(proto::ImageFolder::Unspecified) | Err(_) => {
            Err(Error::invalid("folder", "must be one of the folders"))
        }
    }
}

/// Reads the header, which comes first.
pub(super) fn header(first: Option<proto::UploadImageRequest>) -> Result<Header, Error> {
    match first.and_then(|request| request.part) {
        Some(proto::upload_image_request::Part::Header(header)) => Ok(Header {
            folder: folder(header.folder)?,
            file_name: header.file_name,
            sources: sources(&header.content_types)?,
            most_bytes: u64::try_from(header.max_bytes)
                .ok()
                .filter(|most| *most > 0),
        }),
        _ => Err(Error::invalid("header", "must come first")),
    }
}

/// Reads as what a picture may come.
fn sources(content_types: &[String]) -> Result<Vec<Source>, Error> {
    if content_types.is_empty() {
        return Ok(Source::USUAL.to_vec());
    }
    let read = content_types
        .iter()
        .map(|content_type| Source::from_content_type(content_type));
    let read: Option<Vec<Source>> = read.collect();
    read.ok_or_else(|| Error::invalid("content_types", "must be types of pictures that are taken"))
}

/// The bytes that follow the header.
pub(super) fn chunks(
    requests: Streaming<proto::UploadImageRequest>,
) -> impl Stream<Item = Result<Bytes, Error>> {
    requests.map(|request| {
        // Whoever uploads went away in the middle: nobody reads this answer.
        let request = request.map_err(|status| Error::Unavailable(Box::new(status)))?;
        match request.part {
            Some(proto::upload_image_request::Part::Chunk(chunk)) => Ok(chunk.into()),
            _ => Err(Error::invalid("header", "must come once")),
        }
    })
}

/// A file as messages: what it is, then its bytes.
pub(super) fn responses(
    reading: Reading,
) -> BoxStream<'static, Result<proto::ReadImageResponse, Status>> {
    use proto::read_image_response::Part;

    let file = reading.image.file(reading.variant);
    let header = proto::ReadImageHeader {
        content_type: reading.image.format.content_type().to_owned(),
        size_bytes: signed(file.size),
        etag: hex::encode(file.digest),
        last_modified: Some(reading.image.created_at.into()),
        range_start: signed(reading.blob.first),
        range_length: signed(reading.blob.length),
    };
    let header = stream::iter([Ok(response(Part::Header(header)))]);
    let chunks = reading.blob.stream.map(|chunk| match chunk {
        Ok(chunk) => Ok(response(Part::Chunk(chunk.into()))),
        Err(error) => Err(Error::from(error).into()),
    });
    header.chain(chunks).boxed()
}

const fn response(part: proto::read_image_response::Part) -> proto::ReadImageResponse {
    proto::ReadImageResponse { part: Some(part) }
}

pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
