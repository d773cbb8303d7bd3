//! What is kept of a person.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// Answer of `POST /api/users/me/export`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Export {
    /// Its name, good for the person alone.
    id: String,
    /// `ready`: it can be fetched.
    #[schema(example = "ready")]
    status: &'static str,
    /// Where to fetch it.
    url: String,
    /// Until when.
    expires_at: String,
}

impl Export {
    pub(in super::super) fn ready(id: String, expires_at: DateTime<Utc>) -> Self {
        Self {
            url: format!("/api/users/me/export/{id}"),
            id,
            status: "ready",
            expires_at: expires_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        }
    }
}
