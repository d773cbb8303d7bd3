//! API keys: auth is asked about each request, so that a key that was revoked does nothing more.

use oruma_proto::auth::v1 as proto;
use oruma_service_runtime::{Caller, Role, SignedIn};

use crate::clients::read_in_job;
use crate::edge::Edge;
use crate::failure::Failure;

/// For whom a program acts. The key stands in the place of a sign-in.
///
/// # Errors
/// 401 `invalid_api_key`; 403 `account_suspended`.
pub(super) async fn check(edge: &Edge, caller: &Caller, key: &str) -> Result<SignedIn, Failure> {
    let request = proto::AuthenticateApiKeyRequest {
        key: key.to_owned(),
    };
    let proto::AuthenticateApiKeyResponse { api_key_id, user } = read_in_job(|| {
        let (mut keys, request) = (edge.clients.api_keys.clone(), caller.send(request.clone()));
        async move { keys.authenticate_api_key(request).await }
    })
    .await?;
    let user = user.ok_or_else(Failure::internal)?;
    let role = match user.role() {
        oruma_proto::caller::v1::Role::Admin => Role::Admin,
        _ => Role::User,
    };
    Ok(SignedIn {
        user: user.id.parse().map_err(|_| Failure::internal())?,
        role,
        session: api_key_id.parse().map_err(|_| Failure::internal())?,
        university: user.university,
    })
}
