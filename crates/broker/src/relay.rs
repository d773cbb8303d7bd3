//! From the outbox to the broker.

mod caution;
mod rows;

use std::time::Duration;

use diesel::QueryResult;
use diesel::result::Error;
use diesel_async::AsyncConnection;
use oruma_postgres::{Connection, Database};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::Span;

use crate::backoff::Backoff;
use crate::consumer::with_causes;
use crate::meters::OutboxMeters;
use crate::{Event, PublishError, RelayError, SharedBroker, spans};
use caution::Caution;
use rows::{Row, Rows};

/// How often the outbox is looked at when nobody woke the relay: a process may have died between its commit and that.
const IDLE: Duration = Duration::from_secs(1);
/// How often what waits is counted.
const COUNT: Duration = Duration::from_secs(15);
/// How long a stop waits for what is being published.
const LAST_BATCH: Duration = Duration::from_secs(5);

/// Publishes what a service's outbox holds, and then deletes it there.
///
/// Each replica of the service runs one; an advisory lock lets one at a time work, so that events leave in the order of their
/// positions. What was published may be published again after a crash or an error, never less than once.
///
/// An event that the broker will never take does not hold up the others: it moves to the schema's `dead_letters`, under the
/// queue `outbox`.
pub struct Relay {
    database: Database,
    rows: Rows,
    broker: SharedBroker,
    meters: OutboxMeters,
}

/// What one look at the outbox brought.
#[derive(Default)]
struct Pass {
    read: usize,
    gone: usize,
    /// There may be more than were read together. Whoever commits later wakes the relay.
    is_more: bool,
    failure: Option<PublishError>,
}

/// What has become of the rows that were read.
#[derive(Default)]
struct Outcome {
    published: Vec<i64>,
    given_up: Vec<(Row, String)>,
    failure: Option<PublishError>,
}

// === impl Relay ===

impl Relay {
    /// The relay of the service that owns `schema`. It takes one connection from the pool while it works.
    #[must_use]
    pub fn new(database: Database, schema: &'static str, broker: SharedBroker) -> Self {
        Self {
            database,
            rows: Rows::new(schema),
            broker,
            meters: OutboxMeters::new(schema),
        }
    }

    /// Publishes as events come, until `stop` is cancelled and what was being published is confirmed, for 5 seconds at most.
    ///
    /// Works through outages of the database and of the broker, and logs one warning at the start of each.
    pub async fn run(self, stop: CancellationToken) {
        let mut caution = Caution::default();
        let mut failures = 0;
        let mut counted = None;
        while !stop.is_cancelled() {
            let pass = tokio::select! {
                pass = self.pass(&mut caution) => pass.and_then(Pass::checked),
                () = given_up(&stop) => return,
            };
            self.report(&pass, failures);
            failures = if pass.is_ok() { 0 } else { failures + 1 };
            if counted.is_none_or(|at: Instant| at.elapsed() >= COUNT) {
                counted = Some(Instant::now());
                stop.run_until_cancelled(self.count()).await;
            }
            let rest = async {
                match pass {
                    Ok(pass) if pass.is_more => {}
                    Ok(_) => self.idle().await,
                    Err(_) => sleep(Backoff::SERVER.after(failures)).await,
                }
            };
            stop.run_until_cancelled(rest).await;
        }
    }

    /// Publishes what is in the outbox now, and returns how many events that were. Tests of services call it in place of
    /// [`Self::run`].
    ///
    /// # Errors
    /// [`RelayError`] at the first failure; what was published until then is gone from the outbox.
    pub async fn drain(&self) -> Result<usize, RelayError> {
        let mut caution = Caution::default();
        let mut published = 0;
        loop {
            let pass = self.pass(&mut caution).await?.checked()?;
            published += pass.gone;
            if pass.read == 0 {
                return Ok(published);
            }
        }
    }

    /// Counts what waits, where somebody may look at it. A failure is for the passes to tell.
    async fn count(&self) {
        let Ok(mut conn) = self.database.reader().await else {
            return;
        };
        if let Ok((waiting, dead)) = self.rows.count(&mut conn).await {
            self.meters.kept(waiting, dead);
        }
    }

    async fn idle(&self) {
        tokio::select! {
            () = self.database.written() => {}
            () = sleep(IDLE) => {}
        }
    }

    /// One look at the outbox.
    async fn pass(&self, caution: &mut Caution) -> Result<Pass, RelayError> {
        // A writer would wake this very relay when it is given back.
        let mut conn = self.database.reader().await?;
        if !self.rows.are_some(&mut conn).await? {
            self.meters.oldest(0.0);
            return Ok(Pass::default());
        }
        let conn: &mut Connection = &mut conn;
        let pass = conn
            .transaction(async |conn| self.publish_oldest(conn, caution).await)
            .await;
        match pass {
            // Another replica is at it for longer than we wait.
            Err(Error::RollbackTransaction) => Ok(Pass::default()),
            Err(error) => Err(error.into()),
            Ok(pass) => {
                self.meters.published(pass.gone);
                Ok(pass)
            }
        }
    }

    async fn publish_oldest(
        &self,
        conn: &mut Connection,
        caution: &mut Caution,
    ) -> QueryResult<Pass> {
        self.rows.lock(conn).await?;
        let batch = caution.batch();
        let rows = self.rows.oldest(conn, batch).await?;
        let read = rows.len();
        self.meters.oldest(rows.first().map_or(0.0, |row| row.age));
        let outcome = self.publish(rows, caution).await;
        for (row, reason) in &outcome.given_up {
            self.rows.bury(conn, row, reason).await?;
        }
        let gone = outcome.gone();
        self.rows.delete(conn, &gone).await?;
        Ok(Pass {
            read,
            gone: gone.len(),
            is_more: read >= usize::from(batch),
            failure: outcome.failure,
        })
    }

    async fn publish(&self, rows: Vec<Row>, caution: &mut Caution) -> Outcome {
        let mut outcome = Outcome::default();
        let (mut events, mut sent) = (Vec::new(), Vec::new());
        for row in rows {
            match Event::from_json(row.event.as_bytes()) {
                Ok(event) => {
                    events.push(event);
                    sent.push(row);
                }
                Err(error) => outcome.give_up(row, &error.into()),
            }
        }
        let spans: Vec<Span> = events.iter().map(spans::send).collect();
        let results = self.broker.publish(&events).await;
        let hopeless = caution.learn(&results);
        for ((row, result), span) in sent.into_iter().zip(results).zip(spans) {
            if result.is_err() {
                spans::failed(&span);
            }
            outcome.note(row, result, hopeless);
        }
        outcome
    }

    fn report(&self, pass: &Result<Pass, RelayError>, failures: u32) {
        let schema = self.rows.schema();
        match pass {
            Ok(_) if failures > 0 => tracing::info!(schema, "the outbox is published again"),
            Err(error) if failures == 0 => {
                tracing::warn!(schema, error = with_causes(error), "the outbox has to wait");
            }
            _ => {}
        }
    }
}

impl Pass {
    fn checked(self) -> Result<Self, RelayError> {
        match self.failure {
            None => Ok(self),
            Some(source) => Err(RelayError::Publish {
                left: self.read - self.gone,
                source,
            }),
        }
    }
}

impl Outcome {
    fn note(&mut self, row: Row, result: Result<(), PublishError>, hopeless: bool) {
        match result {
            Ok(()) => self.published.push(row.position),
            Err(error @ PublishError::Invalid(_)) => self.give_up(row, &error),
            Err(error @ PublishError::Refused(_)) if hopeless => self.give_up(row, &error),
            Err(error) => {
                self.failure.get_or_insert(error);
            }
        }
    }

    fn give_up(&mut self, row: Row, error: &PublishError) {
        tracing::error!(event.id = %row.id, error = %error, "an event can't be published");
        self.given_up.push((row, error.to_string()));
    }

    fn gone(&self) -> Vec<i64> {
        let given_up = self.given_up.iter().map(|(row, _)| row.position);
        self.published.iter().copied().chain(given_up).collect()
    }
}

/// Resolves some time after the stop.
async fn given_up(stop: &CancellationToken) {
    stop.cancelled().await;
    sleep(LAST_BATCH).await;
}
