//! `ApiKeyService`.

use std::sync::Arc;

use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::api_key_service_server::ApiKeyService;
use oruma_service_runtime::Caller;
use tonic::{Request, Response, Status};

use crate::app::{App, api_keys};
use crate::domain::api_key::{ApiKey, ApiKeyRecord};

/// Keys by which programs act for a person.
pub(super) struct ApiKeys(pub(super) Arc<App>);

#[tonic::async_trait]
impl ApiKeyService for ApiKeys {
    async fn create_api_key(
        &self,
        request: Request<proto::CreateApiKeyRequest>,
    ) -> Result<Response<proto::CreateApiKeyResponse>, Status> {
        let caller = Caller::of(&request)?;
        let proto::CreateApiKeyRequest {
            name,
            expires_in_days,
        } = request.into_inner();
        let (record, key) = api_keys::create(&self.0, &caller, &name, expires_in_days).await?;
        Ok(Response::new(proto::CreateApiKeyResponse {
            api_key: Some(record.into()),
            key: key.expose().to_owned(),
        }))
    }

    async fn list_api_keys(
        &self,
        request: Request<proto::ListApiKeysRequest>,
    ) -> Result<Response<proto::ListApiKeysResponse>, Status> {
        let keys = api_keys::list(&self.0, &Caller::of(&request)?).await?;
        Ok(Response::new(proto::ListApiKeysResponse {
            api_keys: keys.into_iter().map(Into::into).collect(),
        }))
    }

    async fn revoke_api_key(
        &self,
        request: Request<proto::RevokeApiKeyRequest>,
    ) -> Result<Response<proto::RevokeApiKeyResponse>, Status> {
        let caller = Caller::of(&request)?;
        api_keys::revoke(&self.0, &caller, &request.into_inner().api_key_id).await?;
        Ok(Response::new(proto::RevokeApiKeyResponse {}))
    }

    async fn authenticate_api_key(
        &self,
        request: Request<proto::AuthenticateApiKeyRequest>,
    ) -> Result<Response<proto::AuthenticateApiKeyResponse>, Status> {
        let key = ApiKey::received(request.into_inner().key);
        let (id, user) = api_keys::authenticate(&self.0, &key).await?;
        Ok(Response::new(proto::AuthenticateApiKeyResponse {
            api_key_id: id.to_string(),
            user: Some(user.into()),
        }))
    }
}

impl From<ApiKeyRecord> for proto::ApiKey {
    fn from(record: ApiKeyRecord) -> Self {
        Self {
            id: record.id.to_string(),
            name: record.name,
            prefix: record.prefix,
            created_at: Some(record.created_at.into()),
            expires_at: record.expires_at.map(Into::into),
            last_used_at: record.last_used_at.map(Into::into),
            revoked_at: record.revoked_at.map(Into::into),
        }
    }
}
