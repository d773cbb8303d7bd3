//! People.

use oruma_proto::auth::v1 as proto;
use oruma_proto::caller::v1::Role;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::failure::Failure;
use crate::realtime::availability::Availability;
use crate::times::iso;

/// A person, as `me` shows it to itself (C-005).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct User {
    /// UUID.
    pub(super) id: String,
    /// The address that signs in.
    pub(super) email: String,
    /// The name that people see.
    pub(super) name: String,
    /// `admin` or `user`.
    pub(super) role: &'static str,
    /// In E.164.
    #[schema(required)]
    pub(super) phone: Option<String>,
    /// Where the picture is.
    #[schema(required)]
    pub(super) image: Option<String>,
    /// `online`, `away`, `busy`, `inmeeting` or `offline`.
    pub(super) status: &'static str,
    /// The message beside that.
    #[schema(required)]
    pub(super) status_message: Option<String>,
    /// Whether the person has shown that the address is theirs.
    pub(super) email_verified: bool,
    /// How the chat behaves.
    pub(super) preferences: Preferences,
    /// ISO 8601.
    pub(super) created_at: String,
}

/// How the chat behaves for a person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Preferences {
    /// Whether it tells of news.
    notifications: bool,
    /// Whether it makes sounds.
    sound_enabled: bool,
    /// Where the person's clock stands, by its IANA name.
    #[schema(example = "Europe/Paris")]
    timezone: String,
}

/// A person, as a search shows it (C-014).
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct FoundUser {
    /// UUID.
    id: String,
    /// The name that people see.
    name: String,
    /// The address that signs in.
    email: String,
    /// In E.164.
    #[schema(required)]
    phone: Option<String>,
    /// `online`, `away`, `busy`, `inmeeting` or `offline`.
    status: &'static str,
    /// Where the picture is.
    #[schema(required)]
    avatar: Option<String>,
}

/// A person, as others see it (C-015).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Profile {
    /// UUID.
    id: String,
    /// The name that people see.
    name: String,
    /// The address that signs in.
    email: String,
    /// In E.164.
    #[schema(required)]
    phone: Option<String>,
    /// `online`, `away`, `busy`, `inmeeting` or `offline`.
    status: &'static str,
    /// The message beside that.
    #[schema(required)]
    status_message: Option<String>,
    /// Where the picture is.
    #[schema(required)]
    avatar: Option<String>,
    /// ISO 8601.
    created_at: String,
}

/// `{user}` of oneself.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct OwnUser {
    pub(in super::super) user: User,
}

/// `{user}` of another.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct OtherUser {
    pub(in super::super) user: Profile,
}

/// Answer of `GET /api/users/search`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct FoundUsers {
    pub(in super::super) users: Vec<FoundUser>,
}

/// What a person changes of itself: absent fields stay, and null takes `phone` and `statusMessage` away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ProfileRequest {
    /// The name that people see; at least 2 characters.
    name: Option<String>,
    /// In E.164.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "+33612345678")]
    phone: Option<Option<String>>,
    /// At most 100 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    status_message: Option<Option<String>>,
    /// How the chat behaves.
    preferences: Option<PreferencesRequest>,
}

/// What a person changes of its preferences; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct PreferencesRequest {
    /// Whether the chat tells of news.
    notifications: Option<bool>,
    /// Whether it makes sounds.
    sound_enabled: Option<bool>,
    /// Where the person's clock stands, by its IANA name.
    timezone: Option<String>,
}

/// Body of `PUT /api/users/status`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct StatusRequest {
    /// `online`, `away`, `busy`, `inmeeting` or `offline`.
    #[schema(example = "busy")]
    status: Option<String>,
    /// At most 100 characters; null takes it away, absent leaves it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    status_message: Option<Option<String>>,
}

/// Tells null, which is `Some(None)`, from absent.
pub(super) fn given<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl User {
    /// A person as it sees itself: with the status that it chose.
    pub(in super::super) fn from_proto(user: proto::User) -> Self {
        let status = status_name(user.status());
        let role = role(user.role());
        let proto::User {
            id,
            number: _,
            handle: _,
            display_name,
            email,
            email_verified,
            role: _,
            university: _,
            university_id: _,
            avatar_url,
            created_at,
            updated_at: _,
            last_login_at: _,
            last_seen_at: _,
            phone,
            status: _,
            status_message,
            preferences,
        } = user;
        Self {
            id,
            email,
            name: display_name,
            role,
            phone: unless_empty(phone),
            image: unless_empty(avatar_url),
            status,
            status_message: unless_empty(status_message),
            email_verified,
            preferences: preferences.unwrap_or_default().into(),
            created_at: iso(created_at),
        }
    }
}

impl From<proto::Preferences> for Preferences {
    fn from(preferences: proto::Preferences) -> Self {
        let proto::Preferences {
            notifications,
            sound_enabled,
            timezone,
        } = preferences;
        Self {
            notifications,
            sound_enabled,
            timezone,
        }
    }
}

impl FoundUser {
    /// A person as others see it.
    pub(in super::super) fn from_proto(user: proto::User, shown: Availability) -> Self {
        let User {
            id,
            email,
            name,
            role: _,
            phone,
            image,
            status: _,
            status_message: _,
            email_verified: _,
            preferences: _,
            created_at: _,
        } = User::from_proto(user);
        Self {
            id,
            name,
            email,
            phone,
            status: shown.name(),
            avatar: image,
        }
    }
}

impl Profile {
    /// A person as others see it.
    pub(in super::super) fn from_proto(user: proto::User, shown: Availability) -> Self {
        let User {
            id,
            email,
            name,
            role: _,
            phone,
            image,
            status: _,
            status_message,
            email_verified: _,
            preferences: _,
            created_at,
        } = User::from_proto(user);
        Self {
            id,
            name,
            email,
            phone,
            status: shown.name(),
            status_message,
            avatar: image,
            created_at,
        }
    }
}

impl From<ProfileRequest> for proto::UpdateProfileRequest {
    fn from(request: ProfileRequest) -> Self {
        let ProfileRequest {
            name,
            phone,
            status_message,
            preferences,
        } = request;
        Self {
            display_name: name,
            phone: phone.map(Option::unwrap_or_default),
            avatar_url: None,
            status_message: status_message.map(Option::unwrap_or_default),
            preferences: preferences.map(Into::into),
        }
    }
}

impl From<PreferencesRequest> for proto::PreferencesChange {
    fn from(request: PreferencesRequest) -> Self {
        let PreferencesRequest {
            notifications,
            sound_enabled,
            timezone,
        } = request;
        Self {
            notifications,
            sound_enabled,
            timezone,
        }
    }
}

impl TryFrom<StatusRequest> for proto::UpdateStatusRequest {
    type Error = Failure;

    fn try_from(request: StatusRequest) -> Result<Self, Failure> {
        let StatusRequest {
            status,
            status_message,
        } = request;
        let status = status.ok_or_else(|| Failure::invalid("status", "is required"))?;
        let status = chosen(&status).ok_or_else(|| {
            Failure::invalid("status", "must be online, away, busy, inmeeting or offline")
        })?;
        Ok(Self {
            status: status.into(),
            status_message: status_message.map(Option::unwrap_or_default),
        })
    }
}

/// The name of a role.
pub(in super::super) fn role(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::User | Role::Unspecified => "user",
    }
}

/// The name of a status.
fn status_name(status: proto::UserStatus) -> &'static str {
    match status {
        proto::UserStatus::Online => "online",
        proto::UserStatus::Away => "away",
        proto::UserStatus::Busy => "busy",
        proto::UserStatus::InMeeting => "inmeeting",
        proto::UserStatus::Offline | proto::UserStatus::Unspecified => "offline",
    }
}

/// The status of a name; `None` when there is none of that name.
pub(in super::super) fn chosen(name: &str) -> Option<proto::UserStatus> {
    [
        proto::UserStatus::Online,
        proto::UserStatus::Away,
        proto::UserStatus::Busy,
        proto::UserStatus::InMeeting,
        proto::UserStatus::Offline,
    ]
    .into_iter()
    .find(|status| status_name(*status) == name)
}

/// What is empty is shown as null.
pub(in super::super) fn unless_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(body: serde_json::Value) -> proto::UpdateProfileRequest {
        let request: ProfileRequest = serde_json::from_value(body).unwrap();
        request.into()
    }

    /// C-011: null clears, and absent leaves.
    #[test]
    fn null_clears_and_absent_leaves() {
        let change = request(json!({"name": "Ada"}));
        assert_eq!((change.phone, change.status_message), (None, None));
        let change = request(json!({"phone": null, "statusMessage": null}));
        assert_eq!(change.phone, Some(String::new()));
        assert_eq!(change.status_message, Some(String::new()));
    }

    #[test]
    fn what_is_not_known_is_shown_as_null() {
        let user = proto::User {
            id: "1".to_owned(),
            status: proto::UserStatus::Busy.into(),
            ..proto::User::default()
        };
        let shown = serde_json::to_value(Profile::from_proto(user, Availability::Busy)).unwrap();
        let expected = json!({"id": "1", "name": "", "email": "", "phone": null, "status": "busy", "statusMessage": null,
            "avatar": null, "createdAt": "1970-01-01T00:00:00.000Z"});
        assert_eq!(shown, expected);
    }

    #[test]
    fn statuses_have_names() {
        assert_eq!(chosen("inmeeting"), Some(proto::UserStatus::InMeeting));
        assert_eq!(chosen("Online"), None);
        assert_eq!(chosen(""), None);
    }
}
