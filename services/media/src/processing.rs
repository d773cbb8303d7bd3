//! Working on pictures: off the asynchronous threads, a few at a time, in a short queue.

mod decoding;
mod encoding;
mod sizing;

use std::fs::File;
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::domain::image::Format;
use crate::error::Error;

/// The longest side of a thumbnail.
pub const THUMBNAIL_SIDE: u32 = 400;

/// How pictures are worked on.
#[derive(Debug, Clone, Copy)]
pub struct ProcessingConfig {
    /// `IMAGE_WORKERS`: threads that work on pictures; by default one less than there are processors, and one at least.
    pub workers: usize,
    /// `IMAGE_QUEUE`: pictures that may wait for a thread; by default 8 for each.
    pub queue: usize,
    /// `IMAGE_MAX_PIXELS`: how many a picture may have; 50,000,000 by default.
    pub most_pixels: u64,
    /// `IMAGE_MAX_SIDE`: pictures are made so small that no side is longer; 2048 by default.
    pub longest_side: u32,
}

/// A picture that is ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// How both files are encoded.
    pub format: Format,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The picture itself.
    pub full: Bytes,
    /// Its small version.
    pub thumbnail: Bytes,
}

/// Why a file is no picture that is taken: the end of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("must not be empty")]
    Empty,
    #[error("must be a JPG, PNG or WebP picture")]
    OtherFormat,
    #[error("has a name that says another format than its content")]
    OtherName,
    #[error("must not have more pixels than are taken")]
    TooManyPixels,
    #[error("is damaged")]
    Damaged,
}

/// The threads that work on pictures, and the queue in front of them.
#[derive(Clone)]
pub struct Processing {
    jobs: SyncSender<Job>,
    /// Held so that a queue without threads fills up like any other.
    _waiting: Arc<Mutex<Receiver<Job>>>,
}

struct Job {
    file: File,
    name: String,
    limits: ProcessingConfig,
    answer: oneshot::Sender<Result<Picture, Error>>,
}

// === impl Processing ===

impl Processing {
    /// Starts the threads. They end when the last clone is dropped.
    ///
    /// # Errors
    /// When a thread can't be started.
    pub fn start(config: ProcessingConfig) -> std::io::Result<Self> {
        let (jobs, waiting) = sync_channel(config.queue);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..config.workers {
            let waiting = Arc::clone(&waiting);
            std::thread::Builder::new()
                .name(format!("images-{number}"))
                .spawn(move || work(&waiting))?;
        }
        Ok(Self {
            jobs,
            _waiting: waiting,
        })
    }

    /// Makes a picture of a file whose name is what the client gave.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming `image` for what is no such picture; [`Error::Overloaded`] at once when the queue is full.
    pub async fn process(
        &self,
        file: File,
        name: &str,
        limits: ProcessingConfig,
    ) -> Result<Picture, Error> {
        let (answer, processed) = oneshot::channel();
        let job = Job {
            file,
            name: name.to_owned(),
            limits,
            answer,
        };
        self.jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => Error::Overloaded,
            TrySendError::Disconnected(_) => Error::internal("the image threads have ended"),
        })?;
        processed.await.map_err(Error::internal)?
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    loop {
        let next = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        match next {
            Ok(job) => job.run(),
            Err(_) => return,
        }
    }
}

impl Job {
    /// A client that went away is not worked for. Nobody hears the answer if it goes away now, which is fine.
    fn run(self) {
        let Self {
            mut file,
            name,
            limits,
            answer,
        } = self;
        if answer.is_closed() {
            return;
        }
        let _ = answer.send(read(&mut file).and_then(|bytes| make_safely(&bytes, &name, limits)));
    }
}

fn read(file: &mut File) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    file.rewind().map_err(Error::internal)?;
    file.read_to_end(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

/// A file that has a decoder panic is refused like any other damaged one, and the thread works on.
fn make_safely(bytes: &[u8], name: &str, limits: ProcessingConfig) -> Result<Picture, Error> {
    let made = catch_unwind(AssertUnwindSafe(|| make(bytes, name, limits)));
    let made = made.unwrap_or_else(|_| {
        tracing::error!("a picture had its decoder panic");
        Err(Refusal::Damaged)
    });
    made.map_err(|refusal| Error::invalid("image", &refusal.to_string()))
}

/// Everything that is done to a picture, in its order. Nothing of the file but its pixels gets into what is stored.
fn make(bytes: &[u8], name: &str, limits: ProcessingConfig) -> Result<Picture, Refusal> {
    let format = decoding::format(bytes)?;
    if !format.may_be_named(name) {
        return Err(Refusal::OtherName);
    }
    let decoded = decoding::decode(bytes, format, limits.most_pixels)?;
    let full = sizing::fit(decoded.pixels, limits.longest_side)?;
    let mut full = encoding::without_needless_alpha(full);
    full.apply_orientation(decoded.orientation);
    let thumbnail = sizing::fit(full.clone(), THUMBNAIL_SIDE)?;
    let (format, encoded) = encoding::encode(&full, format)?;
    Ok(Picture {
        format,
        width: full.width(),
        height: full.height(),
        full: encoded.into(),
        thumbnail: encoding::encode_as(&thumbnail, format)?.into(),
    })
}

#[cfg(test)]
mod tests;
