//! What an outbox holds, for whoever looks from outside.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Nullable, Timestamptz};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use serde::Serialize;

/// What waits in the outbox of a service, and what went through it.
#[derive(Debug, Clone, Copy, PartialEq, QueryableByName, Serialize)]
pub struct Backlog {
    /// How many events wait to be published.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// When the oldest of them was told.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub oldest_at: Option<DateTime<Utc>>,
    /// For how many seconds that has been waiting, by the clock of the server.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub oldest_seconds: Option<i64>,
    /// How many events have left the outbox since the server counts, which is since its last crash or reset at least.
    #[diesel(sql_type = BigInt)]
    pub left: i64,
    /// How many events of others had their effect here in the last minute.
    #[diesel(sql_type = BigInt)]
    pub handled_lately: i64,
    /// How many events are kept in the table `dead_letters`.
    #[diesel(sql_type = BigInt)]
    pub dead_letters: i64,
}

impl Backlog {
    /// Looks at the service that owns `schema`. The server tells of what has left within a second or so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read(conn: &mut Connection, schema: &'static str) -> QueryResult<Self> {
        let sql = format!(
            "SELECT count(*) AS waiting, min(created_at) AS oldest_at,
                 extract(epoch FROM clock_timestamp() - min(created_at))::bigint AS oldest_seconds,
                 coalesce((SELECT n_tup_del FROM pg_stat_user_tables WHERE relid = '\"{schema}\".outbox'::regclass), 0) AS \"left\",
                 (SELECT count(*) FROM \"{schema}\".inbox WHERE handled_at > now() - interval '1 minute') AS handled_lately,
                 (SELECT count(*) FROM \"{schema}\".dead_letters) AS dead_letters
             FROM \"{schema}\".outbox"
        );
        Statement::<Untyped>::new(&sql, Vec::new())
            .get_result(conn)
            .await
    }

    /// The place of the last event in the outbox; 0 when it is empty.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_position(conn: &mut Connection, schema: &'static str) -> QueryResult<i64> {
        let sql = format!("SELECT coalesce(max(position), 0) FROM \"{schema}\".outbox");
        Statement::<BigInt>::new(&sql, Vec::new())
            .get_result(conn)
            .await
    }

    /// Whether an event still waits that has that place or one before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waits_until(
        conn: &mut Connection,
        schema: &'static str,
        position: i64,
    ) -> QueryResult<bool> {
        let sql = format!("SELECT EXISTS (SELECT FROM \"{schema}\".outbox WHERE position <= ?)");
        Statement::<Bool>::new(&sql, vec![Bound::Number(position)])
            .get_result(conn)
            .await
    }
}
