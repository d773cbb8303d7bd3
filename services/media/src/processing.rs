//! Working on pictures: off the asynchronous threads, a few at a time, in a short queue.

use std::fs::File;
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use oruma_picture::{Limits, Picture, Refusal, Source};
use oruma_telemetry::metrics::{Counter, Histogram, KeyValue, UpDownCounter, meter};
use tokio::sync::{Semaphore, oneshot};

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
    meters: PictureMeters,
    /// Small pictures of files that are worked on or in the queue: no more than there are threads, so that there is room for pictures.
    turns: Arc<Semaphore>,
    /// Held so that a queue without threads fills up like any other.
    _waiting: Arc<Mutex<Receiver<Job>>>,
}

/// What a thread does. It looks itself whether anybody still waits for it.
type Job = Box<dyn FnOnce() + Send>;

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
            meters: PictureMeters::new(),
            turns: Arc::new(Semaphore::new(config.workers)),
            _waiting: waiting,
        })
    }

    /// Makes a picture of a file that came as one of `sources` and whose name is what the client gave.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming `image` for what is no such picture; [`Error::Overloaded`] at once when the queue is full.
    pub async fn process(
        &self,
        file: File,
        name: &str,
        sources: &[Source],
    ) -> Result<Picture, Error> {
        let (name, sources, limits) = (name.to_owned(), sources.to_vec(), self.limits);
        let made = self.run("picture", file, move |bytes| {
            oruma_picture::make(bytes, &name, &sources, limits)
        });
        made.await?
            .map_err(|refusal| Error::invalid("image", &refusal.to_string()))
    }

    /// Makes a small JPEG of a file; `None` for what is no picture that can be read. It waits for its turn, since the whole file has come already.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the queue is full of pictures then.
    pub async fn thumbnail(&self, file: File) -> Result<Option<Vec<u8>>, Error> {
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        let limits = self.limits;
        let made = self.run("thumbnail", file, move |bytes| {
            oruma_picture::thumbnail(bytes, limits)
        });
        Ok(made.await?.ok())
    }

    /// Has a thread work on the bytes of a file. A client that went away is not worked for. Nobody hears the answer if it goes away while it is, which is
    /// fine.
    async fn run<T: Send + 'static>(
        &self,
        kind: &'static str,
        mut file: File,
        work: impl FnOnce(&[u8]) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<Result<T, Refusal>, Error> {
        let (answer, answered) = oneshot::channel();
        let waiting = self.meters.wait(kind);
        let job: Job = Box::new(move || {
            let working = waiting.over();
            if !answer.is_closed() {
                let made = read(&mut file).map(|bytes| safely(|| work(&bytes)));
                // Before the answer: whoever has it finds it counted.
                working.done();
                let _ = answer.send(made);
            }
        });
        self.jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => {
                self.meters.refused(kind);
                Error::Overloaded
            }
            TrySendError::Disconnected(_) => Error::internal("the image threads have ended"),
        })?;
        answered.await.map_err(Error::internal)?
    }
}

/// What is counted of the queue and of the work, by its kind: `picture`, `thumbnail`.
#[derive(Clone)]
struct PictureMeters {
    waiting: UpDownCounter<i64>,
    refused: Counter<u64>,
    duration: Histogram<f64>,
}

impl PictureMeters {
    fn new() -> Self {
        let meter = meter("oruma.media");
        Self {
            waiting: meter
                .i64_up_down_counter("oruma.pictures.waiting")
                .with_description("Pictures that wait for a thread, by work: picture, thumbnail")
                .build(),
            refused: meter
                .u64_counter("oruma.pictures.refused")
                .with_description("Pictures that found the queue full, by work")
                .build(),
            duration: meter
                .f64_histogram("oruma.pictures.duration")
                .with_unit("s")
                .with_description("How long a thread works on a picture, by work")
                .build(),
        }
    }

    fn refused(&self, kind: &'static str) {
        self.refused.add(1, &[KeyValue::new("work", kind)]);
    }

    /// Counts a picture as waiting until the answer is over, or dropped with a job that nobody takes.
    fn wait(&self, kind: &'static str) -> Waiting {
        let kind = KeyValue::new("work", kind);
        self.waiting.add(1, std::slice::from_ref(&kind));
        Waiting {
            meters: self.clone(),
            kind,
        }
    }
}

/// While it lives, a picture waits.
struct Waiting {
    meters: PictureMeters,
    kind: KeyValue,
}

impl Waiting {
    /// Ends the wait and begins the work.
    fn over(self) -> Working {
        Working {
            duration: self.meters.duration.clone(),
            kind: self.kind.clone(),
            began: Instant::now(),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.meters
            .waiting
            .add(-1, std::slice::from_ref(&self.kind));
    }
}

/// Work on a picture.
struct Working {
    duration: Histogram<f64>,
    kind: KeyValue,
    began: Instant,
}

impl Working {
    fn done(self) {
        let took = self.began.elapsed().as_secs_f64();
        self.duration.record(took, std::slice::from_ref(&self.kind));
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    loop {
        let next = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        match next {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

fn read(file: &mut File) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    file.rewind().map_err(Error::internal)?;
    file.read_to_end(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

/// A file that has a decoder panic is refused like any other damaged one, and the thread works on.
fn safely<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        tracing::error!("a picture had its decoder panic");
        Err(Refusal::Damaged)
    })
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
            tokio::spawn(async move { processing.process(file, "", &[]).await })
        };
        loop {
            let second = processing.process(file(), "", &[]);
            let second = tokio::time::timeout(std::time::Duration::from_millis(20), second);
            if matches!(second.await, Ok(Err(Error::Overloaded))) {
                break;
            }
        }
        waiting.abort();
    }
}
