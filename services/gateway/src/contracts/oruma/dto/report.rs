//! Reports to moderators.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Body of `POST …/report`.
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct ReportRequest {
    /// 1 to 255 characters.
    #[schema(example = "spam")]
    pub(in super::super) reason: Option<String>,
    /// Up to 2,000 characters.
    pub(in super::super) description: Option<String>,
}

/// Answer where there is nothing to say.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Nothing {}
