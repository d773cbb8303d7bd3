//! Blocks.

use std::sync::Arc;

use oruma_proto::auth::v1::UserCard;
use oruma_proto::social::v1 as proto;
use serde::Serialize;
use utoipa::ToSchema;

use super::owner::Owner;
use crate::compose::Owned;
use crate::times::iso;

/// Somebody whom the caller has blocked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Block {
    /// Who.
    user: Owner,
    /// Since when.
    #[schema(example = "2026-11-21T14:00:00.000Z")]
    blocked_at: String,
}

/// A page of blocks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct BlocksPage {
    blocks: Vec<Block>,
    /// Whether there is another page.
    has_more: bool,
    /// What to send as `cursor` for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl From<Owned<proto::Block>> for Block {
    fn from(owned: Owned<proto::Block>) -> Self {
        let proto::Block {
            user_id: _,
            blocked_at,
        } = owned.thing;
        let card: &Arc<UserCard> = &owned.owner;
        Self {
            user: Owner::from(&**card),
            blocked_at: iso(blocked_at),
        }
    }
}

impl BlocksPage {
    pub(in super::super) fn new(blocks: Vec<Owned<proto::Block>>, next_page_token: String) -> Self {
        Self {
            blocks: blocks.into_iter().map(Block::from).collect(),
            has_more: !next_page_token.is_empty(),
            next_cursor: (!next_page_token.is_empty()).then_some(next_page_token),
        }
    }
}
