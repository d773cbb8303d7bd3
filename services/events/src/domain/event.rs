//! Events.

use chrono::{DateTime, Utc};
use oruma_ids::{EventId, UserId};

use super::schedule::Schedule;
use super::status::EventStatus;

/// What an event may hold.
#[derive(Debug, Clone, Copy)]
pub struct EventLimits {
    /// `EVENT_MAX_TITLE_CHARACTERS`: 255 by default.
    pub title: usize,
    /// `EVENT_MAX_DESCRIPTION_CHARACTERS`: 10,000 by default.
    pub description: usize,
    /// `EVENT_MAX_CATEGORY_CHARACTERS`: 100 by default.
    pub category: usize,
    /// `EVENT_MAX_LOCATION_CHARACTERS`: 255 by default.
    pub location: usize,
    /// `EVENT_MAX_TAGS`: 20 by default.
    pub tags: usize,
    /// `EVENT_MAX_TAG_CHARACTERS`: 50 by default.
    pub tag: usize,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The id.
    pub id: EventId,
    /// The short number, for contracts with integer ids.
    pub number: i64,
    /// Who organises it.
    pub organizer: UserId,
    /// The organiser's university when it was announced; empty for none.
    pub university: String,
    /// What it says.
    pub body: EventBody,
    /// When it was called off.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// How many are registered.
    pub registered_count: i64,
    /// How many saved it.
    pub save_count: i64,
    /// How many have looked at it.
    pub view_count: i64,
    /// When it was announced.
    pub created_at: DateTime<Utc>,
    /// When its organiser last changed it.
    pub updated_at: DateTime<Utc>,
}

impl Event {
    /// Where it is in its life.
    #[must_use]
    pub fn status(&self, now: DateTime<Utc>) -> EventStatus {
        EventStatus::at(now, &self.body.schedule, self.cancelled_at.is_some())
    }

    /// Whether nobody else can come.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.body
            .capacity
            .is_some_and(|capacity| self.registered_count >= i64::from(capacity))
    }
}

/// An event as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenEvent {
    /// The event.
    pub event: Event,
    /// Whether the person is registered.
    pub registered: bool,
    /// Whether the person saved it.
    pub saved: bool,
}

/// What an organiser says of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBody {
    /// The title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// In lower case.
    pub category: String,
    /// When.
    pub schedule: Schedule,
    /// Where.
    pub location: String,
    /// How many can come; `None` for no limit.
    pub capacity: Option<i32>,
    /// Whether people register.
    pub registration_required: bool,
    /// Path under `/uploads/images/`; empty for none.
    pub banner_image: String,
    /// In lower case, each once.
    pub tags: Vec<String>,
}

impl EventBody {
    /// The banner, if there is one, as a list of pictures.
    #[must_use]
    pub fn banners(&self) -> Vec<String> {
        let banner = Some(self.banner_image.clone());
        banner.filter(|path| !path.is_empty()).into_iter().collect()
    }
}

/// A category, and how many events that are not over have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedCategory {
    /// In lower case.
    pub name: String,
    /// How many events.
    pub count: i64,
}

impl CountedCategory {
    /// Its name for people: each word begins with a capital.
    #[must_use]
    pub fn title(&self) -> String {
        let mut begins = true;
        let mut title = String::new();
        for letter in self.name.chars() {
            if begins {
                title.extend(letter.to_uppercase());
            } else {
                title.push(letter);
            }
            begins = letter.is_whitespace();
        }
        title
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_have_names_for_people() {
        for (name, title) in [
            ("music", "Music"),
            ("open air", "Open Air"),
            ("édition", "Édition"),
        ] {
            let category = CountedCategory {
                name: name.to_owned(),
                count: 1,
            };
            assert_eq!(category.title(), title);
        }
    }
}
