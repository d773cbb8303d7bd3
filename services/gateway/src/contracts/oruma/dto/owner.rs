//! The person beside a thing: who organises an event, who sells an item.

use oruma_proto::auth::v1::UserCard;
use serde::Serialize;
use utoipa::ToSchema;

/// A person in a few words.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Owner {
    /// UUID.
    pub(super) id: String,
    /// The name that people see.
    pub(super) name: String,
    /// The handle, as in mentions.
    pub(super) username: String,
    /// The name of the university; empty when there is none.
    pub(super) university: String,
    /// Where the picture is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) avatar: String,
}

impl From<&UserCard> for Owner {
    fn from(card: &UserCard) -> Self {
        let UserCard {
            id,
            number: _,
            handle,
            display_name,
            university,
            avatar_url,
            version: _,
            email: _,
            phone: _,
            status: _,
            status_message: _,
            timezone: _,
            created_at: _,
            last_seen_at: _,
        } = card;
        Self {
            id: id.clone(),
            name: display_name.clone(),
            username: handle.clone(),
            university: university.clone(),
            avatar: avatar_url.clone(),
        }
    }
}
