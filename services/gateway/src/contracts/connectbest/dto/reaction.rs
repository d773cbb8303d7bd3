//! What people feel about messages (C-148).

use oruma_proto::messaging::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::faces::Faces;
use crate::times::iso;

/// What somebody felt, as a message shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct MessageReaction {
    /// One emoji.
    #[schema(example = "👍")]
    emoji: String,
    /// UUID.
    user_id: String,
    /// The name that people see.
    user_name: String,
}

/// What somebody felt, with where and when.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Reaction {
    /// UUID of the message.
    message_id: String,
    /// UUID.
    user_id: String,
    /// The name that people see.
    user_name: String,
    /// One emoji.
    #[schema(example = "👍")]
    emoji: String,
    /// When.
    created_at: String,
}

/// `{reaction}` (C-028).
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct OneReaction {
    pub(in super::super) reaction: Reaction,
}

/// Body of `POST …/reactions`.
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct ReactionRequest {
    /// One emoji.
    #[schema(example = "👍")]
    pub(in super::super) emoji: Option<String>,
}

impl MessageReaction {
    pub(super) fn new(reaction: proto::Reaction, faces: &Faces) -> Self {
        let proto::Reaction {
            user_id,
            emoji,
            created_at: _,
        } = reaction;
        Self {
            emoji,
            user_name: faces.of(&user_id).name,
            user_id,
        }
    }
}

impl Reaction {
    /// A reaction to a message.
    pub(in super::super) fn new(
        message_id: String,
        reaction: proto::Reaction,
        faces: &Faces,
    ) -> Self {
        let proto::Reaction {
            user_id,
            emoji,
            created_at,
        } = reaction;
        Self {
            message_id,
            user_name: faces.of(&user_id).name,
            user_id,
            emoji,
            created_at: iso(created_at),
        }
    }
}
