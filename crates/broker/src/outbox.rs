//! Events that commit with the change they tell of.

use std::sync::Arc;

use diesel::QueryResult;
use diesel::result::Error;
use diesel_async::RunQueryDsl;
use oruma_postgres::{Bound, Connection, Statement};
use oruma_telemetry::propagation::TraceContext;

use crate::Event;

/// The outbox of one service: the table `outbox` of its schema.
#[derive(Debug, Clone)]
pub struct Outbox {
    insert: Arc<str>,
}

impl Outbox {
    /// The outbox of the service that owns `schema`.
    #[must_use]
    pub fn new(schema: &'static str) -> Self {
        let insert = format!(
            "INSERT INTO \"{schema}\".outbox (id, kind, subject, event) VALUES (?, ?, ?, ?::jsonb)"
        );
        Self {
            insert: insert.into(),
        }
    }

    /// Adds an event to the transaction of the caller, with the current trace unless it has one. It is published after the
    /// commit, and never without it.
    ///
    /// Events of a subject are published in the order in which they were appended, if the transactions that append them wait
    /// for each other: lock the row of the subject (`SELECT … FOR UPDATE`, or change it) before appending.
    ///
    /// # Errors
    /// Those of the database, to which text with a NUL character is one; [`Error::SerializationError`] for an
    /// [`crate::EventError`].
    pub async fn append(&self, conn: &mut Connection, event: &Event) -> QueryResult<()> {
        let trace = event.trace.clone().or_else(TraceContext::capture);
        let json = event
            .to_json_in(trace.as_ref())
            .map_err(|error| Error::SerializationError(Box::new(error)))?;
        let values = vec![
            Bound::Id(event.id),
            Bound::Text(&event.kind),
            Bound::Text(&event.subject),
            Bound::Text(&json),
        ];
        let insert: Statement<'_> = Statement::new(&self.insert, values);
        insert.execute(conn).await?;
        Ok(())
    }
}
