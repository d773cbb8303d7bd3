//! Keys by which programs act for a person.

use oruma_proto::auth::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::failure::Failure;
use crate::times::{iso, iso_if_any};

/// Body of `POST /api/api-keys`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ApiKeyRequest {
    /// What its owner calls it; 100 characters at the most.
    #[schema(example = "Nightly report")]
    name: Option<String>,
    /// After how many days it ends, 3650 at the most; never when it is missing.
    #[schema(example = 90)]
    expires_in_days: Option<i32>,
}

/// What its owner sees of a key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ApiKey {
    /// UUID.
    id: String,
    /// What its owner calls it.
    name: String,
    /// How it begins.
    #[schema(example = "oruma_3fK9")]
    prefix: String,
    /// ISO 8601.
    created_at: String,
    /// When it ends, if it does.
    #[schema(required)]
    expires_at: Option<String>,
    /// When it was last used, to the minute.
    #[schema(required)]
    last_used_at: Option<String>,
    /// When it was revoked.
    #[schema(required)]
    revoked_at: Option<String>,
}

/// Answer of `POST /api/api-keys`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct NewApiKey {
    api_key: ApiKey,
    /// The key itself, shown this once.
    key: String,
}

/// Answer of `GET /api/api-keys`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ApiKeys {
    /// Newest first, those that ended included.
    pub(in super::super) api_keys: Vec<ApiKey>,
}

impl From<ApiKeyRequest> for proto::CreateApiKeyRequest {
    fn from(request: ApiKeyRequest) -> Self {
        let ApiKeyRequest {
            name,
            expires_in_days,
        } = request;
        Self {
            name: name.unwrap_or_default(),
            expires_in_days,
        }
    }
}

impl From<proto::ApiKey> for ApiKey {
    fn from(key: proto::ApiKey) -> Self {
        let proto::ApiKey {
            id,
            name,
            prefix,
            created_at,
            expires_at,
            last_used_at,
            revoked_at,
        } = key;
        Self {
            id,
            name,
            prefix,
            created_at: iso(created_at),
            expires_at: iso_if_any(expires_at),
            last_used_at: iso_if_any(last_used_at),
            revoked_at: iso_if_any(revoked_at),
        }
    }
}

impl NewApiKey {
    pub(in super::super) fn from_proto(
        created: proto::CreateApiKeyResponse,
    ) -> Result<Self, Failure> {
        let proto::CreateApiKeyResponse { api_key, key } = created;
        Ok(Self {
            api_key: api_key.ok_or_else(Failure::internal)?.into(),
            key,
        })
    }
}
