//! The rows of an outbox.

use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Bool, Double, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

/// The queue under which events that can't be published are kept.
const DEAD: &str = "outbox";
/// Rows beyond this many are not counted: the count would cost more than it tells.
const MOST_COUNTED: u32 = 100_000;

/// An event as the outbox holds it.
pub(super) struct Row {
    pub(super) position: i64,
    pub(super) id: Uuid,
    pub(super) event: String,
    /// For how many seconds it has been waiting.
    pub(super) age: f64,
}

/// The statements on one schema's outbox.
pub(super) struct Rows {
    schema: &'static str,
    any: String,
    lock: String,
    oldest: String,
    delete: String,
    bury: String,
    count: String,
}

impl Rows {
    pub(super) fn new(schema: &'static str) -> Self {
        Self {
            schema,
            any: format!("SELECT EXISTS (SELECT FROM \"{schema}\".outbox)"),
            lock: format!(
                "SELECT set_config('lock_timeout', '1s', true), \
                 pg_advisory_xact_lock(hashtextextended('oruma outbox {schema}', 0))"
            ),
            oldest: format!(
                "SELECT position, id, event::text, \
                 extract(epoch FROM clock_timestamp() - created_at)::float8 \
                 FROM \"{schema}\".outbox ORDER BY position LIMIT ?"
            ),
            delete: format!("DELETE FROM \"{schema}\".outbox WHERE position = ANY(?)"),
            bury: format!(
                "INSERT INTO \"{schema}\".dead_letters (queue, event_id, event, reason, attempts) \
                 VALUES (?, ?, ?, ?, 1)"
            ),
            count: format!(
                "SELECT (SELECT count(*) FROM (SELECT FROM \"{schema}\".outbox LIMIT {MOST_COUNTED}) AS waiting), \
                 (SELECT count(*) FROM (SELECT FROM \"{schema}\".dead_letters LIMIT {MOST_COUNTED}) AS dead)"
            ),
        }
    }

    pub(super) const fn schema(&self) -> &'static str {
        self.schema
    }

    /// Whether there are rows at all: the question costs one round trip, where a transaction costs four.
    pub(super) async fn are_some(&self, conn: &mut Connection) -> QueryResult<bool> {
        let any: Statement<'_, Bool> = Statement::new(&self.any, Vec::new());
        any.get_result(conn).await
    }

    /// Waits until no other relay works on this outbox, for a second at most; [`Error::RollbackTransaction`] after that.
    ///
    /// The lock ends with the transaction, so that it also holds behind a pooler. It is a statement of its own, as the next
    /// one must see what the relay before has deleted.
    pub(super) async fn lock(&self, conn: &mut Connection) -> QueryResult<()> {
        let lock: Statement<'_> = Statement::new(&self.lock, Vec::new());
        match lock.execute(conn).await {
            Ok(_) => Ok(()),
            // What the time ran out on has no kind of its own.
            Err(Error::DatabaseError(DatabaseErrorKind::Unknown, _)) => {
                Err(Error::RollbackTransaction)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn oldest(&self, conn: &mut Connection, limit: u16) -> QueryResult<Vec<Row>> {
        let values = vec![Bound::Number(limit.into())];
        let oldest: Statement<'_, (BigInt, SqlUuid, Text, Double)> =
            Statement::new(&self.oldest, values);
        let rows: Vec<(i64, Uuid, String, f64)> = oldest.load(conn).await?;
        let named = rows.into_iter().map(|(position, id, event, age)| Row {
            position,
            id,
            event,
            age,
        });
        Ok(named.collect())
    }

    pub(super) async fn delete(&self, conn: &mut Connection, positions: &[i64]) -> QueryResult<()> {
        if !positions.is_empty() {
            let values = vec![Bound::Numbers(positions)];
            let delete: Statement<'_> = Statement::new(&self.delete, values);
            delete.execute(conn).await?;
        }
        Ok(())
    }

    /// How many events wait, and how many the dead letters hold.
    pub(super) async fn count(&self, conn: &mut Connection) -> QueryResult<(u64, u64)> {
        let count: Statement<'_, (BigInt, BigInt)> = Statement::new(&self.count, Vec::new());
        let (waiting, dead): (i64, i64) = count.get_result(conn).await?;
        Ok((waiting.unsigned_abs(), dead.unsigned_abs()))
    }

    /// Keeps an event that can't be published.
    pub(super) async fn bury(
        &self,
        conn: &mut Connection,
        row: &Row,
        reason: &str,
    ) -> QueryResult<()> {
        let values = vec![
            Bound::Text(DEAD),
            Bound::Id(row.id),
            Bound::Text(&row.event),
            Bound::Text(reason),
        ];
        let bury: Statement<'_> = Statement::new(&self.bury, values);
        bury.execute(conn).await?;
        Ok(())
    }
}
