//! Reports to moderators.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::RunQueryDsl;
use oruma_ids::{EventId, UserId};
use oruma_postgres::{Bound, Connection, Statement};

use crate::domain::report::Report;

/// Keeps a report, and tells whether it is the person's first of that event; another is not kept.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut Connection,
    event: EventId,
    reporter: UserId,
    report: &Report,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    const INSERT: &str = "INSERT INTO events.reports (event_id, reporter_id, reason, description, created_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING";
    let values = vec![
        Bound::Id(event.as_uuid()),
        Bound::Id(reporter.as_uuid()),
        Bound::Text(&report.reason),
        Bound::Text(&report.description),
        Bound::Time(now),
    ];
    let inserted = Statement::<()>::new(INSERT, values).execute(conn).await?;
    Ok(inserted == 1)
}

/// Removes some reports of a person, and returns how many.
///
/// # Errors
/// When the database fails.
pub async fn take_back_some(
    conn: &mut Connection,
    reporter: UserId,
    most: i64,
) -> QueryResult<usize> {
    const TAKE_BACK: &str = "DELETE FROM events.reports WHERE reporter_id = ? AND event_id IN (
             SELECT event_id FROM events.reports WHERE reporter_id = ? ORDER BY event_id LIMIT ?)";
    let reporter = Bound::Id(reporter.as_uuid());
    let values = vec![reporter, reporter, Bound::Number(most)];
    Statement::<()>::new(TAKE_BACK, values).execute(conn).await
}
