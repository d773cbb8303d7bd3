//! Events for the caches of a process: as they come, and no waiting for a slow one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use crate::Event;
use crate::consumer::{Consumer, Verdict};
use crate::lanes::Lanes;

/// How many events may wait in each lane.
const LENGTH: usize = 1024;

/// The lanes of a subscription for [`crate::Audience::EachProcess`].
pub(crate) struct Feed {
    lanes: Lanes<Arc<Event>>,
    backlog: Arc<Backlog>,
}

#[derive(Default)]
struct Backlog {
    waiting: AtomicUsize,
    overflowed: AtomicBool,
}

impl Feed {
    pub(crate) fn start(consumer: Arc<Consumer>, stop: &CancellationToken) -> Self {
        let backlog = Arc::new(Backlog::default());
        let lanes = Lanes::start(LENGTH, stop, {
            let (backlog, stop) = (Arc::clone(&backlog), stop.clone());
            move |event| {
                let (consumer, backlog) = (Arc::clone(&consumer), Arc::clone(&backlog));
                handle(consumer, backlog, stop.clone(), event)
            }
        });
        Self { lanes, backlog }
    }

    /// Adds an event, or drops it when the process is too far behind: then the handler is told once it has caught up.
    pub(crate) fn offer(&self, event: Arc<Event>) {
        self.backlog.waiting.fetch_add(1, Ordering::SeqCst);
        let subject = event.subject.clone();
        if self.lanes.try_send(&subject, event).is_err() {
            self.backlog.overflowed.store(true, Ordering::SeqCst);
            self.backlog.waiting.fetch_sub(1, Ordering::SeqCst);
        }
    }

    pub(crate) async fn stopped(&self) {
        self.lanes.stopped().await;
    }
}

async fn handle(
    consumer: Arc<Consumer>,
    backlog: Arc<Backlog>,
    stop: CancellationToken,
    event: Arc<Event>,
) {
    let verdict = consumer.process(&event, &stop).await;
    let caught_up = backlog.waiting.fetch_sub(1, Ordering::SeqCst) == 1;
    let overflowed = caught_up && backlog.overflowed.swap(false, Ordering::SeqCst);
    if overflowed || matches!(verdict, Verdict::Dead(_)) {
        consumer.missed().await;
    }
}
