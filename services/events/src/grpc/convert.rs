//! Between messages and domain values.

use chrono::{DateTime, Utc};
use oruma_ids::EventId;
use oruma_proto::events::v1 as proto;
use oruma_rpc_error::Fault;
use oruma_service_runtime::Caller;
use tonic::{Request, Status};

use crate::app::signed_in;
use crate::domain::draft::EventDraft;
use crate::domain::event::{CountedCategory, SeenEvent};
use crate::domain::filters::Asked;
use crate::domain::registration::{Registration, RegistrationStatus};
use crate::domain::status::EventStatus;
use crate::error::Error;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        error.into_status()
    }
}

/// The caller, who must be signed in: that is said before anything of the request is looked at.
pub(super) fn somebody<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = Caller::of(request)?;
    signed_in(&caller)?;
    Ok(caller)
}

/// What is no id is no event's.
pub(super) fn event_id(text: &str) -> Result<EventId, Error> {
    text.parse().map_err(|_| Error::EventNotFound)
}

impl From<proto::CreateEventRequest> for EventDraft {
    fn from(request: proto::CreateEventRequest) -> Self {
        let proto::CreateEventRequest {
            title,
            description,
            category,
            date,
            start_time,
            end_time,
            location,
            capacity,
            registration_required,
            tags,
            banner_image,
        } = request;
        Self {
            title: Some(title),
            description: Some(description),
            category: Some(category),
            date: Some(date),
            start_time: Some(start_time),
            end_time: Some(end_time),
            location: Some(location),
            capacity,
            registration_required,
            tags: Some(tags),
            banner_image: Some(banner_image),
            status: None,
        }
    }
}

impl From<proto::UpdateEventRequest> for EventDraft {
    fn from(request: proto::UpdateEventRequest) -> Self {
        let proto::UpdateEventRequest {
            event_id: _,
            title,
            description,
            category,
            date,
            start_time,
            end_time,
            location,
            capacity,
            registration_required,
            tags,
            banner_image,
            status,
        } = request;
        Self {
            title,
            description,
            category,
            date,
            start_time,
            end_time,
            location,
            capacity,
            registration_required,
            tags: tags.map(|list| list.values),
            banner_image,
            status,
        }
    }
}

/// What is asked for, the page size and the page token.
pub(super) fn asked(request: proto::ListEventsRequest) -> (Asked, i32, String) {
    let proto::ListEventsRequest {
        query,
        category,
        university,
        date,
        date_from,
        date_to,
        location,
        status,
        tags,
        sort_by,
        organizer_id,
        registered,
        saved,
        page_size,
        page_token,
    } = request;
    let asked = Asked {
        query,
        category,
        university,
        date,
        date_from,
        date_to,
        location,
        status,
        tags,
        sort_by,
        organizer_id,
        registered,
        saved,
    };
    (asked, page_size, page_token)
}

/// An event as it is at that time.
pub(super) fn event(seen: SeenEvent, now: DateTime<Utc>) -> proto::Event {
    let SeenEvent {
        event,
        registered,
        saved,
    } = seen;
    let status = status(event.status(now));
    let body = event.body;
    proto::Event {
        id: event.id.to_string(),
        number: event.number,
        organizer_id: event.organizer.to_string(),
        university: event.university,
        title: body.title,
        description: body.description,
        category: body.category,
        starts_at: Some(body.schedule.starts_at.into()),
        ends_at: Some(body.schedule.ends_at.into()),
        utc_offset_minutes: body.schedule.utc_offset_minutes,
        location: body.location,
        capacity: body.capacity,
        registration_required: body.registration_required,
        banner_image: body.banner_image,
        tags: body.tags,
        registered_count: event.registered_count,
        save_count: event.save_count,
        view_count: event.view_count,
        registered,
        saved,
        status: status.into(),
        created_at: Some(event.created_at.into()),
        updated_at: Some(event.updated_at.into()),
    }
}

const fn status(status: EventStatus) -> proto::EventStatus {
    match status {
        EventStatus::Upcoming => proto::EventStatus::Upcoming,
        EventStatus::Ongoing => proto::EventStatus::Ongoing,
        EventStatus::Completed => proto::EventStatus::Completed,
        EventStatus::Cancelled => proto::EventStatus::Cancelled,
    }
}

impl From<Registration> for proto::Registration {
    fn from(registration: Registration) -> Self {
        let status = match registration.status {
            RegistrationStatus::Registered => proto::RegistrationStatus::Registered,
            RegistrationStatus::Cancelled => proto::RegistrationStatus::Cancelled,
            RegistrationStatus::Attended => proto::RegistrationStatus::Attended,
        };
        Self {
            id: registration.id.to_string(),
            event_id: registration.event.to_string(),
            user_id: registration.user.to_string(),
            registered_at: Some(registration.registered_at.into()),
            status: status.into(),
        }
    }
}

impl From<CountedCategory> for proto::EventCategory {
    fn from(category: CountedCategory) -> Self {
        Self {
            name: category.title(),
            id: category.name,
            count: category.count,
        }
    }
}
