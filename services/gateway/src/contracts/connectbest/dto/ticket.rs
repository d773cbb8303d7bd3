//! Tickets for sockets.

use serde::Serialize;
use utoipa::ToSchema;

/// Answer of `POST /api/ws/ticket`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Ticket {
    /// What to send as `ticket` to `/ws`.
    pub(in super::super) ticket: String,
    /// Seconds within which it can be used, once.
    #[schema(example = 30)]
    pub(in super::super) expires_in: u64,
}
