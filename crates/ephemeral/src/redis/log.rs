//! Logs over Redis: a stream each, and for each reader a line of its own that waits for entries.
//!
//! Each entry names the one before it. A reader that finds another one there has missed something: the stream was cut short before it came
//! there, or is a new one. A server that was started anew may have forgotten what its clients were told is stored, so that counts as a loss too.

use std::time::Duration;

use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::reconnect::Reconnect;
use super::{CONNECT_TIMEOUT, HEARTBEAT_EVERY, HEARTBEAT_TIMEOUT, LOG, silent};
use crate::log::Signals;
use crate::{EphemeralError, LogReader, LogSignal, Position};

/// A log that nobody has written to for as long is forgotten.
pub(super) const FORGOTTEN_AFTER: Duration = Duration::from_hours(24);
/// Entries read at a time.
const BATCH: usize = 256;

/// Where a reader is.
struct Place {
    /// Which start of which server that was.
    run: String,
    /// The last position that was told.
    last: Position,
    /// What the next entry has to name as the one before it.
    link: u64,
}

/// An entry of the stream.
struct Stored {
    position: Position,
    before: u64,
    payload: Bytes,
}

/// Why reading stopped.
enum End {
    /// Nobody listens.
    Unwanted,
    Failed(EphemeralError),
}

impl From<EphemeralError> for End {
    fn from(error: EphemeralError) -> Self {
        Self::Failed(error)
    }
}

/// Reads a log from the oldest entry on.
pub(super) fn follow(client: Client, log: &str, gone: CancellationToken) -> LogReader {
    let key = format!("{LOG}{log}");
    LogReader::start(|signals| async move {
        let mut reconnect = Reconnect::new("log");
        let mut place = None;
        loop {
            let reading = read(&client, &key, &mut place, &mut reconnect, &signals);
            let end = tokio::select! {
                end = reading => end,
                () = signals.closed() => return,
                () = gone.cancelled() => return,
            };
            let End::Failed(error) = end else {
                return;
            };
            tokio::select! {
                () = reconnect.pause_after(&error) => {}
                () = signals.closed() => return,
                () = gone.cancelled() => return,
            }
        }
    })
}

/// Reads until the line is lost.
async fn read(
    client: &Client,
    key: &str,
    place: &mut Option<Place>,
    reconnect: &mut Reconnect,
    signals: &Signals,
) -> End {
    let reading = async {
        let mut line = Line::open(client).await?;
        reconnect.opened();
        let place = line.take_place(key, place, signals).await?;
        loop {
            for entry in line.entries_behind(key, place.last).await? {
                tell(entry, place, signals).await?;
            }
        }
    };
    let Err::<std::convert::Infallible, End>(end) = reading.await;
    end
}

/// Tells an entry, and before it that others are missing, if they are.
async fn tell(entry: Stored, place: &mut Place, signals: &Signals) -> Result<(), End> {
    let Stored {
        position,
        before,
        payload,
    } = entry;
    let age = position
        .since_epoch()
        .saturating_sub(place.last.since_epoch());
    let is_forgotten = before == 0 && age >= FORGOTTEN_AFTER;
    if before != place.link && !is_forgotten {
        let after = Position::from_number(before).max(place.last);
        tracing::warn!("log entries are lost: the log does not go on where it was read");
        send(signals, LogSignal::Lost { after }).await?;
    }
    place.last = position;
    place.link = position.number();
    send(signals, LogSignal::Entry { position, payload }).await
}

async fn send(signals: &Signals, signal: LogSignal) -> Result<(), End> {
    signals.send(signal).await.map_err(|_| End::Unwanted)
}

/// The reader's connection.
struct Line(MultiplexedConnection);

impl Line {
    async fn open(client: &Client) -> Result<Self, EphemeralError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(None);
        let connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        Ok(Self(connection))
    }

    /// Finds out where to go on, and tells what that means.
    async fn take_place<'a>(
        &mut self,
        key: &str,
        place: &'a mut Option<Place>,
        signals: &Signals,
    ) -> Result<&'a mut Place, End> {
        let run = self.run().await?;
        match place {
            Some(known) if known.run == run => {}
            Some(known) => {
                let newest = self.newest(key).await?;
                let now = self.now().await?;
                tracing::warn!("log entries may be lost: redis was started anew");
                known.run = run;
                known.link = newest.map_or(0, Position::number);
                known.last = newest.unwrap_or(now).max(known.last);
                send(signals, LogSignal::Lost { after: known.last }).await?;
            }
            None => *place = Some(self.begin(key, run, signals).await?),
        }
        place.as_mut().ok_or(End::Unwanted)
    }

    /// Tells all that is there.
    async fn begin(&mut self, key: &str, run: String, signals: &Signals) -> Result<Place, End> {
        // First the clock: an entry that comes after it lies behind it.
        let now = self.now().await?;
        let newest = self.newest(key).await?;
        let mut entries = self
            .entries_from(key, Position::from_number(0), None)
            .await?;
        let (after, link) = match entries.first() {
            None => (now, 0),
            // The first of all: what was in the log before, if anything, nobody knows.
            Some(first) if first.before == 0 => (first.position.before(), 0),
            Some(first) => (Position::from_number(first.before), first.before),
        };
        send(signals, LogSignal::Begins { after }).await?;
        let mut place = Place {
            run,
            last: after,
            link,
        };
        let until = newest.unwrap_or(after);
        while !entries.is_empty() {
            for entry in entries {
                tell(entry, &mut place, signals).await?;
            }
            if place.last >= until {
                break;
            }
            entries = self.entries_from(key, place.last, None).await?;
        }
        send(signals, LogSignal::CaughtUp).await?;
        Ok(place)
    }

    /// Waits for entries; none when there were none for a while, which shows that the line is alive.
    async fn entries_behind(
        &mut self,
        key: &str,
        position: Position,
    ) -> Result<Vec<Stored>, EphemeralError> {
        self.entries_from(key, position, Some(HEARTBEAT_EVERY))
            .await
    }

    async fn entries_from(
        &mut self,
        key: &str,
        position: Position,
        wait: Option<Duration>,
    ) -> Result<Vec<Stored>, EphemeralError> {
        let mut command = redis::cmd("XREAD");
        command.arg("COUNT").arg(BATCH);
        if let Some(wait) = wait {
            command.arg("BLOCK").arg(wait.as_millis().to_string());
        }
        command.arg("STREAMS").arg(key).arg(position.stream_id());
        let limit = HEARTBEAT_TIMEOUT + wait.unwrap_or_default();
        let streams: Option<Vec<(String, Vec<Raw>)>> = self.query(command, limit).await?;
        let entries = streams
            .into_iter()
            .flatten()
            .flat_map(|(_, entries)| entries);
        entries.map(stored).collect()
    }

    async fn newest(&mut self, key: &str) -> Result<Option<Position>, EphemeralError> {
        let mut command = redis::cmd("XREVRANGE");
        command.arg(key).arg("+").arg("-").arg("COUNT").arg(1);
        let newest: Vec<Raw> = self.query(command, HEARTBEAT_TIMEOUT).await?;
        let newest = newest.into_iter().next().map(stored).transpose()?;
        Ok(newest.map(|entry| entry.position))
    }

    /// The position right before all that is appended from now on to an empty log.
    async fn now(&mut self) -> Result<Position, EphemeralError> {
        let (seconds, micros): (u64, u64) =
            self.query(redis::cmd("TIME"), HEARTBEAT_TIMEOUT).await?;
        Ok(Position::at(Duration::from_secs(seconds) + Duration::from_micros(micros)).before())
    }

    /// Names this start of this server.
    async fn run(&mut self) -> Result<String, EphemeralError> {
        let mut command = redis::cmd("INFO");
        command.arg("server");
        let info: String = self.query(command, HEARTBEAT_TIMEOUT).await?;
        let run = info.lines().find_map(|line| line.strip_prefix("run_id:"));
        Ok(run.unwrap_or_default().trim().to_owned())
    }

    async fn query<T: FromRedisValue>(
        &mut self,
        command: Cmd,
        limit: Duration,
    ) -> Result<T, EphemeralError> {
        match timeout(limit, command.query_async(&mut self.0)).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(silent(limit)),
        }
    }
}

/// An entry as the server answers it: its id, and names and values in turn.
type Raw = (String, Vec<Vec<u8>>);

fn stored((id, fields): Raw) -> Result<Stored, EphemeralError> {
    let position = Position::of_stream_id(&id);
    let mut values = fields.into_iter().skip(1).step_by(2);
    let before = values.next().and_then(|text| String::from_utf8(text).ok());
    let before = before.and_then(|text| text.parse().ok());
    match (position, before, values.nth(1)) {
        (Some(position), Some(before), Some(payload)) => Ok(Stored {
            position,
            before,
            payload: payload.into(),
        }),
        _ => Err(EphemeralError::Refused {
            code: "a foreign entry in the log".to_owned(),
        }),
    }
}
