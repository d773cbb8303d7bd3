//! The events of this service, each a versioned message of `proto/oruma/events/v1/outbox.proto`. The subject of all is the event that people
//! organise, so those of one keep their order.

use chrono::{DateTime, Utc};
use oruma_broker::Event as Fact;
use oruma_engagement::{Marked, Report};
use oruma_ids::{EventId, UserId};
use oruma_proto::events::v1 as proto;
use serde::Serialize;

use crate::app::App;
use crate::domain::event::Event;
use crate::domain::registration::Registration;

/// `events.event.created.v1`: somebody announced an event.
pub fn event_created(app: &App, event: &Event) -> Fact {
    let body = &event.body;
    let data = proto::EventCreatedV1 {
        event_id: event.id.to_string(),
        number: event.number,
        organizer_id: event.organizer.to_string(),
        university: event.university.clone(),
        title: body.title.clone(),
        description: body.description.clone(),
        category: body.category.clone(),
        starts_at: Some(body.schedule.starts_at.into()),
        ends_at: Some(body.schedule.ends_at.into()),
        utc_offset_minutes: body.schedule.utc_offset_minutes,
        location: body.location.clone(),
        capacity: body.capacity,
        registration_required: body.registration_required,
        banner_image: body.banner_image.clone(),
        tags: body.tags.clone(),
        created_at: Some(event.created_at.into()),
    };
    let time = event.created_at;
    fact(app, "events.event.created.v1", event.id, time, &data)
}

/// `events.event.updated.v1`: its organiser changed an event.
pub fn event_updated(app: &App, event: &Event) -> Fact {
    let body = &event.body;
    let data = proto::EventUpdatedV1 {
        event_id: event.id.to_string(),
        number: event.number,
        organizer_id: event.organizer.to_string(),
        university: event.university.clone(),
        title: body.title.clone(),
        description: body.description.clone(),
        category: body.category.clone(),
        starts_at: Some(body.schedule.starts_at.into()),
        ends_at: Some(body.schedule.ends_at.into()),
        utc_offset_minutes: body.schedule.utc_offset_minutes,
        location: body.location.clone(),
        capacity: body.capacity,
        registration_required: body.registration_required,
        banner_image: body.banner_image.clone(),
        tags: body.tags.clone(),
        updated_at: Some(event.updated_at.into()),
    };
    let time = event.updated_at;
    fact(app, "events.event.updated.v1", event.id, time, &data)
}

/// `events.event.cancelled.v1`: its organiser called an event off.
pub fn event_cancelled(app: &App, event: &Event, now: DateTime<Utc>) -> Fact {
    let data = proto::EventCancelledV1 {
        event_id: event.id.to_string(),
        number: event.number,
        organizer_id: event.organizer.to_string(),
        title: event.body.title.clone(),
        starts_at: Some(event.body.schedule.starts_at.into()),
        cancelled_at: Some(now.into()),
    };
    fact(app, "events.event.cancelled.v1", event.id, now, &data)
}

/// `events.event.deleted.v1`: an event is gone, with all that hung on it.
pub fn event_deleted(app: &App, event: &Event, by: UserId, now: DateTime<Utc>) -> Fact {
    let data = proto::EventDeletedV1 {
        event_id: event.id.to_string(),
        number: event.number,
        organizer_id: event.organizer.to_string(),
        title: event.body.title.clone(),
        starts_at: Some(event.body.schedule.starts_at.into()),
        deleted_by: by.to_string(),
        deleted_at: Some(now.into()),
    };
    fact(app, "events.event.deleted.v1", event.id, now, &data)
}

/// `events.event.reported.v1`: somebody tells moderators of an event.
pub fn event_reported(
    app: &App,
    event: &Event,
    reporter: UserId,
    report: &Report,
    now: DateTime<Utc>,
) -> Fact {
    let data = proto::EventReportedV1 {
        event_id: event.id.to_string(),
        organizer_id: event.organizer.to_string(),
        reporter_id: reporter.to_string(),
        reason: report.reason.clone(),
        description: report.description.clone(),
        reported_at: Some(now.into()),
    };
    fact(app, "events.event.reported.v1", event.id, now, &data)
}

/// `events.event.saved.v1` or `events.event.unsaved.v1`.
pub fn event_saved(
    app: &App,
    event: &Event,
    user: UserId,
    saved: Marked,
    now: DateTime<Utc>,
) -> Fact {
    let (event_id, organizer_id) = (event.id.to_string(), event.organizer.to_string());
    let (user_id, save_count) = (user.to_string(), saved.count);
    if saved.is_set {
        let data = proto::EventSavedV1 {
            event_id,
            organizer_id,
            user_id,
            save_count,
            saved_at: Some(now.into()),
        };
        fact(app, "events.event.saved.v1", event.id, now, &data)
    } else {
        let data = proto::EventUnsavedV1 {
            event_id,
            organizer_id,
            user_id,
            save_count,
            unsaved_at: Some(now.into()),
        };
        fact(app, "events.event.unsaved.v1", event.id, now, &data)
    }
}

/// `events.registration.created.v1`: somebody registered for an event.
pub fn registration_created(
    app: &App,
    event: &Event,
    registration: &Registration,
    registered_count: i64,
) -> Fact {
    let time = registration.registered_at;
    let data = proto::RegistrationCreatedV1 {
        registration_id: registration.id.to_string(),
        event_id: event.id.to_string(),
        organizer_id: event.organizer.to_string(),
        title: event.body.title.clone(),
        starts_at: Some(event.body.schedule.starts_at.into()),
        user_id: registration.user.to_string(),
        registered_count,
        registered_at: Some(time.into()),
    };
    fact(app, "events.registration.created.v1", event.id, time, &data)
}

/// `events.registration.cancelled.v1`: somebody took a registration back.
pub fn registration_cancelled(
    app: &App,
    event: &Event,
    registration: &Registration,
    registered_count: i64,
    now: DateTime<Utc>,
) -> Fact {
    let data = proto::RegistrationCancelledV1 {
        registration_id: registration.id.to_string(),
        event_id: event.id.to_string(),
        organizer_id: event.organizer.to_string(),
        title: event.body.title.clone(),
        starts_at: Some(event.body.schedule.starts_at.into()),
        user_id: registration.user.to_string(),
        registered_count,
        cancelled_at: Some(now.into()),
    };
    fact(
        app,
        "events.registration.cancelled.v1",
        event.id,
        now,
        &data,
    )
}

fn fact(app: &App, kind: &str, event: EventId, time: DateTime<Utc>, data: &impl Serialize) -> Fact {
    let id = app.random.id(time);
    Fact::new(id, kind, "/oruma/events", event.to_string(), time, data)
}
