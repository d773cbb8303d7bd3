//! Which requests were carried out, and what they made.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{Bound, Connection, Statement};

/// The requests of a service that have a name: its rows in the table `requests` of the service's schema (K-15).
///
/// A client that was not answered repeats its request under the same name. The edge answers most of those by itself, from what it may lose; what
/// makes something asks here as well, in the transaction that makes it, so that a crash between the commit and the answer makes nothing twice.
#[derive(Debug, Clone)]
pub struct Requests {
    insert: Arc<str>,
    find: Arc<str>,
    forget: Arc<str>,
}

impl Requests {
    /// The requests of the service with that schema.
    #[must_use]
    pub fn new(schema: &str) -> Self {
        let insert = format!(
            "INSERT INTO \"{schema}\".requests (id, made, carried_out_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        );
        let find = format!("SELECT made FROM \"{schema}\".requests WHERE id = ?");
        let forget = format!("DELETE FROM \"{schema}\".requests WHERE carried_out_at < ?");
        Self {
            insert: insert.into(),
            find: find.into(),
            forget: forget.into(),
        }
    }

    /// Notes in the caller's transaction what a request is about to make, unless it was carried out before: then gives what it made.
    ///
    /// When another transaction is just carrying out the same request, it waits for the end of that. A request without a name is always new.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn made_before(
        &self,
        conn: &mut Connection,
        request: Option<Uuid>,
        makes: Uuid,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Uuid>> {
        let Some(request) = request else {
            return Ok(None);
        };
        let values = vec![Bound::Id(request), Bound::Id(makes), Bound::Time(now)];
        let insert: Statement<'_> = Statement::new(&self.insert, values);
        if insert.execute(conn).await? == 1 {
            return Ok(None);
        }
        let find = Statement::<sql_types::Uuid>::new(&self.find, vec![Bound::Id(request)]);
        find.get_result(conn).await.map(Some)
    }

    /// Forgets what was carried out before that time, and returns how many requests that were.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn forget_before(
        &self,
        conn: &mut Connection,
        time: DateTime<Utc>,
    ) -> QueryResult<usize> {
        let forget: Statement<'_> = Statement::new(&self.forget, vec![Bound::Time(time)]);
        forget.execute(conn).await
    }
}
