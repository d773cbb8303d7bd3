//! Registrations. Whoever changes them holds the lock of their event.

use chrono::{DateTime, Utc};
use diesel::sql_types::BigInt;
use diesel::{OptionalExtension, QueryResult};
use diesel_async::RunQueryDsl;
use oruma_ids::{EventId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

use super::rows::{RegistrationRow, registration_columns};
use crate::domain::registration::{Registration, RegistrationStatus};

/// The registration of a person for an event, whatever became of it.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    event: EventId,
    user: UserId,
) -> QueryResult<Option<Registration>> {
    const FIND: &str = concat!(
        "SELECT ",
        registration_columns!(),
        " FROM events.registrations WHERE event_id = ? AND user_id = ?"
    );
    let values = vec![Bound::Id(event.as_uuid()), Bound::Id(user.as_uuid())];
    let row: Option<RegistrationRow> = Statement::<Untyped>::new(FIND, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Registration::from))
}

/// Registers a person, with a row of the id `new` unless there is one.
///
/// # Errors
/// When the database fails.
pub async fn put(
    conn: &mut Connection,
    new: Uuid,
    event: EventId,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Registration> {
    const PUT: &str = concat!(
        "INSERT INTO events.registrations (id, event_id, user_id, status, registered_at) VALUES (?, ?, ?, 'registered', ?)
         ON CONFLICT (event_id, user_id) DO UPDATE SET status = excluded.status, registered_at = excluded.registered_at RETURNING ",
        registration_columns!()
    );
    let values = vec![
        Bound::Id(new),
        Bound::Id(event.as_uuid()),
        Bound::Id(user.as_uuid()),
        Bound::Time(now),
    ];
    let row: RegistrationRow = Statement::<Untyped>::new(PUT, values)
        .get_result(conn)
        .await?;
    Ok(row.into())
}

/// Notes what became of a registration.
///
/// # Errors
/// When the database fails.
pub async fn set_status(
    conn: &mut Connection,
    id: Uuid,
    status: RegistrationStatus,
) -> QueryResult<Registration> {
    const SET: &str = concat!(
        "UPDATE events.registrations SET status = ? WHERE id = ? RETURNING ",
        registration_columns!()
    );
    let values = vec![Bound::Text(status.name()), Bound::Id(id)];
    let row: RegistrationRow = Statement::<Untyped>::new(SET, values)
        .get_result(conn)
        .await?;
    Ok(row.into())
}

/// Changes the number of those who are registered for an event, and returns it. The schema refuses more than its capacity.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Connection, event: EventId, change: i64) -> QueryResult<i64> {
    const COUNT: &str = "UPDATE events.events SET registered_count = registered_count + ? WHERE id = ? RETURNING registered_count";
    let values = vec![Bound::Number(change), Bound::Id(event.as_uuid())];
    Statement::<BigInt>::new(COUNT, values)
        .get_result(conn)
        .await
}

/// The registrations of an event, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Connection,
    event: EventId,
    most: i64,
) -> QueryResult<Vec<Registration>> {
    const LIST: &str = concat!(
        "SELECT ",
        registration_columns!(),
        " FROM events.registrations WHERE event_id = ? ORDER BY registered_at, id LIMIT ?"
    );
    let values = vec![Bound::Id(event.as_uuid()), Bound::Number(most)];
    let rows: Vec<RegistrationRow> = Statement::<Untyped>::new(LIST, values).load(conn).await?;
    Ok(rows.into_iter().map(Registration::from).collect())
}

/// Removes some registrations of a person, and returns how many. Events are locked in the order of their ids, as by everybody who changes
/// several at once.
///
/// # Errors
/// When the database fails.
pub async fn take_back_some(conn: &mut Connection, user: UserId, most: i64) -> QueryResult<usize> {
    const TAKE_BACK: &str = "
        WITH locked AS (
            SELECT e.id FROM events.events e JOIN events.registrations r ON r.event_id = e.id
            WHERE r.user_id = ? ORDER BY e.id LIMIT ? FOR NO KEY UPDATE OF e
        ), gone AS (
            DELETE FROM events.registrations r USING locked WHERE r.event_id = locked.id AND r.user_id = ? RETURNING r.event_id, r.status
        ), counted AS (
            UPDATE events.events e SET registered_count = e.registered_count - 1 FROM gone
            WHERE e.id = gone.event_id AND gone.status <> 'cancelled'
        )
        SELECT count(*) FROM gone";
    let user = Bound::Id(user.as_uuid());
    let gone: i64 = Statement::<BigInt>::new(TAKE_BACK, vec![user, Bound::Number(most), user])
        .get_result(conn)
        .await?;
    Ok(usize::try_from(gone).unwrap_or(0))
}
