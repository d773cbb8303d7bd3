//! Who is registered for which event that people organise, as events tells it.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl;
use oruma_ids::{EventId, UserId};
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

/// That somebody registered for an event, or took it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registration {
    /// The event.
    pub event: EventId,
    /// Who comes.
    pub user: UserId,
    /// Whether it holds now.
    pub is_registered: bool,
    /// Since when.
    pub changed_at: DateTime<Utc>,
}

/// Keeps a registration, unless something newer is known.
///
/// # Errors
/// When the database fails.
pub async fn set(conn: &mut Connection, registration: &Registration) -> QueryResult<()> {
    const SET: &str = "INSERT INTO messaging.registrations AS r (event_id, user_id, is_registered, changed_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (event_id, user_id) DO UPDATE SET is_registered = excluded.is_registered, changed_at = excluded.changed_at
         WHERE r.changed_at <= excluded.changed_at";
    let values = vec![
        Bound::Id(registration.event.as_uuid()),
        Bound::Id(registration.user.as_uuid()),
        Bound::Flag(registration.is_registered),
        Bound::Time(registration.changed_at),
    ];
    Statement::<()>::new(SET, values).execute(conn).await?;
    Ok(())
}

/// Some of those who are registered for an event: those after a person, in the order of their ids.
///
/// # Errors
/// When the database fails.
pub async fn some_after(
    conn: &mut Connection,
    event: EventId,
    after: UserId,
    most: i64,
) -> QueryResult<Vec<UserId>> {
    const SOME: &str = "SELECT user_id FROM messaging.registrations WHERE event_id = ? AND is_registered AND user_id > ? ORDER BY user_id LIMIT ?";
    let values = vec![
        Bound::Id(event.as_uuid()),
        Bound::Id(after.as_uuid()),
        Bound::Number(most),
    ];
    let users: Vec<Uuid> = Statement::<SqlUuid>::new(SOME, values).load(conn).await?;
    Ok(users.into_iter().map(UserId::from_uuid).collect())
}

/// Removes all registrations for an event.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut Connection, event: EventId) -> QueryResult<usize> {
    const DELETE: &str = "DELETE FROM messaging.registrations WHERE event_id = ?";
    Statement::<()>::new(DELETE, vec![Bound::Id(event.as_uuid())])
        .execute(conn)
        .await
}

/// Forgets registrations that were taken back before that time.
///
/// # Errors
/// When the database fails.
pub async fn forget_before(conn: &mut Connection, time: DateTime<Utc>) -> QueryResult<usize> {
    const FORGET: &str =
        "DELETE FROM messaging.registrations WHERE NOT is_registered AND changed_at < ?";
    Statement::<()>::new(FORGET, vec![Bound::Time(time)])
        .execute(conn)
        .await
}
