//! Working on pictures: off the asynchronous threads, a few at a time, in a short queue.

use std::fs::File;
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use oruma_picture::{Limits, Picture, Refusal};
use tokio::sync::oneshot;

use crate::error::Error;

/// How pictures are worked on.
#[derive(Debug, Clone, Copy)]
pub struct ProcessingConfig {
    /// `IMAGE_WORKERS`: threads that work on pictures; by default one less than there are processors, and one at least.
    pub workers: usize,
    /// `IMAGE_QUEUE`: pictures that may wait for a thread; by default 8 for each.
    pub queue: usize,
    /// `IMAGE_MAX_PIXELS`, 50,000,000 by default, and `IMAGE_MAX_SIDE`, 2048 by default.
    pub limits: Limits,
}

/// The threads that work on pictures, and the queue in front of them.
#[derive(Clone)]
pub struct Processing {
    jobs: SyncSender<Job>,
    limits: Limits,
    /// Held so that a queue without threads fills up like any other.
    _waiting: Arc<Mutex<Receiver<Job>>>,
}

struct Job {
    file: File,
    name: String,
    limits: Limits,
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
            limits: config.limits,
            _waiting: waiting,
        })
    }

    /// Makes a picture of a file whose name is what the client gave.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming `image` for what is no such picture; [`Error::Overloaded`] at once when the queue is full.
    pub async fn process(&self, file: File, name: &str) -> Result<Picture, Error> {
        let (answer, processed) = oneshot::channel();
        let job = Job {
            file,
            name: name.to_owned(),
            limits: self.limits,
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
fn make_safely(bytes: &[u8], name: &str, limits: Limits) -> Result<Picture, Error> {
    let made = catch_unwind(AssertUnwindSafe(|| {
        oruma_picture::make(bytes, name, limits)
    }));
    let made = made.unwrap_or_else(|_| {
        tracing::error!("a picture had its decoder panic");
        Err(Refusal::Damaged)
    });
    made.map_err(|refusal| Error::invalid("image", &refusal.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        // No thread takes anything, so the second job finds the queue full.
        let processing = Processing::start(ProcessingConfig {
            workers: 0,
            queue: 1,
            limits: Limits {
                most_pixels: 1,
                longest_side: 1,
            },
        })
        .unwrap();
        let file = || tempfile::tempfile().unwrap();
        let waiting = {
            let (processing, file) = (processing.clone(), file());
            tokio::spawn(async move { processing.process(file, "").await })
        };
        loop {
            let second = processing.process(file(), "");
            let second = tokio::time::timeout(std::time::Duration::from_millis(20), second);
            if matches!(second.await, Ok(Err(Error::Overloaded))) {
                break;
            }
        }
        waiting.abort();
    }
}
