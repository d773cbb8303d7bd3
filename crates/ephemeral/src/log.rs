//! A shared log of what happened lately: what topics tell once, a log tells again to those who were away for a moment.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// Signals that wait for a slow reader; the log itself keeps the rest.
const QUEUE: usize = 256;
/// Positions in one millisecond.
const IN_A_MILLISECOND: u64 = 1_024;

/// A place in a log. Places of later entries are larger, in every process, and fit into the 53 bits that JavaScript's numbers have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

/// How much of a log is kept. What is older, or too much, goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogBounds {
    /// How long an entry is kept at least while there is room; later it goes with the next append.
    pub age: Duration,
    /// Entries at the most.
    pub entries: usize,
    /// Bytes of all entries together, at the most; the newest entry stays in any case.
    pub bytes: usize,
}

/// What the reader of a log is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogSignal {
    /// The first signal: every entry behind this position follows, in order.
    Begins {
        /// Entries up to here may be missing.
        after: Position,
    },
    /// An entry.
    Entry {
        /// Its place.
        position: Position,
        /// What it holds.
        payload: Bytes,
    },
    /// What was there when the reader began has been told; from here on entries come as they are appended.
    CaughtUp,
    /// Entries up to this position may be missing; every entry behind it follows. Redis lost its memory, or the reader fell out of the log.
    Lost {
        /// Entries up to here may be missing.
        after: Position,
    },
}

/// Reads a log: all that is kept, then what is appended. It reconnects by itself, and goes on where it was; dropping it ends it.
#[derive(Debug)]
pub struct LogReader {
    signals: mpsc::Receiver<LogSignal>,
    _task: AbortOnDropHandle<()>,
}

/// Where a reader's signals go.
pub(crate) type Signals = mpsc::Sender<LogSignal>;

impl Position {
    /// The first position of a millisecond.
    pub(crate) fn at(since_epoch: Duration) -> Self {
        let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        Self(millis.saturating_mul(IN_A_MILLISECOND))
    }

    /// The position of that number.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The place right before it.
    #[must_use]
    pub const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The place right after it.
    pub(crate) const fn after(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// How long after the beginning of 1970 it was given.
    #[must_use]
    pub const fn since_epoch(self) -> Duration {
        Duration::from_millis(self.0 / IN_A_MILLISECOND)
    }

    /// Its number as an id of a Redis stream.
    pub(crate) fn stream_id(self) -> String {
        format!(
            "{}-{}",
            self.0 / IN_A_MILLISECOND,
            self.0 % IN_A_MILLISECOND
        )
    }

    /// The position of such an id.
    pub(crate) fn of_stream_id(id: &str) -> Option<Self> {
        let (millis, count) = id.split_once('-')?;
        let (millis, count): (u64, u64) = (millis.parse().ok()?, count.parse().ok()?);
        let number = millis.checked_mul(IN_A_MILLISECOND)?.checked_add(count)?;
        (count < IN_A_MILLISECOND).then_some(Self(number))
    }
}

impl LogReader {
    /// Starts a reader whose signals come from a task.
    pub(crate) fn start<F>(read: impl FnOnce(Signals) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (sender, signals) = mpsc::channel(QUEUE);
        Self {
            signals,
            _task: AbortOnDropHandle::new(tokio::spawn(read(sender))),
        }
    }

    /// Waits for the next signal; none only once the [`Ephemeral`](crate::Ephemeral) it came from is gone.
    ///
    /// Nothing is lost when the future is dropped before it is done, as in a `select!`.
    pub async fn next(&mut self) -> Option<LogSignal> {
        self.signals.recv().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_an_id_of_a_stream_and_a_small_number() {
        let position = Position::at(Duration::from_millis(1_800_000_000_123)).after();
        assert_eq!(position.stream_id(), "1800000000123-1");
        assert_eq!(Position::of_stream_id("1800000000123-1"), Some(position));
        assert!(position.number() < 1 << 53);
        assert_eq!(
            position.since_epoch(),
            Duration::from_millis(1_800_000_000_123)
        );
    }

    #[test]
    fn ids_that_this_crate_never_gives_are_no_positions() {
        for id in ["", "7", "7-", "-7", "7-1024", "99999999999999999999-0"] {
            assert_eq!(Position::of_stream_id(id), None, "{id}");
        }
    }
}
