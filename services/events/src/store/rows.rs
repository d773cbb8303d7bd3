//! How rows become events and registrations.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use oruma_ids::{EventId, UserId};
use uuid::Uuid;

use crate::domain::event::{Event, EventBody, SeenEvent};
use crate::domain::registration::{Registration, RegistrationStatus};
use crate::domain::schedule::Schedule;

/// The columns of an [`EventRow`], from `events.events` as `e`.
macro_rules! event_columns {
    () => {
        "e.id, e.number, e.organizer_id, e.university, e.title, e.description, e.category, e.starts_at, e.ends_at, e.utc_offset_minutes, \
         e.location, e.capacity, e.registration_required, e.banner_image, e.tags, e.cancelled_at, e.registered_count, e.save_count, \
         e.view_count, e.created_at, e.updated_at"
    };
}

/// The columns of a [`SeenEventRow`]. Values: the viewer, the viewer. Not by `EXISTS`, which the planner may turn into reading all that the
/// viewer has, where only what belongs to a page is asked for.
macro_rules! seen_event_columns {
    () => {
        concat!(
            event_columns!(),
            ", coalesce((SELECT true FROM events.registrations r
                 WHERE r.event_id = e.id AND r.user_id = ? AND r.status <> 'cancelled'), false) AS registered,
               coalesce((SELECT true FROM events.event_saves s WHERE s.event_id = e.id AND s.user_id = ?), false) AS saved"
        )
    };
}

/// The columns of a [`RegistrationRow`].
macro_rules! registration_columns {
    () => {
        "id, event_id, user_id, status, registered_at"
    };
}

pub(super) use {event_columns, registration_columns, seen_event_columns};

#[derive(QueryableByName)]
pub(super) struct EventRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = SqlUuid)]
    organizer_id: Uuid,
    #[diesel(sql_type = Text)]
    university: String,
    #[diesel(sql_type = Text)]
    title: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Text)]
    category: String,
    #[diesel(sql_type = Timestamptz)]
    starts_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    ends_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    utc_offset_minutes: i32,
    #[diesel(sql_type = Text)]
    location: String,
    #[diesel(sql_type = Nullable<Integer>)]
    capacity: Option<i32>,
    #[diesel(sql_type = Bool)]
    registration_required: bool,
    #[diesel(sql_type = Text)]
    banner_image: String,
    #[diesel(sql_type = Array<Text>)]
    tags: Vec<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    cancelled_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    registered_count: i64,
    #[diesel(sql_type = BigInt)]
    save_count: i64,
    #[diesel(sql_type = BigInt)]
    view_count: i64,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    updated_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
pub(super) struct SeenEventRow {
    #[diesel(embed)]
    event: EventRow,
    #[diesel(sql_type = Bool)]
    registered: bool,
    #[diesel(sql_type = Bool)]
    saved: bool,
}

#[derive(QueryableByName)]
pub(super) struct RegistrationRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Timestamptz)]
    registered_at: DateTime<Utc>,
}

impl From<EventRow> for Event {
    fn from(row: EventRow) -> Self {
        Self {
            id: EventId::from_uuid(row.id),
            number: row.number,
            organizer: UserId::from_uuid(row.organizer_id),
            university: row.university,
            body: EventBody {
                title: row.title,
                description: row.description,
                category: row.category,
                schedule: Schedule {
                    starts_at: row.starts_at,
                    ends_at: row.ends_at,
                    utc_offset_minutes: row.utc_offset_minutes,
                },
                location: row.location,
                capacity: row.capacity,
                registration_required: row.registration_required,
                banner_image: row.banner_image,
                tags: row.tags,
            },
            cancelled_at: row.cancelled_at,
            registered_count: row.registered_count,
            save_count: row.save_count,
            view_count: row.view_count,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<SeenEventRow> for SeenEvent {
    fn from(row: SeenEventRow) -> Self {
        Self {
            event: row.event.into(),
            registered: row.registered,
            saved: row.saved,
        }
    }
}

impl From<RegistrationRow> for Registration {
    fn from(row: RegistrationRow) -> Self {
        Self {
            id: row.id,
            event: EventId::from_uuid(row.event_id),
            user: UserId::from_uuid(row.user_id),
            // The schema allows no other status.
            status: RegistrationStatus::from_name(&row.status)
                .unwrap_or(RegistrationStatus::Cancelled),
            registered_at: row.registered_at,
        }
    }
}
