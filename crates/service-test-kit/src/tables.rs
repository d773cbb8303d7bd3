//! What stands in the tables of a running service, past its calls.

use diesel_async::SimpleAsyncConnection;
use oruma_broker::Event;
use oruma_postgres::Database;
use oruma_test_kit::TestDatabase;
use serde_json::Value;

use crate::rows;

/// The tables of one service.
pub struct Tables {
    sql: Database,
    schema: &'static str,
}

impl Tables {
    /// Those of the service for which the database was made.
    #[must_use]
    pub fn of(database: &TestDatabase) -> Self {
        Self {
            sql: database.connect(),
            schema: database.config().schema,
        }
    }

    /// Runs statements that answer nothing.
    pub async fn execute(&self, statements: &str) {
        let mut conn = self.sql.reader().await.unwrap();
        conn.batch_execute(statements).await.unwrap();
    }

    /// The rows of a query, as JSON objects.
    pub async fn rows(&self, query: &str) -> Vec<Value> {
        let mut conn = self.sql.reader().await.unwrap();
        rows(&mut conn, query).await
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        let counted = self.rows(&format!("SELECT count(*) FROM {table}")).await;
        let count = counted.first().and_then(|row| row["count"].as_i64());
        count.unwrap()
    }

    /// What waits in the outbox, oldest first.
    pub async fn outbox(&self) -> Vec<Event> {
        self.outbox_json()
            .await
            .iter()
            .map(|event| Event::from_json(event.to_string().as_bytes()).unwrap())
            .collect()
    }

    /// What waits in the outbox, as it is stored, oldest first.
    pub async fn outbox_json(&self) -> Vec<Value> {
        let waiting = format!("SELECT event FROM {}.outbox ORDER BY position", self.schema);
        let waiting = self.rows(&waiting).await.into_iter();
        waiting
            .map(|mut row| row.get_mut("event").unwrap().take())
            .collect()
    }

    /// The kinds of what waits in the outbox, oldest first, without what they all share: `post.created` for `social.post.created.v1`.
    pub async fn kinds(&self) -> Vec<String> {
        let prefix = format!("{}.", self.schema);
        let short = |event: Event| {
            let kind = event.kind.strip_prefix(&prefix);
            let kind = kind.and_then(|kind| kind.strip_suffix(".v1"));
            kind.unwrap().to_owned()
        };
        self.outbox().await.into_iter().map(short).collect()
    }
}
