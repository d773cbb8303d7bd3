//! Work at a rate or at full speed, and how long each piece of it took.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// The longest time that is told apart from longer ones.
const LONGEST: Duration = Duration::from_secs(60);
/// Pieces of work that may be under way at once when they begin at a rate. What would be more waits, and its wait counts.
const MOST_AT_ONCE: usize = 4_096;

/// How a piece of work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It was sent away, as under overload.
    Refused,
    /// It failed.
    Failed,
}

/// What a run of a piece of work has shown.
#[derive(Debug, Clone)]
pub struct Measured {
    /// From when each was due until it was done, in microseconds.
    pub done: Histogram<u64>,
    /// The same for those that were sent away.
    pub refused: Histogram<u64>,
    /// Those that failed.
    pub failed: u64,
    /// How long the run took.
    pub elapsed: Duration,
}

impl Measured {
    /// Nothing so far.
    ///
    /// # Panics
    /// Never: the bounds of the histograms are fixed.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the bounds are fixed, and fit")]
    fn nothing() -> Self {
        let longest = u64::try_from(LONGEST.as_micros()).unwrap_or(u64::MAX);
        let histogram = Histogram::new_with_bounds(1, longest, 3).expect("bounds that fit");
        Self {
            done: histogram.clone(),
            refused: histogram,
            failed: 0,
            elapsed: Duration::ZERO,
        }
    }

    fn note(&mut self, outcome: Outcome, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        match outcome {
            Outcome::Done => self.done.saturating_record(micros),
            Outcome::Refused => self.refused.saturating_record(micros),
            Outcome::Failed => self.failed += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        self.done += &other.done;
        self.refused += &other.refused;
        self.failed += other.failed;
    }

    /// Pieces of work that were done in a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        per_second(self.done.len(), self.elapsed)
    }

    /// The time within which a share of them was done, such as 0.99.
    #[must_use]
    pub fn at(&self, share: f64) -> Duration {
        Duration::from_micros(self.done.value_at_quantile(share))
    }

    /// The time within which a share of those that were sent away knew it.
    #[must_use]
    pub fn refused_at(&self, share: f64) -> Duration {
        Duration::from_micros(self.refused.value_at_quantile(share))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64().max(f64::EPSILON)
}

/// Has some workers do a piece of work over and over: how much fits. The times are those between beginning and end.
pub async fn at_full_speed<W, F>(workers: usize, duration: Duration, work: W) -> Measured
where
    W: Fn(u64) -> F + Send + Sync + 'static,
    F: Future<Output = Outcome> + Send,
{
    let (work, next) = (Arc::new(work), Arc::new(AtomicU64::new(0)));
    let begun = Instant::now();
    let end = begun + duration;
    let mut set = JoinSet::new();
    for _ in 0..workers {
        let (work, next) = (Arc::clone(&work), Arc::clone(&next));
        set.spawn(async move {
            let mut measured = Measured::nothing();
            while Instant::now() < end {
                let begun = Instant::now();
                let outcome = work(next.fetch_add(1, Ordering::Relaxed)).await;
                measured.note(outcome, begun.elapsed());
            }
            measured
        });
    }
    gather(set, begun).await
}

/// Has a piece of work begin so many times in a second, whether those before are done or not. The times are those between when each was due and its
/// end, so that a server which stops for a second has made everybody wait who came in that second.
pub async fn at_rate<W, F>(per_second: f64, duration: Duration, work: W) -> Measured
where
    W: Fn(u64) -> F + Send + Sync + 'static,
    F: Future<Output = Outcome> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
    let begun = Instant::now();
    let mut set = JoinSet::new();
    let mut measured = Measured::nothing();
    for number in 0.. {
        let due = begun + due_after(number, per_second);
        if due >= begun + duration {
            break;
        }
        sleep_until(due).await;
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            break;
        };
        let work = work(number);
        set.spawn(async move {
            let outcome = work.await;
            drop(place);
            (outcome, due.elapsed())
        });
        while let Some(Ok((outcome, took))) = set.try_join_next() {
            measured.note(outcome, took);
        }
    }
    while let Some(ended) = set.join_next().await {
        match ended {
            Ok((outcome, took)) => measured.note(outcome, took),
            Err(_) => measured.failed += 1,
        }
    }
    measured.elapsed = begun.elapsed();
    measured
}

#[expect(clippy::cast_precision_loss, reason = "no run has that many")]
fn due_after(number: u64, per_second: f64) -> Duration {
    Duration::from_secs_f64(number as f64 / per_second)
}

async fn gather(mut set: JoinSet<Measured>, begun: Instant) -> Measured {
    let mut all = Measured::nothing();
    while let Some(ended) = set.join_next().await {
        match ended {
            Ok(measured) => all.add(&measured),
            Err(_) => all.failed += 1,
        }
    }
    all.elapsed = begun.elapsed();
    all
}

/// How often a second all processors together can do something with nothing else to do. Counts what succeeds.
pub fn on_all_processors(time: Duration, work: impl Fn() -> bool + Sync) -> f64 {
    let done = AtomicU64::new(0);
    let elapsed = tokio::task::block_in_place(|| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while begun.elapsed() < time {
                        if work() {
                            done.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        begun.elapsed()
    });
    per_second(done.load(Ordering::Relaxed), elapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One stop of a second is felt by all that were due in it, not by one.
    #[tokio::test(start_paused = true)]
    async fn what_was_due_while_the_server_stood_still_counts() {
        let stopped = Instant::now() + Duration::from_secs(1);
        let measured = at_rate(100.0, Duration::from_secs(3), move |_| async move {
            if Instant::now() >= stopped && Instant::now() < stopped + Duration::from_secs(1) {
                sleep_until(stopped + Duration::from_secs(1)).await;
            }
            Outcome::Done
        })
        .await;
        assert_eq!(measured.done.len(), 300);
        assert!(measured.at(0.5) < Duration::from_millis(100));
        assert!(measured.at(0.9) > Duration::from_millis(600));
    }

    #[tokio::test(start_paused = true)]
    async fn at_full_speed_each_worker_waits_for_its_own_work() {
        let measured = at_full_speed(4, Duration::from_secs(10), |number| async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            match number % 4 {
                0 => Outcome::Refused,
                1 => Outcome::Failed,
                _ => Outcome::Done,
            }
        })
        .await;
        assert_eq!(
            measured.done.len() + measured.refused.len() + measured.failed,
            400
        );
        assert_eq!((measured.refused.len(), measured.failed), (100, 100));
        assert!((measured.rate() - 20.0).abs() < 1.0, "{}", measured.rate());
        assert!(measured.refused_at(0.99) >= Duration::from_millis(100));
    }
}
