//! `/api/api-keys`: keys by which programs act for a person (C-070, C-190). Additions.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use oruma_proto::auth::v1 as proto;

use super::body::Json;
use super::credentials::CallerInPerson;
use super::dto::account::Success;
use super::dto::api_key::{ApiKey, ApiKeyRequest, ApiKeys, NewApiKey};
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;

/// Makes a key. It may do what one may oneself, but sign out, manage keys, and change the password or a second factor.
#[utoipa::path(post, path = "/api/api-keys", tag = "api-keys", security(("bearer" = [])), request_body = ApiKeyRequest, responses(
    (status = 201, description = "The key, shown this once", body = NewApiKey),
    (status = 400, description = "A field is missing or not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "With an API key", body = ErrorBody),
    (status = 409, description = "There are 20 keys already: `too_many_api_keys`", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn create(
    edge: Data<Edge>,
    CallerInPerson(caller): CallerInPerson,
    Json(body): Json<ApiKeyRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::CreateApiKeyRequest::from(body));
    let mut keys = edge.clients.api_keys.clone();
    let created = keys.create_api_key(message).await?.into_inner();
    Ok(HttpResponse::Created()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(NewApiKey::from_proto(created)?))
}

/// One's keys, without what they open with.
#[utoipa::path(get, path = "/api/api-keys", tag = "api-keys", security(("bearer" = [])), responses(
    (status = 200, description = "The keys", body = ApiKeys),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "With an API key", body = ErrorBody),
))]
pub(super) async fn list(
    edge: Data<Edge>,
    CallerInPerson(caller): CallerInPerson,
) -> Result<HttpResponse, ApiError> {
    let keys = &edge.clients.api_keys;
    let listed = read(async || {
        let request = caller.send(proto::ListApiKeysRequest {});
        keys.clone().list_api_keys(request).await
    })
    .await?;
    let api_keys = listed.api_keys.into_iter().map(ApiKey::from).collect();
    Ok(HttpResponse::Ok().json(ApiKeys { api_keys }))
}

/// Ends a key at once.
#[utoipa::path(delete, path = "/api/api-keys/{apiKeyId}", tag = "api-keys", security(("bearer" = [])), params(
    ("apiKeyId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "It opens nothing more", body = Success),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "With an API key", body = ErrorBody),
    (status = 404, description = "One has no such key: `api_key_not_found`", body = ErrorBody),
))]
pub(super) async fn revoke(
    edge: Data<Edge>,
    CallerInPerson(caller): CallerInPerson,
    api_key_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::RevokeApiKeyRequest {
        api_key_id: api_key_id.into_inner(),
    });
    edge.clients
        .api_keys
        .clone()
        .revoke_api_key(message)
        .await?;
    Ok(HttpResponse::Ok().json(Success::new()))
}
