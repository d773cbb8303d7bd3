//! A blob whose bytes come piece by piece: an upload in parts, or a single put of what is shorter than one.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use rusoto_s3::{
    AbortMultipartUploadRequest, CompleteMultipartUploadRequest, CompletedMultipartUpload,
    CompletedPart, CreateMultipartUploadRequest, S3, UploadPartRequest,
};

use super::body::Body;
use super::{CALL_DEADLINE, PUT_DEADLINE, S3Store, answer, tried};
use crate::{BlobError, BlobKey, BlobStore, BlobWriter, Content};

/// What is held in memory of a blob: the smallest part that S3 takes, but for the last one.
const PART: usize = 5 * 1024 * 1024;

/// A blob that is being written.
pub(super) struct S3Writer {
    store: S3Store,
    key: BlobKey,
    content_type: String,
    /// What has come since the last part.
    rest: BytesMut,
    size: u64,
    upload: Option<String>,
    parts: Vec<CompletedPart>,
}

// === impl S3Writer ===

impl S3Writer {
    pub(super) fn new(store: S3Store, key: &BlobKey, content_type: &str) -> Self {
        Self {
            store,
            key: key.clone(),
            content_type: content_type.to_owned(),
            rest: BytesMut::new(),
            size: 0,
            upload: None,
            parts: Vec::new(),
        }
    }

    async fn send_part(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        let upload = match &self.upload {
            Some(upload) => upload.clone(),
            None => {
                let begin = || self.store.begin_once(&self.key, &self.content_type);
                let upload = tried(CALL_DEADLINE, begin).await?;
                self.upload.insert(upload).clone()
            }
        };
        let number = i64::try_from(self.parts.len()).unwrap_or(i64::MAX) + 1;
        let body = Body::read(Content::Bytes(bytes)).await?;
        let send = || self.store.part_once(&self.key, &upload, number, &body);
        let tag = tried(PUT_DEADLINE, send).await?;
        self.parts.push(CompletedPart {
            e_tag: Some(tag),
            part_number: Some(number),
        });
        Ok(())
    }

    /// The server's word that the upload is complete may be lost, and the next try finds no upload: so the blob itself is looked at.
    async fn complete(&mut self, upload: &str) -> Result<(), BlobError> {
        let complete = || self.store.complete_once(&self.key, upload, &self.parts);
        match tried(PUT_DEADLINE, complete).await {
            Ok(()) | Err(BlobError::NotFound) => {}
            Err(other) => return Err(other),
        }
        if self.store.size(&self.key).await? == self.size {
            Ok(())
        } else {
            Err(BlobError::Damaged)
        }
    }
}

#[async_trait]
impl BlobWriter for S3Writer {
    fn ticket(&self) -> Option<&str> {
        self.upload.as_deref()
    }

    async fn write(&mut self, piece: Bytes) -> Result<(), BlobError> {
        self.size += piece.len() as u64;
        self.rest.extend_from_slice(&piece);
        while self.rest.len() >= PART {
            let part = self.rest.split_to(PART).freeze();
            self.send_part(part).await?;
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), BlobError> {
        let rest = std::mem::take(&mut self.rest).freeze();
        if self.upload.is_none() {
            let content = Content::Bytes(rest);
            return self.store.put(&self.key, content, &self.content_type).await;
        }
        if !rest.is_empty() {
            self.send_part(rest).await?;
        }
        if let Some(upload) = self.upload.clone() {
            self.complete(&upload).await?;
            self.upload = None;
        }
        Ok(())
    }
}

impl Drop for S3Writer {
    /// Whoever wrote went away, or the store failed in the middle: the parts are of no use to anybody.
    fn drop(&mut self) {
        let (Some(upload), Ok(runtime)) =
            (self.upload.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let (store, key) = (self.store.clone(), self.key.clone());
        runtime.spawn(async move { store.abandon(&key, &upload).await });
    }
}

// === impl S3Store: calls about uploads in parts ===

impl S3Store {
    async fn begin_once(&self, key: &BlobKey, kind: &str) -> Result<String, BlobError> {
        let request = CreateMultipartUploadRequest {
            bucket: self.bucket.clone(),
            key: key.to_string(),
            content_type: Some(kind.to_owned()),
            ..CreateMultipartUploadRequest::default()
        };
        let begun = self.client.create_multipart_upload(request).await;
        let begun = begun.map_err(answer::failed)?;
        begun
            .upload_id
            .ok_or_else(|| answer::senseless("it names no upload"))
    }

    async fn part_once(
        &self,
        key: &BlobKey,
        upload: &str,
        number: i64,
        body: &Body,
    ) -> Result<String, BlobError> {
        let request = UploadPartRequest {
            bucket: self.bucket.clone(),
            key: key.to_string(),
            upload_id: upload.to_owned(),
            part_number: number,
            content_length: i64::try_from(body.size()).ok(),
            content_md5: Some(body.md5_base64()),
            body: Some(body.stream()),
            ..UploadPartRequest::default()
        };
        let sent = self.client.upload_part(request).await;
        let sent = sent.map_err(answer::failed)?;
        sent.e_tag
            .ok_or_else(|| answer::senseless("it has no tag of the part"))
    }

    async fn complete_once(
        &self,
        key: &BlobKey,
        upload: &str,
        parts: &[CompletedPart],
    ) -> Result<(), BlobError> {
        let request = CompleteMultipartUploadRequest {
            bucket: self.bucket.clone(),
            key: key.to_string(),
            upload_id: upload.to_owned(),
            multipart_upload: Some(CompletedMultipartUpload {
                parts: Some(parts.to_vec()),
            }),
            ..CompleteMultipartUploadRequest::default()
        };
        let completed = self.client.complete_multipart_upload(request).await;
        completed.map(drop).map_err(answer::failed)
    }

    pub(super) async fn abandon_once(&self, key: &BlobKey, upload: &str) -> Result<(), BlobError> {
        let request = AbortMultipartUploadRequest {
            bucket: self.bucket.clone(),
            key: key.to_string(),
            upload_id: upload.to_owned(),
            ..AbortMultipartUploadRequest::default()
        };
        match self.client.abort_multipart_upload(request).await {
            Ok(_) => Ok(()),
            Err(error) => match answer::failed_abort(error) {
                // It was given up, or finished, already; some servers call that forbidden.
                BlobError::NotFound | BlobError::Refused(_) => Ok(()),
                other => Err(other),
            },
        }
    }
}
