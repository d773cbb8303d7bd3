//! Files on their way to media: a part of a form becomes the messages of an upload while it arrives, so that no file is ever held as a whole.

use actix_multipart::Field;
use futures::future::try_join;
use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::upload_file_request::Part as FilePart;
use oruma_proto::media::v1::upload_image_request::Part as ImagePart;
use oruma_service_runtime::Caller;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

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
    let call = async { images.upload_image(request).await.map_err(Failure::from) };
    let header = message(ImagePart::Header(header));
    let chunk = |bytes| message(ImagePart::Chunk(bytes));
    let sending = async {
        // Owned here, so that the upload ends with this.
        let sender = sender;
        send(&sender, header, chunk, field).await
    };
    let (answer, _) = try_join(call, sending).await?;
    answer.into_inner().image.ok_or_else(Failure::internal)
}

/// Has media take in a file of any kind. When the client goes away in the middle, media is not told that these were all bytes, and keeps none. Media calls
/// what is wrong with the file `files`.
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
    let call = async { files.upload_file(request).await.map_err(Failure::from) };
    let header = message(FilePart::Header(header));
    let chunk = |bytes| message(FilePart::Chunk(bytes));
    let sending = async {
        // Owned here, so that the upload ends with this.
        let sender = sender;
        if send(&sender, header, chunk, field).await? {
            let _ = sender.send(message(FilePart::Complete(true))).await;
        }
        Ok(())
    };
    let (answer, ()) = try_join(call, sending).await?;
    answer.into_inner().file.ok_or_else(Failure::internal)
}

/// Sends a part of a form. `false` when media stopped listening: it has refused the file already, and its answer says why.
async fn send<M>(
    sender: &mpsc::Sender<M>,
    header: M,
    chunk: impl Fn(Vec<u8>) -> M,
    mut field: Field,
) -> Result<bool, Failure> {
    let mut listening = sender.send(header).await.is_ok();
    while let Some(bytes) = next_bytes(&mut field).await? {
        let mut rest = bytes;
        while listening && !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(CHUNK));
            listening = sender.send(chunk(piece.to_vec())).await.is_ok();
        }
        if !listening {
            return Ok(false);
        }
    }
    Ok(listening)
}
