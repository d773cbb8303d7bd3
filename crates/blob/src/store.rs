//! What every store can do.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::{BlobError, BlobKey, ByteRange};

/// What a blob is made from.
#[derive(Debug)]
pub enum Content {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file, from its start, wherever it was read up to. It is never held in memory as a whole, and must not change meanwhile.
    File(std::fs::File),
}

/// The bytes of a blob, in small pieces.
pub type BlobStream = BoxStream<'static, Result<Bytes, BlobError>>;

/// A blob, or the wanted part of one.
pub struct Blob {
    /// How many bytes the whole blob has.
    pub size: u64,
    /// The first byte that follows.
    pub first: u64,
    /// How many bytes follow.
    pub length: u64,
    /// The bytes. A failure in their middle is the last thing that comes.
    pub stream: BlobStream,
}

/// A blob that is being written. Dropped before its end, it comes to nothing, as far as the process lives on to clean up.
#[async_trait]
pub trait BlobWriter: Send {
    /// By what [`BlobStore::abandon`] finds what is written so far, after the process has ended; `None` while there is nothing to be found. It may appear
    /// with a piece, and never changes from then on.
    fn ticket(&self) -> Option<&str>;

    /// Writes the next piece. After a failure the writer is of no use.
    ///
    /// # Errors
    /// [`BlobError`].
    async fn write(&mut self, piece: Bytes) -> Result<(), BlobError>;

    /// Ends the blob, which is there from now on, in place of one that has the key already. When it fails, the blob may be there or not.
    ///
    /// # Errors
    /// [`BlobError`].
    async fn finish(self: Box<Self>) -> Result<(), BlobError>;
}

/// A store that is chosen at start.
pub type SharedBlobStore = Arc<dyn BlobStore>;

/// A place for files.
#[async_trait]
pub trait BlobStore: Send + Sync + 'static {
    /// Puts a blob, in place of one that has the key already. When it returns, the blob is safe; when it fails, either the old state or
    /// the new one is there, and nothing between.
    ///
    /// # Errors
    /// [`BlobError`].
    async fn put(
        &self,
        key: &BlobKey,
        content: Content,
        content_type: &str,
    ) -> Result<(), BlobError>;

    /// Begins a blob whose bytes come piece by piece, and of which few are held in memory. Nobody gets it before its end.
    ///
    /// # Errors
    /// [`BlobError`].
    async fn begin(
        &self,
        key: &BlobKey,
        content_type: &str,
    ) -> Result<Box<dyn BlobWriter>, BlobError>;

    /// Removes what a writer has left that did not come to its end. What is gone already, or was finished, is fine.
    ///
    /// # Errors
    /// [`BlobError`] when the store fails.
    async fn abandon(&self, key: &BlobKey, ticket: &str) -> Result<(), BlobError>;

    /// Gets a blob or a part of it.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], [`BlobError::RangeNotSatisfiable`], or another when the store fails.
    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<Blob, BlobError>;

    /// How many bytes a blob has.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], or another when the store fails.
    async fn size(&self, key: &BlobKey) -> Result<u64, BlobError>;

    /// Removes a blob. One that is gone already is fine.
    ///
    /// # Errors
    /// [`BlobError`] when the store fails.
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError>;

    /// Asks for a sign of life: whether blobs could be put and got now.
    ///
    /// # Errors
    /// [`BlobError`] when there is none.
    async fn ping(&self) -> Result<(), BlobError>;
}
