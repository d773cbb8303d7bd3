//! Registrations for events.

use chrono::{DateTime, Utc};
use oruma_ids::{EventId, UserId};
use uuid::Uuid;

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationStatus {
    /// The person comes.
    Registered,
    /// The person has taken it back.
    Cancelled,
    /// The person was there.
    Attended,
}

impl RegistrationStatus {
    /// Its name, as in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Cancelled => "cancelled",
            Self::Attended => "attended",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Registered, Self::Cancelled, Self::Attended]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// A registration of a person for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The id.
    pub id: Uuid,
    /// The event.
    pub event: EventId,
    /// Who comes.
    pub user: UserId,
    /// What became of it.
    pub status: RegistrationStatus,
    /// When the person registered, last.
    pub registered_at: DateTime<Utc>,
}

impl Registration {
    /// Whether it takes a place.
    #[must_use]
    pub fn holds_place(&self) -> bool {
        self.status != RegistrationStatus::Cancelled
    }
}
