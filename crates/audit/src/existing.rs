//! Rows that still count.

use std::collections::HashSet;

use diesel::QueryResult;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl;
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

/// Rows of a table that still count.
#[derive(Debug, Clone, Copy)]
pub struct Existing {
    /// The table, as `t`.
    pub table: &'static str,
    /// Their id.
    pub id: &'static str,
    /// Which of them count.
    pub only: &'static str,
}

impl Existing {
    /// Those of some ids that do.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn among(&self, conn: &mut Connection, ids: &[Uuid]) -> QueryResult<HashSet<Uuid>> {
        let Self { table, id, only } = self;
        let sql = format!("SELECT t.{id} FROM {table} t WHERE t.{id} = ANY (?) AND ({only})");
        let found: Vec<Uuid> = Statement::<SqlUuid>::new(&sql, vec![Bound::Ids(ids)])
            .load(conn)
            .await?;
        Ok(found.into_iter().collect())
    }
}
