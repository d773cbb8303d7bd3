//! Which events a consumer has handled.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::RunQueryDsl;
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

/// The inbox of one consumer: its rows in the table `inbox` of the service's schema.
#[derive(Debug, Clone)]
pub struct Inbox {
    consumer: &'static str,
    insert: Arc<str>,
    forget: Arc<str>,
}

impl Inbox {
    /// The inbox of a consumer, best named like its queue, in the schema of its service.
    #[must_use]
    pub fn new(schema: &'static str, consumer: &'static str) -> Self {
        let insert = format!(
            "INSERT INTO \"{schema}\".inbox (consumer, event_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
        );
        let forget =
            format!("DELETE FROM \"{schema}\".inbox WHERE consumer = ? AND handled_at < ?");
        Self {
            consumer,
            insert: insert.into(),
            forget: forget.into(),
        }
    }

    /// Notes in the caller's transaction that the event is handled, and tells whether it was not before. Call it before the
    /// effect, and have no effect when it returns false.
    ///
    /// When another transaction is just handling the same event, it waits for the end of that.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn first_time(&self, conn: &mut Connection, event_id: Uuid) -> QueryResult<bool> {
        let values = vec![Bound::Text(self.consumer), Bound::Id(event_id)];
        let insert: Statement<'_> = Statement::new(&self.insert, values);
        Ok(insert.execute(conn).await? == 1)
    }

    /// Forgets what was handled before that time, and returns how many events that were. An event that comes again after it
    /// was forgotten has its effect again, so keep some weeks.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn forget_before(
        &self,
        conn: &mut Connection,
        time: DateTime<Utc>,
    ) -> QueryResult<usize> {
        let values = vec![Bound::Text(self.consumer), Bound::Time(time)];
        let forget: Statement<'_> = Statement::new(&self.forget, values);
        forget.execute(conn).await
    }
}
