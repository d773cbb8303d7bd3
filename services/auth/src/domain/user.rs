//! People.

use chrono::{DateTime, Utc};
use oruma_ids::{UniversityId, UserId};
use oruma_service_runtime::Role;

use super::profile::{Availability, Preferences};

/// A person, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The short number, for contracts with integer ids.
    pub number: i64,
    /// The unique name in mentions.
    pub handle: String,
    /// The name that people see.
    pub display_name: String,
    /// The address that signs in.
    pub email: String,
    /// When the person showed that the address is theirs.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// What the person may do everywhere.
    pub role: Role,
    /// The university's name; empty for none.
    pub university: String,
    /// The university in the directory.
    pub university_id: Option<UniversityId>,
    /// Where the picture is.
    pub avatar_url: Option<String>,
    /// The phone in E.164.
    pub phone: Option<String>,
    /// Whether the person wants to be spoken to.
    pub availability: Availability,
    /// The message beside that.
    pub status_message: Option<String>,
    /// How the chat behaves for the person.
    pub preferences: Preferences,
    /// Grows with each change of what others see.
    pub version: i64,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When anything here last changed.
    pub updated_at: DateTime<Utc>,
    /// The last successful sign-in.
    pub last_login_at: Option<DateTime<Utc>>,
    /// When the person was last seen.
    pub last_seen_at: Option<DateTime<Utc>>,
}

/// What everybody may know of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCard {
    /// The id.
    pub id: UserId,
    /// The short number, for contracts with integer ids.
    pub number: i64,
    /// The unique name in mentions.
    pub handle: String,
    /// The name that people see.
    pub display_name: String,
    /// The university's name; empty for none.
    pub university: String,
    /// Where the picture is.
    pub avatar_url: Option<String>,
    /// Grows with each change.
    pub version: i64,
    /// The address that signs in.
    pub email: String,
    /// The phone in E.164.
    pub phone: Option<String>,
    /// Whether the person wants to be spoken to.
    pub availability: Availability,
    /// The message beside that.
    pub status_message: Option<String>,
    /// Where the person's clock stands, by its IANA name.
    pub timezone: String,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When the person was last seen.
    pub last_seen_at: Option<DateTime<Utc>>,
}
