//! Events.

use chrono::{DateTime, TimeDelta, Utc};
use oruma_proto::events::v1 as proto;
use oruma_proto::media::v1::ImageFolder;
use pbjson_types::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::super::submission::{Fields, list};
use super::image::url_of;
use super::number::Number;
use super::owner::Owner;
use crate::compose::Owned;
use crate::failure::Failure;
use crate::times::iso;

/// An event (O-026).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Event {
    /// UUID.
    id: String,
    /// UUID of who organises it.
    organizer_id: String,
    title: String,
    description: String,
    /// In lower case.
    category: String,
    /// When it begins.
    #[schema(example = "2026-12-01T18:00:00.000Z")]
    date: String,
    /// By the organiser's clock.
    #[schema(example = "18:00")]
    start_time: String,
    /// By the organiser's clock.
    #[schema(example = "20:00")]
    end_time: String,
    location: String,
    /// How many can come.
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<i32>,
    registration_required: bool,
    /// Where the banner is.
    #[serde(skip_serializing_if = "Option::is_none")]
    banner_image: Option<String>,
    organizer: Owner,
    /// How many are registered.
    attendees: i64,
    /// The same as `capacity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_attendees: Option<i32>,
    /// Whether the caller is.
    is_registered: bool,
    /// upcoming, ongoing, completed or cancelled.
    #[schema(example = "upcoming")]
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// The organiser's university.
    university: String,
    /// How many people have looked at it.
    views: i64,
    /// How many saved it.
    saves: i64,
    /// Whether the caller did.
    saved: bool,
    created_at: String,
    updated_at: String,
}

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct EventsPage {
    events: Vec<Event>,
    /// Whether there is another page.
    has_more: bool,
    /// What to send as `cursor` for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// How many there are in all.
    total: i64,
}

/// Answer of `POST /api/events`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct CreatedEvent {
    pub(in super::super) event: Event,
}

/// Body of `POST /api/events` and `PUT /api/events/{eventId}`; as a form, `tags` is a JSON array, and `bannerImage` may be a file. A change leaves
/// what is absent as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct EventRequest {
    /// Up to 255 characters.
    #[schema(example = "Compilers, an evening")]
    title: Option<String>,
    description: Option<String>,
    #[schema(example = "academic")]
    category: Option<String>,
    /// An ISO time or `YYYY-MM-DD`, not in the past; its offset, UTC without one, is that of the times too.
    #[schema(example = "2026-12-01")]
    date: Option<String>,
    /// `HH:MM`.
    #[schema(example = "18:00")]
    start_time: Option<String>,
    /// `HH:MM`, later.
    #[schema(example = "20:00")]
    end_time: Option<String>,
    location: Option<String>,
    /// A positive whole number.
    #[schema(example = 30)]
    capacity: Option<Number>,
    /// Yes by default.
    registration_required: Option<bool>,
    tags: Option<Vec<String>>,
    /// URL of one's own upload.
    banner_image: Option<String>,
    /// Only in changes: `cancelled` calls it off.
    status: Option<String>,
}

/// Answer of `POST /api/events/{eventId}/register` and `…/unregister`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Registered {
    /// Whether the caller is registered now.
    pub(in super::super) registered: bool,
    /// How many are.
    pub(in super::super) attendees_count: i64,
}

/// Answer of `POST …/save` of events and items.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Saved {
    /// Whether the caller has it saved now.
    pub(in super::super) saved: bool,
    /// How many have.
    pub(in super::super) saves_count: i64,
}

/// A registration (O-038).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Registration {
    /// UUID.
    id: String,
    event_id: String,
    user_id: String,
    registered_at: String,
    /// registered, cancelled or attended.
    status: &'static str,
}

/// Body of `PUT /api/events/{eventId}/registrations/{userId}`.
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct AttendanceRequest {
    /// Whether the person was there.
    pub(in super::super) attended: Option<bool>,
}

impl Event {
    pub(in super::super) fn new(owned: Owned<proto::Event>, public_url: &Url) -> Self {
        let Owned { thing, owner } = owned;
        let status = status_name(thing.status());
        let proto::Event {
            id,
            number: _,
            organizer_id,
            university,
            title,
            description,
            category,
            starts_at,
            ends_at,
            utc_offset_minutes,
            location,
            capacity,
            registration_required,
            banner_image,
            tags,
            registered_count,
            save_count,
            view_count,
            registered,
            saved,
            status: _,
            created_at,
            updated_at,
        } = thing;
        Self {
            id,
            organizer_id,
            title,
            description,
            category,
            start_time: clock(starts_at, utc_offset_minutes),
            end_time: clock(ends_at, utc_offset_minutes),
            date: iso(starts_at),
            location,
            capacity,
            registration_required,
            banner_image: Some(banner_image)
                .filter(|path| !path.is_empty())
                .map(|path| url_of(public_url, &path)),
            organizer: Owner::from(&*owner),
            attendees: registered_count,
            max_attendees: capacity,
            is_registered: registered,
            status,
            tags,
            university,
            views: view_count,
            saves: save_count,
            saved,
            created_at: iso(created_at),
            updated_at: iso(updated_at),
        }
    }
}

const fn status_name(status: proto::EventStatus) -> &'static str {
    match status {
        proto::EventStatus::Unspecified | proto::EventStatus::Upcoming => "upcoming",
        proto::EventStatus::Ongoing => "ongoing",
        proto::EventStatus::Completed => "completed",
        proto::EventStatus::Cancelled => "cancelled",
    }
}

/// Hours and minutes where the offset holds.
fn clock(time: Option<Timestamp>, offset_minutes: i32) -> String {
    let time = time.and_then(|time| DateTime::<Utc>::try_from(time).ok());
    let local = time.unwrap_or_default() + TimeDelta::minutes(offset_minutes.into());
    local.format("%H:%M").to_string()
}

impl EventsPage {
    pub(in super::super) fn new(
        events: Vec<Owned<proto::Event>>,
        next_page_token: String,
        total: i64,
        public_url: &Url,
    ) -> Self {
        Self {
            events: events
                .into_iter()
                .map(|event| Event::new(event, public_url))
                .collect(),
            has_more: !next_page_token.is_empty(),
            next_cursor: Some(next_page_token).filter(|token| !token.is_empty()),
            total,
        }
    }
}

impl Fields for EventRequest {
    const FILES: &'static str = "bannerImage";
    const ONE_FILE: bool = true;
    const FOLDER: ImageFolder = ImageFolder::Events;

    fn set(&mut self, name: &str, text: String) -> Result<(), Failure> {
        match name {
            "title" => self.title = Some(text),
            "description" => self.description = Some(text),
            "category" => self.category = Some(text),
            "date" => self.date = Some(text),
            "startTime" => self.start_time = Some(text),
            "endTime" => self.end_time = Some(text),
            "location" => self.location = Some(text),
            "capacity" => self.capacity = Some(Number::of_text(&text)),
            "registrationRequired" => self.registration_required = Some(flag(name, &text)?),
            "tags" => self.tags = Some(list(name, &text)?),
            "status" => self.status = Some(text),
            _ => {}
        }
        Ok(())
    }

    fn urls(&mut self) -> Option<Vec<String>> {
        let url = self.banner_image.take()?;
        Some(
            Some(url)
                .filter(|url| !url.is_empty())
                .into_iter()
                .collect(),
        )
    }
}

fn flag(name: &str, text: &str) -> Result<bool, Failure> {
    match text.trim() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Failure::invalid(name, "must be true or false")),
    }
}

impl EventRequest {
    /// A new event. This contract asks for a capacity.
    pub(in super::super) fn into_create(
        self,
        images: Option<Vec<String>>,
    ) -> Result<proto::CreateEventRequest, Failure> {
        let Self {
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
            banner_image: _,
            status: _,
        } = self;
        let capacity = capacity.ok_or_else(|| Failure::invalid("capacity", "is required"))?;
        Ok(proto::CreateEventRequest {
            title: title.unwrap_or_default(),
            description: description.unwrap_or_default(),
            category: category.unwrap_or_default(),
            date: date.unwrap_or_default(),
            start_time: start_time.unwrap_or_default(),
            end_time: end_time.unwrap_or_default(),
            location: location.unwrap_or_default(),
            capacity: Some(capacity.whole("capacity")?),
            registration_required,
            tags: tags.unwrap_or_default(),
            banner_image: banner_of(images).unwrap_or_default(),
        })
    }

    /// A change of an event.
    pub(in super::super) fn into_update(
        self,
        event_id: String,
        images: Option<Vec<String>>,
    ) -> Result<proto::UpdateEventRequest, Failure> {
        let Self {
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
            banner_image: _,
            status,
        } = self;
        let capacity = capacity.map(|capacity| capacity.whole("capacity"));
        Ok(proto::UpdateEventRequest {
            event_id,
            title,
            description,
            category,
            date,
            start_time,
            end_time,
            location,
            capacity: capacity.transpose()?,
            registration_required,
            tags: tags.map(|values| proto::TextList { values }),
            banner_image: banner_of(images),
            status,
        })
    }
}

/// The one picture; an empty list is none any more.
fn banner_of(images: Option<Vec<String>>) -> Option<String> {
    images.map(|images| images.into_iter().next().unwrap_or_default())
}

impl From<proto::Registration> for Registration {
    fn from(registration: proto::Registration) -> Self {
        let status = match registration.status() {
            proto::RegistrationStatus::Unspecified | proto::RegistrationStatus::Registered => {
                "registered"
            }
            proto::RegistrationStatus::Cancelled => "cancelled",
            proto::RegistrationStatus::Attended => "attended",
        };
        let proto::Registration {
            id,
            event_id,
            user_id,
            registered_at,
            status: _,
        } = registration;
        Self {
            id,
            event_id,
            user_id,
            registered_at: iso(registered_at),
            status,
        }
    }
}
