//! Dead letters in the table `dead_letters` of a service.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncConnection, RunQueryDsl};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

use crate::{Event, EventError};

/// A dead letter in the table of a service: what could not be published, under the queue `outbox`, and in an installation of one process what a handler
/// has given up.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct KeptLetter {
    /// Its number in that table.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// The queue that it was for.
    #[diesel(sql_type = Text)]
    pub queue: String,
    /// Its id, if it is an event at all.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub event_id: Option<Uuid>,
    /// The event's JSON.
    #[diesel(sql_type = Text)]
    pub event: String,
    /// Why it could not be handled.
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// How often it was tried.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// When it was given up.
    #[diesel(sql_type = Timestamptz)]
    pub died_at: DateTime<Utc>,
}

/// Why a dead letter was not handed back.
#[derive(Debug, thiserror::Error)]
pub enum HandBackError {
    /// It is no event, and never will be.
    #[error(transparent)]
    NoEvent(#[from] EventError),
    /// The database failed.
    #[error("the dead letter can't be moved")]
    Query(#[from] diesel::result::Error),
}

impl KeptLetter {
    /// The oldest in the schema of a service, of one queue or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn oldest(
        conn: &mut Connection,
        schema: &'static str,
        queue: Option<&str>,
        limit: usize,
    ) -> QueryResult<Vec<Self>> {
        let sql = format!(
            "SELECT id, queue, event_id, event, reason, attempts, died_at FROM \"{schema}\".dead_letters
             WHERE ? IN ('', queue) ORDER BY id LIMIT ?"
        );
        let values = vec![
            Bound::Text(queue.unwrap_or_default()),
            Bound::Number(i64::try_from(limit).unwrap_or(i64::MAX)),
        ];
        Statement::<Untyped>::new(&sql, values).load(conn).await
    }

    /// Moves it back to the outbox of the same schema, from where the relay of the service publishes it to all who want it: those who had handled it
    /// notice by its id. Nothing happens when it is gone already.
    ///
    /// # Errors
    /// [`HandBackError`].
    pub async fn hand_back(
        &self,
        conn: &mut Connection,
        schema: &'static str,
    ) -> Result<(), HandBackError> {
        let event = Event::from_json(self.event.as_bytes())?;
        let sql = format!(
            "INSERT INTO \"{schema}\".outbox (id, kind, subject, event) VALUES (?, ?, ?, ?::jsonb) ON CONFLICT (id) DO NOTHING"
        );
        let values = vec![
            Bound::Id(event.id),
            Bound::Text(&event.kind),
            Bound::Text(&event.subject),
            Bound::Text(&self.event),
        ];
        conn.transaction(async |conn| {
            if self.discard(conn, schema).await? {
                Statement::<()>::new(&sql, values).execute(conn).await?;
            }
            Ok(())
        })
        .await
    }

    /// Removes it; false when it is gone already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn discard(&self, conn: &mut Connection, schema: &'static str) -> QueryResult<bool> {
        let sql = format!("DELETE FROM \"{schema}\".dead_letters WHERE id = ?");
        let deleted = Statement::<()>::new(&sql, vec![Bound::Number(self.id)])
            .execute(conn)
            .await?;
        Ok(deleted == 1)
    }
}
