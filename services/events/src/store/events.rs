//! Events, one at a time.

use chrono::{DateTime, Utc};
use diesel::{OptionalExtension, QueryResult};
use diesel_async::RunQueryDsl;
use oruma_ids::{EventId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};

use super::rows::{EventRow, SeenEventRow, event_columns, seen_event_columns};
use crate::domain::draft::folded;
use crate::domain::event::{Event, EventBody, SeenEvent};

const INSERT: &str = concat!(
    "INSERT INTO events.events AS e (title, description, category, starts_at, ends_at, utc_offset_minutes, location, folded_location, capacity,
                                     registration_required, banner_image, tags, id, organizer_id, university, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?::integer, ?, ?, nullif(?, 0)::integer, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING ",
    event_columns!()
);

const UPDATE: &str = concat!(
    "UPDATE events.events AS e SET title = ?, description = ?, category = ?, starts_at = ?, ends_at = ?, utc_offset_minutes = ?::integer,
            location = ?, folded_location = ?, capacity = nullif(?, 0)::integer, registration_required = ?, banner_image = ?, tags = ?,
            cancelled_at = CASE WHEN ? THEN ?::timestamptz END, updated_at = ? WHERE e.id = ? RETURNING ",
    event_columns!()
);

const FIND: &str = concat!(
    "SELECT ",
    seen_event_columns!(),
    " FROM events.events e WHERE e.id = ?"
);

const LOCK: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events.events e WHERE e.id = ? FOR NO KEY UPDATE"
);

const LOCK_TO_DELETE: &str = concat!(
    "SELECT ",
    event_columns!(),
    " FROM events.events e WHERE e.id = ? FOR UPDATE"
);

/// An event to be.
#[derive(Debug)]
pub struct NewEvent<'a> {
    /// The id.
    pub id: EventId,
    /// Who organises it.
    pub organizer: UserId,
    /// The organiser's university; empty for none.
    pub university: &'a str,
    /// What it says.
    pub body: &'a EventBody,
    /// Now.
    pub created_at: DateTime<Utc>,
}

/// The values of an event's own columns, in the order of the statements.
fn of_body<'a>(body: &'a EventBody, folded_location: &'a str) -> Vec<Bound<'a>> {
    vec![
        Bound::Text(&body.title),
        Bound::Text(&body.description),
        Bound::Text(&body.category),
        Bound::Time(body.schedule.starts_at),
        Bound::Time(body.schedule.ends_at),
        Bound::Number(body.schedule.utc_offset_minutes.into()),
        Bound::Text(&body.location),
        Bound::Text(folded_location),
        Bound::Number(body.capacity.unwrap_or(0).into()),
        Bound::Flag(body.registration_required),
        Bound::Text(&body.banner_image),
        Bound::Texts(&body.tags),
    ]
}

/// Inserts an event.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut Connection, new: &NewEvent<'_>) -> QueryResult<Event> {
    let folded_location = folded(&new.body.location);
    let mut values = of_body(new.body, &folded_location);
    values.extend([
        Bound::Id(new.id.as_uuid()),
        Bound::Id(new.organizer.as_uuid()),
        Bound::Text(new.university),
        Bound::Time(new.created_at),
        Bound::Time(new.created_at),
    ]);
    let row: EventRow = Statement::<Untyped>::new(INSERT, values)
        .get_result(conn)
        .await?;
    Ok(row.into())
}

/// Replaces what an event says, and when it was called off. The caller holds its lock.
///
/// # Errors
/// When the database fails.
pub async fn update(
    conn: &mut Connection,
    id: EventId,
    body: &EventBody,
    cancelled_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> QueryResult<Event> {
    let folded_location = folded(&body.location);
    let mut values = of_body(body, &folded_location);
    values.extend([
        Bound::Flag(cancelled_at.is_some()),
        Bound::Time(cancelled_at.unwrap_or(now)),
        Bound::Time(now),
        Bound::Id(id.as_uuid()),
    ]);
    let row: EventRow = Statement::<Untyped>::new(UPDATE, values)
        .get_result(conn)
        .await?;
    Ok(row.into())
}

/// An event, as a person sees it.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    id: EventId,
    viewer: UserId,
) -> QueryResult<Option<SeenEvent>> {
    let viewer = Bound::Id(viewer.as_uuid());
    let values = vec![viewer, viewer, Bound::Id(id.as_uuid())];
    let row: Option<SeenEventRow> = Statement::<Untyped>::new(FIND, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(SeenEvent::from))
}

/// Locks an event, so that its counters and events keep their order until the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn lock(conn: &mut Connection, id: EventId) -> QueryResult<Option<Event>> {
    lock_by(conn, LOCK, id).await
}

/// Locks an event for its removal.
///
/// # Errors
/// When the database fails.
pub async fn lock_to_delete(conn: &mut Connection, id: EventId) -> QueryResult<Option<Event>> {
    lock_by(conn, LOCK_TO_DELETE, id).await
}

async fn lock_by(
    conn: &mut Connection,
    sql: &'static str,
    id: EventId,
) -> QueryResult<Option<Event>> {
    let row: Option<EventRow> = Statement::<Untyped>::new(sql, vec![Bound::Id(id.as_uuid())])
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Event::from))
}

/// Removes an event; what hangs on it goes along.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut Connection, id: EventId) -> QueryResult<()> {
    const DELETE: &str = "DELETE FROM events.events WHERE id = ?";
    Statement::<()>::new(DELETE, vec![Bound::Id(id.as_uuid())])
        .execute(conn)
        .await?;
    Ok(())
}

/// Some events of a person, locked for their removal.
///
/// # Errors
/// When the database fails.
pub async fn lock_some_of(
    conn: &mut Connection,
    organizer: UserId,
    most: i64,
) -> QueryResult<Vec<Event>> {
    const LOCK_SOME: &str = concat!(
        "SELECT ",
        event_columns!(),
        " FROM events.events e WHERE e.organizer_id = ? ORDER BY e.id LIMIT ? FOR UPDATE"
    );
    let values = vec![Bound::Id(organizer.as_uuid()), Bound::Number(most)];
    let rows: Vec<EventRow> = Statement::<Untyped>::new(LOCK_SOME, values)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Event::from).collect())
}
