//! Where the in-process broker keeps dead letters.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::SubsecRound;
use diesel::sql_types::{BigInt, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use oruma_postgres::Database;
use oruma_service_runtime::Clock;

use crate::consumer::Death;
use crate::{BrokerError, DeadLetter, Event, KeptLetter};

/// How many dead letters are kept in memory.
const KEPT: usize = 1000;

/// Dead letters, oldest first.
pub(super) enum Graveyard {
    /// In the table `dead_letters` of the database's schema.
    Table(Database),
    /// In memory, for tests.
    Memory(Mutex<Memory>),
}

#[derive(Default)]
pub(super) struct Memory {
    last_id: i64,
    letters: VecDeque<(i64, DeadLetter)>,
}

impl Graveyard {
    pub(super) fn new(database: Option<Database>) -> Self {
        database.map_or_else(|| Self::Memory(Mutex::default()), Self::Table)
    }

    pub(super) async fn bury(
        &self,
        queue: &str,
        event: &Event,
        death: &Death,
    ) -> Result<(), BrokerError> {
        match self {
            Self::Table(database) => insert(database, queue, event, death).await,
            Self::Memory(memory) => {
                lock(memory).add(letter(queue, event, death)?);
                Ok(())
            }
        }
    }

    /// The oldest of a queue, with a number to remove each by.
    pub(super) async fn oldest(
        &self,
        queue: &str,
        limit: usize,
    ) -> Result<Vec<(i64, DeadLetter)>, BrokerError> {
        match self {
            Self::Table(database) => select(database, queue, limit).await,
            Self::Memory(memory) => {
                let memory = lock(memory);
                let of_queue = memory.letters.iter().filter(|(_, l)| l.queue == queue);
                Ok(of_queue.take(limit).cloned().collect())
            }
        }
    }

    pub(super) async fn remove(&self, id: i64) -> Result<(), BrokerError> {
        match self {
            Self::Table(database) => delete(database, id).await,
            Self::Memory(memory) => {
                lock(memory).letters.retain(|(other, _)| *other != id);
                Ok(())
            }
        }
    }
}

impl Memory {
    fn add(&mut self, letter: DeadLetter) {
        self.last_id += 1;
        if self.letters.len() == KEPT {
            self.letters.pop_front();
        }
        self.letters.push_back((self.last_id, letter));
    }
}

fn lock(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

fn letter(queue: &str, event: &Event, death: &Death) -> Result<DeadLetter, BrokerError> {
    Ok(DeadLetter {
        queue: queue.to_owned(),
        event_id: Some(event.id),
        body: json(event)?,
        reason: death.reason.clone(),
        attempts: death.attempts,
        died_at: Some(Clock::system().now().trunc_subsecs(0)),
    })
}

fn json(event: &Event) -> Result<String, BrokerError> {
    event
        .to_json()
        .map_err(|error| BrokerError::Publish(error.into()))
}

async fn insert(
    database: &Database,
    queue: &str,
    event: &Event,
    death: &Death,
) -> Result<(), BrokerError> {
    let statement = format!(
        "INSERT INTO \"{}\".dead_letters (queue, event_id, event, reason, attempts) VALUES ($1, $2, $3, $4, $5)",
        database.schema()
    );
    diesel::sql_query(statement)
        .bind::<Text, _>(queue)
        .bind::<SqlUuid, _>(event.id)
        .bind::<Text, _>(json(event)?)
        // PostgreSQL keeps no NUL in a text.
        .bind::<Text, _>(death.reason.replace('\0', ""))
        .bind::<Integer, _>(i32::try_from(death.attempts).unwrap_or(i32::MAX))
        .execute(&mut *database.reader().await?)
        .await?;
    Ok(())
}

async fn select(
    database: &Database,
    queue: &str,
    limit: usize,
) -> Result<Vec<(i64, DeadLetter)>, BrokerError> {
    let mut conn = database.reader().await?;
    let kept = KeptLetter::oldest(&mut conn, database.schema(), Some(queue), limit).await?;
    Ok(kept.into_iter().map(named).collect())
}

async fn delete(database: &Database, id: i64) -> Result<(), BrokerError> {
    let schema = database.schema();
    diesel::sql_query(format!(
        "DELETE FROM \"{schema}\".dead_letters WHERE id = $1"
    ))
    .bind::<BigInt, _>(id)
    .execute(&mut *database.reader().await?)
    .await?;
    Ok(())
}

fn named(kept: KeptLetter) -> (i64, DeadLetter) {
    let letter = DeadLetter {
        queue: kept.queue,
        event_id: kept.event_id,
        body: kept.event,
        reason: kept.reason,
        attempts: u32::try_from(kept.attempts).unwrap_or_default(),
        died_at: Some(kept.died_at.trunc_subsecs(0)),
    };
    (kept.id, letter)
}
