//! Numbers that are stored beside the rows that they count.

use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

/// Rows of one statement: few enough that it takes milliseconds.
const AT_ONCE: i64 = 1_000;

/// A number that is stored beside what it counts. The expressions are SQL over the row `t`.
#[derive(Debug, Clone, Copy)]
pub struct Counter {
    /// What it is called: `social.posts.like_count`.
    pub name: &'static str,
    /// The table whose rows have the number.
    pub table: &'static str,
    /// Their id, a `uuid` that has an index.
    pub id: &'static str,
    /// Which of them are looked at; `true` for all.
    pub only: &'static str,
    /// What is stored, a `bigint`.
    pub stored: &'static str,
    /// What there is, a `bigint`.
    pub counted: &'static str,
}

/// A row, what is stored in it, and what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Counted {
    /// The row.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What is stored.
    #[diesel(sql_type = BigInt)]
    pub stored: i64,
    /// What there is.
    #[diesel(sql_type = BigInt)]
    pub counted: i64,
}

impl Counted {
    /// Whether the number is right.
    #[must_use]
    pub const fn agrees(&self) -> bool {
        self.stored == self.counted
    }
}

impl Counter {
    /// The next rows behind an id, in the order of their ids; none when there are no more. At most 1,000.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page(&self, conn: &mut Connection, after: Uuid) -> QueryResult<Vec<Counted>> {
        let sql = format!(
            "{} AND t.{id} > ? ORDER BY t.{id} LIMIT ?",
            self.select(),
            id = self.id
        );
        let values = vec![Bound::Id(after), Bound::Number(AT_ONCE)];
        Statement::<Untyped>::new(&sql, values).load(conn).await
    }

    /// Some rows by their ids, those that are there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn some(&self, conn: &mut Connection, ids: &[Uuid]) -> QueryResult<Vec<Counted>> {
        let sql = format!(
            "{} AND t.{id} = ANY (?) ORDER BY t.{id}",
            self.select(),
            id = self.id
        );
        Statement::<Untyped>::new(&sql, vec![Bound::Ids(ids)])
            .load(conn)
            .await
    }

    /// One statement reads the number and what it counts, so that both are of one moment.
    fn select(&self) -> String {
        let Self {
            table,
            id,
            only,
            stored,
            counted,
            ..
        } = self;
        format!(
            "SELECT t.{id} AS id, ({stored})::bigint AS stored, ({counted})::bigint AS counted FROM {table} t WHERE ({only})"
        )
    }
}
