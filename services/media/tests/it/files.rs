//! Files of any kind, as the tests send and get them.

use futures::StreamExt;
use oruma_proto::media::v1 as proto;
use oruma_proto::media::v1::file_service_client::FileServiceClient;
use oruma_proto::media::v1::upload_file_request::Part;
use oruma_rpc_error::RpcError;
use oruma_service_runtime::{Caller, GrpcClient};

use crate::support::{Media, answered, guest};

/// What was read of a file.
#[derive(Debug)]
pub(crate) struct ReadFile {
    pub(crate) header: proto::ReadFileHeader,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn header(name: &str) -> Part {
    Part::Header(proto::UploadFileHeader {
        file_name: name.to_owned(),
    })
}

pub(crate) const fn request(part: Part) -> proto::UploadFileRequest {
    proto::UploadFileRequest { part: Some(part) }
}

/// Bytes without an end that is near, none like the next, in pieces as clients send them.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = vec![0xFE];
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Uploads to whichever service a client leads to.
pub(crate) async fn send_file(
    mut client: FileServiceClient<GrpcClient>,
    caller: &Caller,
    name: &str,
    bytes: &[u8],
) -> Result<proto::File, RpcError> {
    let chunks: Vec<Part> = bytes
        .chunks(200_000)
        .map(|chunk| Part::Chunk(chunk.to_vec()))
        .collect();
    let parts = [vec![header(name)], chunks, vec![Part::Complete(true)]].concat();
    let parts = futures::stream::iter(parts);
    let answer = client.upload_file(caller.send(parts.map(request))).await;
    Ok(answered(answer)?.file.unwrap())
}

impl Media {
    pub(crate) async fn try_send_file(
        &self,
        caller: &Caller,
        name: &str,
        bytes: &[u8],
    ) -> Result<proto::File, RpcError> {
        send_file(self.file_service(), caller, name, bytes).await
    }

    pub(crate) async fn send_file(&self, caller: &Caller, name: &str, bytes: &[u8]) -> proto::File {
        self.try_send_file(caller, name, bytes).await.unwrap()
    }

    /// A short text of somebody.
    pub(crate) async fn note(&self, caller: &Caller) -> proto::File {
        self.send_file(caller, "note.txt", b"words").await
    }

    pub(crate) async fn read_file(&self, id: &str) -> Result<ReadFile, RpcError> {
        let file_id = id.to_owned();
        self.read_file_as(proto::ReadFileRequest {
            file_id,
            ..Default::default()
        })
        .await
    }

    pub(crate) async fn read_thumbnail(&self, id: &str) -> Result<ReadFile, RpcError> {
        self.read_file_as(proto::ReadFileRequest {
            file_id: id.to_owned(),
            thumbnail: true,
            ..Default::default()
        })
        .await
    }

    pub(crate) async fn read_file_as(
        &self,
        request: proto::ReadFileRequest,
    ) -> Result<ReadFile, RpcError> {
        use proto::read_file_response::Part;

        let answer = self.file_service().read_file(guest().send(request)).await;
        let mut stream = answered(answer)?;
        let first = stream.message().await?.unwrap();
        let Some(Part::Header(header)) = first.part else {
            panic!("no header");
        };
        let mut bytes = Vec::new();
        while let Some(next) = stream.message().await? {
            let Some(Part::Chunk(chunk)) = next.part else {
                panic!("a second header");
            };
            bytes.extend(chunk);
        }
        assert_eq!(bytes.len() as i64, header.range_length);
        Ok(ReadFile { header, bytes })
    }

    pub(crate) async fn has_file(&self, file: &proto::File) -> bool {
        self.read_file(&file.id).await.is_ok()
    }

    pub(crate) async fn claim_files(
        &self,
        caller: &Caller,
        ids: &[&str],
        keep_until: Option<chrono::DateTime<chrono::Utc>>,
    ) -> Result<Vec<proto::File>, RpcError> {
        let request = caller.send(proto::ClaimFilesRequest {
            file_ids: ids.iter().map(ToString::to_string).collect(),
            keep_until: keep_until.map(Into::into),
        });
        Ok(answered(self.file_service().claim_files(request).await)?.files)
    }

    pub(crate) async fn delete_file(&self, caller: &Caller, id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::DeleteFileRequest {
            file_id: id.to_owned(),
        });
        answered(self.file_service().delete_file(request).await).map(drop)
    }
}
