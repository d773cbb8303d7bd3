//! Who takes part in channels and direct conversations.

use std::collections::HashMap;
use std::sync::Arc;

use oruma_proto::auth::v1::UserCard;
use oruma_proto::messaging::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::user::unless_empty;
use crate::failure::Failure;
use crate::realtime::availability::{Availability, Shown};
use crate::times::iso;

/// Some people: their cards, and how they are.
pub(in super::super) struct People {
    pub(in super::super) cards: HashMap<String, Arc<UserCard>>,
    pub(in super::super) shown: HashMap<String, Shown>,
}

/// Somebody who takes part in a channel (C-018).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Member {
    /// UUID.
    user_id: String,
    /// The name that people see.
    name: String,
    /// The address that signs in.
    email: String,
    /// `admin` or `member`.
    #[schema(example = "member")]
    role: &'static str,
    /// Where the picture is.
    #[schema(required)]
    avatar: Option<String>,
    /// `online`, `away`, `busy`, `inmeeting` or `offline`.
    #[schema(example = "online")]
    status: &'static str,
    /// Since when.
    joined_at: String,
}

/// Somebody who was added (C-021).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct NewMember {
    /// UUID.
    user_id: String,
    /// The name that people see.
    name: String,
    /// `admin` or `member`.
    #[schema(example = "member")]
    role: &'static str,
}

/// Answer of `POST …/members`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct AddedMembers {
    #[schema(example = true)]
    pub(in super::super) success: bool,
    pub(in super::super) members: Vec<NewMember>,
}

/// One of a direct conversation (C-063).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Participant {
    /// UUID; empty when the account is gone.
    user_id: String,
    /// The name that people see.
    name: String,
    /// Where the picture is.
    #[schema(required)]
    avatar: Option<String>,
    /// `online`, `away`, `busy`, `inmeeting` or `offline`.
    #[schema(example = "online")]
    status: &'static str,
}

/// Body of `POST …/members` (C-021).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct MembersRequest {
    /// UUIDs, 1 to 1,000; one's own to join.
    pub(in super::super) user_ids: Option<Vec<String>>,
    /// `admin` or `member`, which is the default.
    pub(in super::super) role: Option<String>,
}

/// Body of `PUT …/members/{userId}` (C-023).
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct RoleRequest {
    /// `admin` or `member`.
    #[schema(example = "admin")]
    pub(in super::super) role: Option<String>,
}

impl People {
    /// How somebody is.
    fn status(&self, id: &str) -> &'static str {
        let shown = self.shown.get(id);
        let availability = shown.map_or(Availability::Offline, |shown| shown.availability);
        availability.name()
    }

    fn name(&self, id: &str) -> String {
        let card = self.cards.get(id);
        card.map(|card| card.display_name.clone())
            .unwrap_or_default()
    }

    fn avatar(&self, id: &str) -> Option<String> {
        unless_empty(self.cards.get(id)?.avatar_url.clone())
    }
}

impl Member {
    /// A member with the card.
    pub(in super::super) fn new(member: proto::Member, people: &People) -> Self {
        let role = role_name(member.role());
        let proto::Member {
            user_id,
            role: _,
            joined_at,
        } = member;
        let card = people.cards.get(&user_id);
        Self {
            name: people.name(&user_id),
            email: card.map(|card| card.email.clone()).unwrap_or_default(),
            role,
            avatar: people.avatar(&user_id),
            status: people.status(&user_id),
            joined_at: iso(joined_at),
            user_id,
        }
    }
}

impl NewMember {
    pub(in super::super) fn new(
        member: proto::Member,
        cards: &HashMap<String, Arc<UserCard>>,
    ) -> Self {
        let role = role_name(member.role());
        let card = cards.get(&member.user_id);
        Self {
            name: card
                .map(|card| card.display_name.clone())
                .unwrap_or_default(),
            user_id: member.user_id,
            role,
        }
    }
}

impl Participant {
    /// One of the people.
    pub(in super::super) fn new(user_id: String, people: &People) -> Self {
        Self {
            name: people.name(&user_id),
            avatar: people.avatar(&user_id),
            status: people.status(&user_id),
            user_id,
        }
    }
}

fn role_name(role: proto::MemberRole) -> &'static str {
    match role {
        proto::MemberRole::Admin => "admin",
        proto::MemberRole::Member | proto::MemberRole::Unspecified => "member",
    }
}

/// The role of a name; unspecified when none is given.
pub(in super::super) fn role(name: Option<&str>) -> Result<proto::MemberRole, Failure> {
    match name {
        None => Ok(proto::MemberRole::Unspecified),
        Some("admin") => Ok(proto::MemberRole::Admin),
        Some("member") => Ok(proto::MemberRole::Member),
        Some(_) => Err(Failure::invalid("role", "must be admin or member")),
    }
}
