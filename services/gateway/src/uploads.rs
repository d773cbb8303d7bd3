//! Files on their way to media: a part of a form becomes the messages of an upload while it arrives, so that no file is ever held as a whole.

use actix_multipart::Field;
use futures::future::try_join;
use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::upload_file_request::Part as FilePart;
use oruma_proto::media::v1::upload_image_request::Part as ImagePart;
use oruma_service_runtime::Caller;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::edge::Edge;
use crate::failure::Failure;
use crate::forms::{file_name, next_bytes};

/// Bytes of one message to media.
const CHUNK: usize = 64 * 1024;
/// Messages to media that may wait.
const WAITING: usize = 4;

/// Has media take in a picture. The header needs no name: the part has it. Media calls what is wrong with it `image`.
///
/// # Errors
/// The refusal of media, or that of a client which sends too slowly or no form.
pub(crate) async fn send_image(
    edge: &Edge,
    caller: &Caller,
    header: proto::UploadImageHeader,
    field: Field,
) -> Result<proto::Image, Failure> {
    let header = proto::UploadImageHeader {
        file_name: file_name(&field).to_owned(),
        ..header
    };
    let message = |part| proto::UploadImageRequest { part: Some(part) };
    let (sender, receiver) = mpsc::channel(WAITING);
    let request = caller.send(ReceiverStream::new(receiver));
    let mut images = edge.clients.images.clone();
    let call = async { Ok(images.upload_image(request).await.map_err(refused)?) };
    let header = message(ImagePart::Header(header));
    let chunk = |bytes| message(ImagePart::Chunk(bytes));
    // When the client goes away in the middle, the call is dropped with it, and media sees no end of the file.
    let (answer, ()) = try_join(call, send(sender, header, chunk, field)).await?;
    answer.into_inner().image.ok_or_else(Failure::internal)
}

/// Has media take in a file of any kind. Media calls what is wrong with it `files`.
///
/// # Errors
/// As [`send_image`].
pub(crate) async fn send_file(
    edge: &Edge,
    caller: &Caller,
    field: Field,
) -> Result<proto::File, Failure> {
    let header = proto::UploadFileHeader {
        file_name: file_name(&field).to_owned(),
    };
    let message = |part| proto::UploadFileRequest { part: Some(part) };
    let (sender, receiver) = mpsc::channel(WAITING);
    let request = caller.send(ReceiverStream::new(receiver));
    let mut files = edge.clients.files.clone();
    let call = async { Ok(files.upload_file(request).await.map_err(refused)?) };
    let header = message(FilePart::Header(header));
    let chunk = |bytes| message(FilePart::Chunk(bytes));
    let (answer, ()) = try_join(call, send(sender, header, chunk, field)).await?;
    answer.into_inner().file.ok_or_else(Failure::internal)
}

fn refused(status: Status) -> Failure {
    status.into()
}

async fn send<M>(
    sender: mpsc::Sender<M>,
    header: M,
    chunk: impl Fn(Vec<u8>) -> M,
    mut field: Field,
) -> Result<(), Failure> {
    let mut listening = sender.send(header).await.is_ok();
    while let Some(bytes) = next_bytes(&mut field).await? {
        let mut rest = bytes;
        while listening && !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(CHUNK));
            listening = sender.send(chunk(piece.to_vec())).await.is_ok();
        }
        if !listening {
            // Media has refused the file already, and its answer says why.
            return Ok(());
        }
    }
    Ok(())
}
