//! Logs inside the process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use super::Now;
use crate::log::Signals;
use crate::{LogBounds, LogReader, LogSignal, Position};

/// Entries that a reader takes at a time.
const BATCH: usize = 128;

/// The logs of this process, each from its first use on.
pub(super) struct Logs {
    logs: Mutex<HashMap<String, Arc<Log>>>,
    now: Now,
}

struct Log {
    kept: Mutex<Kept>,
    /// The position of the newest entry; gone with the implementation, which ends its readers.
    newest: Mutex<Option<watch::Sender<Position>>>,
}

struct Kept {
    entries: VecDeque<(Position, Bytes)>,
    bytes: usize,
    newest: Position,
    /// Every entry behind this one is here.
    floor: Position,
}

/// What a reader finds behind a position.
enum Found {
    Entries(Vec<(Position, Bytes)>),
    /// It fell out: entries up to here are gone.
    Lost(Position),
}

impl Logs {
    pub(super) fn new(now: Now) -> Self {
        Self {
            logs: Mutex::default(),
            now,
        }
    }

    pub(super) fn append(&self, name: &str, payload: Bytes, bounds: LogBounds) -> Position {
        let log = self.log(name);
        let position = {
            let mut kept = lock(&log.kept);
            // Read under the lock, so that later entries have later times.
            kept.append(payload, bounds, (self.now)())
        };
        if let Some(newest) = &*lock(&log.newest) {
            newest.send_replace(position);
        }
        position
    }

    pub(super) fn follow(&self, name: &str) -> LogReader {
        let log = self.log(name);
        let news = lock(&log.newest).as_ref().map(watch::Sender::subscribe);
        LogReader::start(|signals| async move {
            if let Some(news) = news {
                read(&log, news, signals).await;
            }
        })
    }

    /// Ends all readers.
    pub(super) fn close(&self) {
        for (_, log) in lock(&self.logs).drain() {
            lock(&log.newest).take();
        }
    }

    fn log(&self, name: &str) -> Arc<Log> {
        let mut logs = lock(&self.logs);
        let log = logs
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(Log::new((self.now)())));
        Arc::clone(log)
    }
}

impl Log {
    fn new(now: Duration) -> Self {
        let floor = Position::at(now);
        Self {
            kept: Mutex::new(Kept {
                entries: VecDeque::new(),
                bytes: 0,
                newest: floor,
                floor,
            }),
            newest: Mutex::new(Some(watch::Sender::new(floor))),
        }
    }
}

impl Kept {
    fn append(&mut self, payload: Bytes, bounds: LogBounds, now: Duration) -> Position {
        let position = Position::at(now).max(self.newest.after());
        self.newest = position;
        self.bytes += payload.len();
        self.entries.push_back((position, payload));
        let oldest = Position::at(now.saturating_sub(bounds.age));
        while self.entries.len() > 1
            && self.entries.front().is_some_and(|(first, _)| {
                *first < oldest || self.entries.len() > bounds.entries || self.bytes > bounds.bytes
            })
        {
            self.drop_first();
        }
        position
    }

    fn drop_first(&mut self) {
        if let Some((position, payload)) = self.entries.pop_front() {
            self.bytes -= payload.len();
            self.floor = position;
        }
    }

    fn behind(&self, position: Position) -> Found {
        if position < self.floor {
            return Found::Lost(self.floor);
        }
        let start = self.entries.partition_point(|(at, _)| *at <= position);
        Found::Entries(self.entries.range(start..).take(BATCH).cloned().collect())
    }
}

/// Tells all that is kept and all that comes, until nobody listens or the log is closed.
async fn read(log: &Log, mut news: watch::Receiver<Position>, signals: Signals) {
    let (mut last, caught_up_at) = {
        let kept = lock(&log.kept);
        (kept.floor, kept.newest)
    };
    let mut is_caught_up = false;
    if signals
        .send(LogSignal::Begins { after: last })
        .await
        .is_err()
    {
        return;
    }
    loop {
        let found = lock(&log.kept).behind(last);
        let is_end = matches!(&found, Found::Entries(entries) if entries.is_empty());
        let Some(now_at) = tell(found, last, &signals).await else {
            return;
        };
        last = now_at;
        if !is_caught_up && last >= caught_up_at {
            is_caught_up = true;
            if signals.send(LogSignal::CaughtUp).await.is_err() {
                return;
            }
        }
        if is_end {
            tokio::select! {
                changed = news.wait_for(|newest| *newest > last) => if changed.is_err() { return },
                () = signals.closed() => return,
            }
        }
    }
}

/// Tells what was found; where the reader is then, unless nobody listens.
async fn tell(found: Found, last: Position, signals: &Signals) -> Option<Position> {
    match found {
        Found::Lost(after) => {
            signals.send(LogSignal::Lost { after }).await.ok()?;
            Some(after)
        }
        Found::Entries(entries) => {
            let mut last = last;
            for (position, payload) in entries {
                last = position;
                signals
                    .send(LogSignal::Entry { position, payload })
                    .await
                    .ok()?;
            }
            Some(last)
        }
    }
}

/// No change here is left half done by a panic, so a poisoned lock is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
