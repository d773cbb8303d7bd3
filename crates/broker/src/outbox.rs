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
    insert_all: Arc<str>,
}

impl Outbox {
    /// The outbox of the service that owns `schema`.
    #[must_use]
    pub fn new(schema: &'static str) -> Self {
        let insert = format!(
            "INSERT INTO \"{schema}\".outbox (id, kind, subject, event) VALUES (?, ?, ?, ?::jsonb)"
        );
        let insert_all = format!(
            "INSERT INTO \"{schema}\".outbox (id, kind, subject, event)
             SELECT id, kind, subject, event::jsonb FROM unnest(?, ?, ?, ?) WITH ORDINALITY AS told (id, kind, subject, event, nth) ORDER BY nth"
        );
        Self {
            insert: insert.into(),
            insert_all: insert_all.into(),
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

    /// Adds several events in their order, in one statement, as [`Outbox::append`] adds one.
    ///
    /// # Errors
    /// Those of [`Outbox::append`].
    pub async fn append_all(&self, conn: &mut Connection, events: &[Event]) -> QueryResult<()> {
        if events.is_empty() {
            return Ok(());
        }
        let current = TraceContext::capture();
        let mut written = Vec::with_capacity(events.len());
        for event in events {
            let trace = event.trace.as_ref().or(current.as_ref());
            let json = event.to_json_in(trace);
            written.push(json.map_err(|error| Error::SerializationError(Box::new(error)))?);
        }
        let ids: Vec<_> = events.iter().map(|event| event.id).collect();
        let kinds: Vec<_> = events.iter().map(|event| event.kind.clone()).collect();
        let subjects: Vec<_> = events.iter().map(|event| event.subject.clone()).collect();
        let values = vec![
            Bound::Ids(&ids),
            Bound::Texts(&kinds),
            Bound::Texts(&subjects),
            Bound::Texts(&written),
        ];
        let insert: Statement<'_> = Statement::new(&self.insert_all, values);
        insert.execute(conn).await?;
        Ok(())
    }
}
