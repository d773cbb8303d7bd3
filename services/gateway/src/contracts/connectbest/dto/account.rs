//! Codes, links and what says that something is done.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Body of `POST /api/auth/verify-email`.
#[derive(Deserialize, ToSchema)]
pub(in super::super) struct CodeRequest {
    /// The address, in any case.
    pub(in super::super) email: Option<String>,
    /// Six digits.
    #[schema(example = "123456")]
    pub(in super::super) code: Option<String>,
}

/// Body of what asks for a mail.
#[derive(Deserialize, ToSchema)]
pub(in super::super) struct EmailRequest {
    /// The address, in any case.
    #[schema(example = "ada@example.com")]
    pub(in super::super) email: Option<String>,
}

/// Body of `POST /api/auth/reset-password`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ResetRequest {
    /// What the link of the mail holds.
    pub(in super::super) token: Option<String>,
    /// At least 8 characters, with an upper-case and a lower-case letter and a number, as at the registration.
    #[schema(example = "Analytical2")]
    pub(in super::super) new_password: Option<String>,
}

/// It is done.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Success {
    #[schema(example = true)]
    success: bool,
}

/// It is done, with a sentence about it.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Done {
    #[schema(example = true)]
    success: bool,
    message: &'static str,
}

impl Success {
    pub(in super::super) const fn new() -> Self {
        Self { success: true }
    }
}

impl Done {
    pub(in super::super) const fn new(message: &'static str) -> Self {
        Self {
            success: true,
            message,
        }
    }
}
