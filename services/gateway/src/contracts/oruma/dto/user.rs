//! People.

use oruma_proto::auth::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A person, as sign-in and `me` show it.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct User {
    /// UUID.
    id: String,
    /// The name that people see.
    name: String,
    /// The address that signs in.
    email: String,
    /// The name of the university.
    university: String,
    /// Where the picture is.
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
}

/// A person, as a search shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct FoundUser {
    /// UUID.
    id: String,
    /// The name that people see.
    name: String,
    /// The address that signs in.
    email: String,
    /// Where the picture is.
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
}

/// What a person changes of itself; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct UpdateUser {
    /// The name that people see.
    pub(in super::super) name: Option<String>,
}

impl From<proto::User> for User {
    fn from(user: proto::User) -> Self {
        let proto::User {
            id,
            number: _,
            handle: _,
            display_name,
            email,
            email_verified: _,
            role: _,
            university,
            university_id: _,
            avatar_url,
            created_at: _,
            updated_at: _,
            last_login_at: _,
            last_seen_at: _,
            phone: _,
            status: _,
            status_message: _,
            preferences: _,
        } = user;
        Self {
            id,
            name: display_name,
            email,
            university,
            avatar: Some(avatar_url).filter(|url| !url.is_empty()),
        }
    }
}

impl From<proto::User> for FoundUser {
    fn from(user: proto::User) -> Self {
        let User {
            id,
            name,
            email,
            university: _,
            avatar,
        } = user.into();
        Self {
            id,
            name,
            email,
            avatar,
        }
    }
}
