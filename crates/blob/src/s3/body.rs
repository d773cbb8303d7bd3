//! What is put, in a form that can be sent again.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::Stream;
use futures::stream::{once, try_unfold};
use md5::{Digest, Md5};
use rusoto_core::ByteStream;
use tokio::task::spawn_blocking;

use crate::{BlobError, Content};

/// What is read and sent at once.
const PIECE: usize = 64 * 1024;

/// A content whose size and MD5 are known.
pub(super) struct Body {
    source: Source,
    size: u64,
    md5: [u8; 16],
}

enum Source {
    Bytes(Bytes),
    File(Arc<File>),
}

// === impl Body ===

impl Body {
    /// Reads a content through once.
    pub(super) async fn read(content: Content) -> Result<Self, BlobError> {
        spawn_blocking(move || match content {
            Content::Bytes(bytes) => Ok(Self::of_bytes(bytes)),
            Content::File(file) => Self::of_file(file),
        })
        .await
        .map_err(|error| BlobError::Failed(Box::new(error)))?
        .map_err(|error| BlobError::Failed(Box::new(error)))
    }

    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn md5_base64(&self) -> String {
        STANDARD.encode(self.md5)
    }

    pub(super) fn md5_hex(&self) -> String {
        hex::encode(self.md5)
    }

    /// The bytes from the start.
    pub(super) fn stream(&self) -> ByteStream {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        match &self.source {
            Source::Bytes(bytes) => {
                let bytes = bytes.clone();
                ByteStream::new_with_size(once(async move { Ok(bytes) }), size)
            }
            Source::File(file) => ByteStream::new_with_size(pieces(Arc::clone(file)), size),
        }
    }

    fn of_bytes(bytes: Bytes) -> Self {
        Self {
            size: bytes.len() as u64,
            md5: Md5::digest(&bytes).into(),
            source: Source::Bytes(bytes),
        }
    }

    fn of_file(file: File) -> io::Result<Self> {
        let mut md5 = Md5::new();
        let mut size = 0;
        loop {
            let piece = piece_at(&file, size)?;
            if piece.is_empty() {
                break;
            }
            size += piece.len() as u64;
            md5.update(&piece);
        }
        Ok(Self {
            source: Source::File(Arc::new(file)),
            size,
            md5: md5.finalize().into(),
        })
    }
}

/// Reads at positions of its own, so that a try that was given up does not disturb the next.
fn pieces(file: Arc<File>) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync {
    try_unfold(0, move |position| {
        let file = Arc::clone(&file);
        async move {
            let piece = spawn_blocking(move || piece_at(&file, position)).await??;
            let next = position + piece.len() as u64;
            Ok((!piece.is_empty()).then_some((piece, next)))
        }
    })
}

fn piece_at(file: &File, position: u64) -> io::Result<Bytes> {
    let mut piece = vec![0; PIECE];
    let read = file.read_at(&mut piece, position)?;
    piece.truncate(read);
    Ok(piece.into())
}
