//! What a person says of itself.

use chrono_tz::Tz;
use oruma_rpc_error::Violation;
use oruma_service_runtime::Contract;
use oruma_text::{Lines, plain};

use super::account::DisplayName;
use super::phone::Phone;
use super::user::User;

/// Longest message beside a status, in characters (C-013).
const LONGEST_MESSAGE: usize = 100;
/// Longest address of a picture.
const LONGEST_AVATAR: usize = 512;

/// Whether somebody wants to be spoken to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Availability {
    /// There.
    #[default]
    Online,
    /// There, but not looking.
    Away,
    /// Not to be disturbed.
    Busy,
    /// In a meeting.
    InMeeting,
    /// Not there.
    Offline,
}

impl Availability {
    /// Its name, in the database and in events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away => "away",
            Self::Busy => "busy",
            Self::InMeeting => "inmeeting",
            Self::Offline => "offline",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Online,
            Self::Away,
            Self::Busy,
            Self::InMeeting,
            Self::Offline,
        ]
        .into_iter()
        .find(|availability| availability.name() == name)
    }
}

/// How a person wants the chat to behave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    /// Whether it tells of news.
    pub notifications: bool,
    /// Whether it makes sounds.
    pub sound_enabled: bool,
    /// Where the person's clock stands, by its IANA name.
    pub timezone: String,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            notifications: true,
            sound_enabled: true,
            timezone: "UTC".to_owned(),
        }
    }
}

/// What a person wants to change of its preferences, as it came; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreferencesChange {
    /// See [`Preferences::notifications`].
    pub notifications: Option<bool>,
    /// See [`Preferences::sound_enabled`].
    pub sound_enabled: Option<bool>,
    /// See [`Preferences::timezone`].
    pub timezone: Option<String>,
}

/// What a person wants to change of its profile, as it came; `None` stays, and an empty text takes the facet away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The name that people see; never empty.
    pub display_name: Option<String>,
    /// The phone in E.164.
    pub phone: Option<String>,
    /// Where the picture is: a path of this installation, or a URL.
    pub avatar_url: Option<String>,
    /// Whether the person wants to be spoken to.
    pub availability: Option<Availability>,
    /// The message beside that.
    pub status_message: Option<String>,
    /// How the chat behaves.
    pub preferences: PreferencesChange,
}

impl ProfileChange {
    /// Whether nothing is to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the status is to change.
    #[must_use]
    pub const fn changes_status(&self) -> bool {
        self.availability.is_some() || self.status_message.is_some()
    }

    /// Whether the time zone is to change.
    #[must_use]
    pub const fn changes_timezone(&self) -> bool {
        self.preferences.timezone.is_some()
    }

    /// Whether anything is to change that stands on the person's card.
    #[must_use]
    pub const fn is_seen(&self) -> bool {
        self.display_name.is_some()
            || self.avatar_url.is_some()
            || self.phone.is_some()
            || self.changes_status()
            || self.changes_timezone()
    }

    /// Makes the change, by the rules of the contract through which it came.
    ///
    /// # Errors
    /// Every field at fault; the person is to be thrown away then.
    pub fn apply(&self, user: &mut User, contract: Contract) -> Result<(), Vec<Violation>> {
        let mut faults = Vec::new();
        let mut take = |field: &str, problem: Option<String>| {
            faults.extend(problem.map(|problem| Violation::new(field, problem)));
        };
        if let Some(name) = &self.display_name {
            let name = DisplayName::parse(name, contract);
            take("display_name", name.as_ref().err().cloned());
            if let Ok(name) = name {
                name.as_str().clone_into(&mut user.display_name);
            }
        }
        take("phone", set(&self.phone, &mut user.phone, parse_phone));
        take(
            "avatar_url",
            set(&self.avatar_url, &mut user.avatar_url, parse_avatar),
        );
        let message = &mut user.status_message;
        take(
            "status_message",
            set(&self.status_message, message, parse_message),
        );
        user.availability = self.availability.unwrap_or(user.availability);
        take(
            "preferences.timezone",
            self.change_preferences(&mut user.preferences).err(),
        );
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    fn change_preferences(&self, preferences: &mut Preferences) -> Result<(), String> {
        let PreferencesChange {
            notifications,
            sound_enabled,
            timezone,
        } = &self.preferences;
        preferences.notifications = notifications.unwrap_or(preferences.notifications);
        preferences.sound_enabled = sound_enabled.unwrap_or(preferences.sound_enabled);
        if let Some(timezone) = timezone {
            let known: Tz = timezone
                .parse()
                .map_err(|_| "must be a time zone such as Europe/Paris".to_owned())?;
            known.name().clone_into(&mut preferences.timezone);
        }
        Ok(())
    }
}

/// Sets a facet that may be taken away, and tells what is wrong with it.
fn set(
    wanted: &Option<String>,
    facet: &mut Option<String>,
    parse: fn(&str) -> Result<String, String>,
) -> Option<String> {
    let wanted = wanted.as_deref()?;
    if wanted.trim().is_empty() {
        *facet = None;
        return None;
    }
    match parse(wanted) {
        Ok(parsed) => {
            *facet = Some(parsed);
            None
        }
        Err(problem) => Some(problem),
    }
}

fn parse_phone(text: &str) -> Result<String, String> {
    let phone: Phone = text.parse().map_err(str::to_owned)?;
    Ok(phone.as_str().to_owned())
}

fn parse_message(text: &str) -> Result<String, String> {
    plain(text, Lines::One, LONGEST_MESSAGE).map_err(|problem| problem.to_string())
}

fn parse_avatar(text: &str) -> Result<String, String> {
    let text = plain(text, Lines::One, LONGEST_AVATAR).map_err(|problem| problem.to_string())?;
    let path = text.starts_with('/') && !text.starts_with("//");
    let url = text.starts_with("https://") || text.starts_with("http://");
    if path || url {
        Ok(text)
    } else {
        Err("must be a path or an http or https URL".to_owned())
    }
}
