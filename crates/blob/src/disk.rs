//! The store on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use tempfile::{Builder, TempPath};
use tokio_util::io::ReaderStream;

use crate::{Blob, BlobError, BlobKey, BlobStore, BlobWriter, ByteRange, Content};

/// Where blobs are written before they are moved to their place. No key begins with a dot, so none gets in here.
const INCOMING: &str = ".incoming";
/// Files that an end of the process left in there are removed at the next start, when they are as old as this.
const LEFT_OVER: Duration = Duration::from_secs(3_600);
/// What is read at once.
const PIECE: usize = 64 * 1024;
/// A disk that takes longer is away.
const DEADLINE: Duration = Duration::from_secs(30);
/// To be read by the group, such as a web server; executed by nobody.
const FILE_MODE: u32 = 0o640;
const FOLDER_MODE: u32 = 0o750;

/// Keeps blobs as files below a folder, each under the path that its key is.
#[derive(Debug, Clone)]
pub struct DiskStore {
    folder: PathBuf,
}

// === impl DiskStore ===

impl DiskStore {
    /// Opens the store in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, BlobError> {
        let folder = folder.into();
        let store = Self { folder };
        make_folder(&store.incoming()).map_err(failed)?;
        remove_left_overs(&store.incoming()).map_err(failed)?;
        Ok(store)
    }

    fn incoming(&self) -> PathBuf {
        self.folder.join(INCOMING)
    }

    fn path(&self, key: &BlobKey) -> PathBuf {
        self.folder.join(key.as_str())
    }

    async fn remove(&self, path: PathBuf) -> Result<(), BlobError> {
        match on_disk(move || fs::remove_file(path)).await {
            Err(BlobError::NotFound) => Ok(()),
            other => other,
        }
    }
}

#[async_trait]
impl BlobStore for DiskStore {
    async fn put(
        &self,
        key: &BlobKey,
        content: Content,
        _content_type: &str,
    ) -> Result<(), BlobError> {
        let (incoming, place) = (self.incoming(), self.path(key));
        on_disk(move || put(&incoming, &place, content)).await
    }

    async fn begin(
        &self,
        key: &BlobKey,
        _content_type: &str,
    ) -> Result<Box<dyn BlobWriter>, BlobError> {
        let (incoming, place) = (self.incoming(), self.path(key));
        let (file, path) = on_disk(move || new_file(&incoming)).await?;
        let name = path.file_name().and_then(|name| name.to_str());
        Ok(Box::new(DiskWriter {
            ticket: name.unwrap_or_default().to_owned(),
            incoming: Some((file, path)),
            place,
        }))
    }

    async fn abandon(&self, _key: &BlobKey, ticket: &str) -> Result<(), BlobError> {
        // A ticket is the name of a file, and no way to another folder.
        if ticket.is_empty() || !ticket.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(BlobError::NotFound);
        }
        self.remove(self.incoming().join(ticket)).await
    }

    async fn get(&self, key: &BlobKey, range: Option<ByteRange>) -> Result<Blob, BlobError> {
        let path = self.path(key);
        let (mut file, size) = on_disk(move || open(&path)).await?;
        let (first, length) = match range {
            None => (0, size),
            Some(range) => range.within(size)?,
        };
        let file = on_disk(move || {
            file.seek(SeekFrom::Start(first))?;
            Ok(file)
        })
        .await?;
        let wanted = tokio::io::AsyncReadExt::take(tokio::fs::File::from_std(file), length);
        let stream = ReaderStream::with_capacity(wanted, PIECE)
            .map(|piece| piece.map_err(failed))
            .boxed();
        Ok(Blob {
            size,
            first,
            length,
            stream,
        })
    }

    async fn size(&self, key: &BlobKey) -> Result<u64, BlobError> {
        let path = self.path(key);
        on_disk(move || open(&path)).await.map(|(_, size)| size)
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.remove(self.path(key)).await
    }

    async fn ping(&self) -> Result<(), BlobError> {
        let incoming = self.incoming();
        // A file without a name.
        on_disk(move || tempfile::tempfile_in(incoming).map(drop)).await
    }
}

/// A blob that is being written beside its place.
struct DiskWriter {
    ticket: String,
    /// `None` after a failure. The path removes the file, unless it is moved away.
    incoming: Option<(File, TempPath)>,
    place: PathBuf,
}

// === impl DiskWriter ===

#[async_trait]
impl BlobWriter for DiskWriter {
    fn ticket(&self) -> Option<&str> {
        Some(&self.ticket)
    }

    async fn write(&mut self, piece: Bytes) -> Result<(), BlobError> {
        let (mut file, path) = self.incoming.take().ok_or_else(given_up)?;
        let written = on_disk(move || {
            file.write_all(&piece)?;
            Ok((file, path))
        });
        self.incoming = Some(written.await?);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), BlobError> {
        let (file, path) = self.incoming.take().ok_or_else(given_up)?;
        let place = self.place;
        on_disk(move || settle(&file, path, &place)).await
    }
}

fn given_up() -> BlobError {
    BlobError::Failed("a piece of the blob was not written".into())
}

/// Runs what may block on a thread that may be blocked.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, BlobError> {
    match tokio::time::timeout(DEADLINE, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(result)) => result.map_err(failed),
        Ok(Err(error)) => Err(BlobError::Failed(Box::new(error))),
        Err(error) => Err(BlobError::Unavailable(Box::new(error))),
    }
}

fn failed(error: io::Error) -> BlobError {
    match error.kind() {
        // A part of the path that is a file means that there is nothing below it.
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => BlobError::NotFound,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            BlobError::Refused(Box::new(error))
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            BlobError::Unavailable(Box::new(error))
        }
        _ => BlobError::Failed(Box::new(error)),
    }
}

/// Writes beside the place, has it on the platter, and moves it there. A failure removes what was written.
fn put(incoming: &Path, place: &Path, content: Content) -> io::Result<()> {
    let (mut file, path) = new_file(incoming)?;
    match content {
        Content::Bytes(bytes) => file.write_all(&bytes)?,
        Content::File(mut source) => {
            source.rewind()?;
            copy(&mut source, &mut file)?;
        }
    }
    settle(&file, path, place)
}

/// Has what was written on the platter, and moves it to its place.
fn settle(file: &File, path: TempPath, place: &Path) -> io::Result<()> {
    file.sync_all()?;
    let folder = place.parent().unwrap_or(place);
    make_folder(folder)?;
    path.persist(place)?;
    File::open(folder)?.sync_all()
}

fn copy(source: &mut File, target: &mut File) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let read = source.read(&mut piece)?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(());
        };
        target.write_all(bytes)?;
    }
}

/// A new file whose path removes it, unless it is moved away.
fn new_file(incoming: &Path) -> io::Result<(File, TempPath)> {
    let made = Builder::new().prefix("").make_in(incoming, |path| {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(path)
    })?;
    Ok(made.into_parts())
}

/// A file, and how long it is. A folder is no blob.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok((file, metadata.len()))
    } else {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Makes a folder and those above it, so that they are still there after the power fails.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder
        .parent()
        .filter(|above| !above.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    make_folder(above)?;
    match fs::DirBuilder::new().mode(FOLDER_MODE).create(folder) {
        // Somebody else was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => other?,
    }
    File::open(above)?.sync_all()
}

fn remove_left_overs(incoming: &Path) -> io::Result<()> {
    for entry in fs::read_dir(incoming)? {
        let entry = entry?;
        let age = entry.metadata().and_then(|metadata| metadata.modified());
        // One that was just moved away has no age, and nobody's clock needs to be right.
        if age.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > LEFT_OVER)) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}
