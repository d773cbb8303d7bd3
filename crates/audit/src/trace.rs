//! Columns that name people.

use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

/// A column that names a person as long as the account is there.
#[derive(Debug, Clone, Copy)]
pub struct Trace {
    /// The table: `social.posts`.
    pub table: &'static str,
    /// The column, a `uuid` that has an index.
    pub column: &'static str,
    /// In which rows; `true` for all.
    pub only: &'static str,
}

/// A person of whom something is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Left {
    /// The person.
    #[diesel(sql_type = SqlUuid)]
    pub user: Uuid,
    /// How many rows name the person.
    #[diesel(sql_type = BigInt)]
    pub rows: i64,
}

impl Trace {
    /// A column of a table.
    #[must_use]
    pub const fn new(table: &'static str, column: &'static str) -> Self {
        Self::only(table, column, "true")
    }

    /// A column of some rows of a table.
    #[must_use]
    pub const fn only(table: &'static str, column: &'static str, only: &'static str) -> Self {
        Self {
            table,
            column,
            only,
        }
    }

    /// What it is called: `social.posts.author_id`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }

    /// Those of some people whom rows name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of(&self, conn: &mut Connection, users: &[Uuid]) -> QueryResult<Vec<Left>> {
        let Self {
            table,
            column,
            only,
        } = self;
        let sql = format!(
            "SELECT {column} AS \"user\", count(*) AS rows FROM {table} WHERE {column} = ANY (?) AND ({only}) GROUP BY {column}"
        );
        Statement::<Untyped>::new(&sql, vec![Bound::Ids(users)])
            .load(conn)
            .await
    }
}
