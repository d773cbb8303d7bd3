//! One subscription's lanes.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::graveyard::Graveyard;
use crate::backoff::Backoff;
use crate::consumer::{Consumer, Death, Verdict, with_causes};
use crate::feed::Feed;
use crate::lanes::{Lanes, NoPlace};
use crate::{Audience, Event, PublishError};

/// How many events may wait in each lane; then publishing waits.
const LENGTH: usize = 64;

/// One subscription's lanes.
pub(super) struct Queue {
    consumer: Arc<Consumer>,
    line: Line,
}

enum Line {
    Once(Lanes<Job>),
    EachProcess {
        feed: Feed,
        _greeting: AbortOnDropHandle<()>,
    },
}

struct Job {
    event: Arc<Event>,
    done: oneshot::Sender<()>,
}

/// An event that was handed out; it is not safe yet.
pub(super) struct Pending(oneshot::Receiver<()>);

impl Queue {
    pub(super) fn start(
        consumer: Consumer,
        graveyard: Arc<Graveyard>,
        stop: &CancellationToken,
    ) -> Self {
        let consumer = Arc::new(consumer);
        let line = match consumer.subscription.audience {
            Audience::Once => Line::once(&consumer, graveyard, stop),
            Audience::EachProcess => Line::each_process(&consumer, stop),
        };
        Self { consumer, line }
    }

    pub(super) fn name(&self) -> &str {
        &self.consumer.subscription.queue
    }

    pub(super) fn wants(&self, kind: &str) -> bool {
        self.consumer.subscription.wants(kind)
    }

    /// Takes an event, when there is a place. What may be lost is not pending.
    pub(super) async fn take(&self, event: Arc<Event>) -> Result<Option<Pending>, PublishError> {
        match &self.line {
            Line::EachProcess { feed, .. } => {
                feed.offer(event);
                Ok(None)
            }
            Line::Once(lanes) => {
                let (done, is_done) = oneshot::channel();
                let subject = event.subject.clone();
                lanes
                    .send(&subject, Job { event, done })
                    .await
                    .map_err(|NoPlace| PublishError::Closed)?;
                Ok(Some(Pending(is_done)))
            }
        }
    }

    pub(super) async fn stopped(&self) {
        match &self.line {
            Line::Once(lanes) => lanes.stopped().await,
            Line::EachProcess { feed, .. } => feed.stopped().await,
        }
    }
}

impl Line {
    fn once(consumer: &Arc<Consumer>, graveyard: Arc<Graveyard>, stop: &CancellationToken) -> Self {
        let consumer = Arc::clone(consumer);
        let token = stop.clone();
        Self::Once(Lanes::start(LENGTH, stop, move |job| {
            work(
                Arc::clone(&consumer),
                Arc::clone(&graveyard),
                token.clone(),
                job,
            )
        }))
    }

    fn each_process(consumer: &Arc<Consumer>, stop: &CancellationToken) -> Self {
        let greeted = Arc::clone(consumer);
        Self::EachProcess {
            feed: Feed::start(Arc::clone(consumer), stop),
            _greeting: AbortOnDropHandle::new(tokio::spawn(async move { greeted.missed().await })),
        }
    }
}

impl Pending {
    /// Waits until the event is safe.
    pub(super) async fn end(self) -> Result<(), PublishError> {
        self.0.await.map_err(|_| PublishError::NotKept)
    }
}

async fn work(
    consumer: Arc<Consumer>,
    graveyard: Arc<Graveyard>,
    stop: CancellationToken,
    job: Job,
) {
    let safe = match consumer.process(&job.event, &stop).await {
        Verdict::Handled => true,
        Verdict::Stopped => false,
        Verdict::Dead(death) => {
            let queue = &consumer.subscription.queue;
            bury(&graveyard, queue, &job.event, &death, &stop).await
        }
    };
    if safe {
        // Nobody waits when the relay is gone: the event comes again, and the inbox drops it.
        let _ = job.done.send(());
    }
}

/// Tries until it works, as those of the same subject must not overtake; false when there was no time left.
async fn bury(
    graveyard: &Graveyard,
    queue: &str,
    event: &Event,
    death: &Death,
    stop: &CancellationToken,
) -> bool {
    let mut failures = 0;
    loop {
        let Err(error) = graveyard.bury(queue, event, death).await else {
            return true;
        };
        failures += 1;
        if failures == 1 {
            let error = with_causes(&error);
            tracing::warn!(queue, event.id = %event.id, error, "a dead letter can't be kept yet");
        }
        let wait = tokio::time::sleep(Backoff::SERVER.after(failures));
        if stop.run_until_cancelled(wait).await.is_none() {
            return false;
        }
    }
}
