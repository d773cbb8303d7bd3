//! Work side by side for different subjects, and one after the other for the same.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

/// How many subjects of one subscription are worked on at the same time.
pub(crate) const LANES: usize = 8;

/// Queues that are worked on side by side. Dropping them ends the work where it stands.
pub(crate) struct Lanes<T> {
    queues: Vec<mpsc::Sender<T>>,
    stop: CancellationToken,
    tracker: TaskTracker,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

/// What has no place: the lane's queue is full, or the lanes have stopped.
pub(crate) struct NoPlace;

impl<T: Send + 'static> Lanes<T> {
    /// Starts [`LANES`] lanes with queues of that length. Once `stop` is cancelled each finishes what it is at, and drops the rest.
    pub(crate) fn start<W, F>(length: usize, stop: &CancellationToken, work: W) -> Self
    where
        W: Fn(T) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let tracker = TaskTracker::new();
        let (queues, tasks) = (0..LANES)
            .map(|_| {
                let (queue, items) = mpsc::channel(length);
                let lane = run(items, stop.clone(), work.clone());
                (queue, AbortOnDropHandle::new(tracker.spawn(lane)))
            })
            .unzip();
        tracker.close();
        Self {
            queues,
            stop: stop.clone(),
            tracker,
            _tasks: tasks,
        }
    }

    /// Adds an item behind the others of its subject, and waits for a place.
    pub(crate) async fn send(&self, subject: &str, item: T) -> Result<(), NoPlace> {
        let queue = self.queue(subject).ok_or(NoPlace)?;
        queue.send(item).await.map_err(|_| NoPlace)
    }

    /// Adds an item behind the others of its subject, if there is a place.
    pub(crate) fn try_send(&self, subject: &str, item: T) -> Result<(), NoPlace> {
        let queue = self.queue(subject).ok_or(NoPlace)?;
        queue.try_send(item).map_err(|_| NoPlace)
    }

    /// Stops, and waits until each lane has finished what it is at.
    pub(crate) async fn stopped(&self) {
        self.stop.cancel();
        self.tracker.wait().await;
    }

    fn queue(&self, subject: &str) -> Option<&mpsc::Sender<T>> {
        self.queues.get(lane_of(subject))
    }
}

async fn run<T, F: Future<Output = ()>>(
    mut items: mpsc::Receiver<T>,
    stop: CancellationToken,
    work: impl Fn(T) -> F,
) {
    while let Some(Some(item)) = stop.run_until_cancelled(items.recv()).await {
        work(item).await;
    }
}

/// The same lane for the same subject, always.
fn lane_of(subject: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    subject.hash(&mut hasher);
    usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_subject_has_one_lane(subject in ".*") {
            prop_assert_eq!(lane_of(&subject), lane_of(&subject.clone()));
            prop_assert!(lane_of(&subject) < LANES);
        }
    }

    #[test]
    fn subjects_are_spread_over_all_lanes() {
        let lanes: HashSet<_> = (0..100).map(|n| lane_of(&format!("subject {n}"))).collect();
        assert_eq!(lanes.len(), LANES);
    }

    #[tokio::test]
    async fn items_of_a_subject_keep_their_order() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = CancellationToken::new();
        let lanes = Lanes::start(4, &stop, {
            let seen = Arc::clone(&seen);
            move |(n, done): (u32, tokio::sync::oneshot::Sender<()>)| {
                let seen = Arc::clone(&seen);
                async move {
                    tokio::task::yield_now().await;
                    seen.lock().unwrap().push(n);
                    let _ = done.send(());
                }
            }
        });
        let mut finished = Vec::new();
        for n in 0..50 {
            let (done, is_done) = tokio::sync::oneshot::channel();
            assert!(lanes.send("same", (n, done)).await.is_ok());
            finished.push(is_done);
        }
        for is_done in finished {
            is_done.await.unwrap();
        }
        assert_eq!(*seen.lock().unwrap(), (0..50).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_stop_waits_for_the_item_at_hand_and_drops_the_rest() {
        let (begun, mut is_begun) = mpsc::unbounded_channel();
        let (go_on, gate) = tokio::sync::watch::channel(false);
        let done = Arc::new(Mutex::new(Vec::new()));
        let stop = CancellationToken::new();
        let lanes = Lanes::start(4, &stop, {
            let done = Arc::clone(&done);
            move |n: u32| {
                let (begun, mut gate, done) = (begun.clone(), gate.clone(), Arc::clone(&done));
                async move {
                    begun.send(n).unwrap();
                    gate.wait_for(|open| *open).await.unwrap();
                    done.lock().unwrap().push(n);
                }
            }
        });
        assert!(lanes.send("same", 1).await.is_ok() && lanes.try_send("same", 2).is_ok());
        is_begun.recv().await.unwrap();
        stop.cancel();
        go_on.send(true).unwrap();
        lanes.stopped().await;
        assert_eq!(*done.lock().unwrap(), [1]);
        assert!(lanes.send("same", 3).await.is_err());
    }
}
