//! `/api/auth/2fa`: what a person shows besides the password, on every contract (C-010, C-067).

use actix_web::HttpResponse;
use actix_web::web::Data;
use oruma_proto::auth::v1 as proto;

use super::auth::secret;
use super::body::Json;
use super::credentials::CallerInPerson;
use super::dto::account::{Done, Success};
use super::dto::second_factor::{
    EnableSmsBody, ProofBody, SecondFactor, TotpSecret, Verified, VerifyBody,
};
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;

/// What one has. An addition.
#[utoipa::path(get, path = "/api/auth/2fa", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "What one has", body = SecondFactor),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "With an API key", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    CallerInPerson(caller): CallerInPerson,
) -> Result<HttpResponse, ApiError> {
    let factors = &edge.clients.second_factors;
    let known = read(async || {
        let request = caller.send(proto::GetSecondFactorRequest {});
        factors.clone().get_second_factor(request).await
    })
    .await?;
    Ok(HttpResponse::Ok().json(SecondFactor::from(known)))
}

/// Has a code sent to a phone at every sign-in from now on, on every contract. The first one is on its way.
///
/// Where a second factor is on already, changing it needs `password` or `code`: reasons `proof_required`, `wrong_password`, `invalid_code`.
#[utoipa::path(post, path = "/api/auth/2fa/enable", tag = "auth", security(("bearer" = [])), request_body = EnableSmsBody, responses(
    (status = 200, description = "It holds", body = Done),
    (status = 400, description = "No phone in E.164, or no proof", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "With an API key", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
    (status = 429, description = "Too many codes, or too many wrong ones", body = ErrorBody),
))]
pub(super) async fn enable(
    edge: Data<Edge>,
    CallerInPerson(caller): CallerInPerson,
    Json(body): Json<EnableSmsBody>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::EnableSmsRequest::from(body));
    let mut factors = edge.clients.second_factors.clone();
    factors.enable_sms(message).await?;
    Ok(HttpResponse::Ok().json(Done::new("2FA enabled. Verification code sent to phone")))
}

/// Makes the secret of an authenticator program. It holds once `verify` has seen a code of it. An addition.
#[utoipa::path(post, path = "/api/auth/2fa/totp", tag = "auth", security(("bearer" = [])), request_body = ProofBody, responses(
    (status = 200, description = "The secret, shown this once", body = TotpSecret),
    (status = 400, description = "No proof, where a second factor is on already", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "With an API key", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
    (status = 429, description = "Too many wrong codes", body = ErrorBody),
))]
pub(super) async fn enable_totp(
    edge: Data<Edge>,
    CallerInPerson(caller): CallerInPerson,
    Json(body): Json<ProofBody>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::EnableTotpRequest::from(body));
    let mut factors = edge.clients.second_factors.clone();
    let made = factors.enable_totp(message).await?.into_inner();
    Ok(secret(&TotpSecret::from(made)))
}

/// Confirms a method with its first code. The first one that is confirmed brings recovery codes. An addition.
#[utoipa::path(post, path = "/api/auth/2fa/verify", tag = "auth", security(("bearer" = [])), request_body = VerifyBody, responses(
    (status = 200, description = "Confirmed", body = Verified),
    (status = 400, description = "The code is not valid: `invalid_code`", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "With an API key", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
    (status = 429, description = "Too many wrong codes", body = ErrorBody),
))]
pub(super) async fn verify(
    edge: Data<Edge>,
    CallerInPerson(caller): CallerInPerson,
    Json(body): Json<VerifyBody>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::ConfirmSecondFactorRequest::try_from(body)?);
    let mut factors = edge.clients.second_factors.clone();
    let confirmed = factors.confirm_second_factor(message).await?.into_inner();
    Ok(secret(&Verified::from(confirmed)))
}

/// Switches every second factor off. An addition.
#[utoipa::path(post, path = "/api/auth/2fa/disable", tag = "auth", security(("bearer" = [])), request_body = ProofBody, responses(
    (status = 200, description = "Sign-ins ask for the password alone", body = Success),
    (status = 400, description = "Neither the password nor a code: `proof_required`, `wrong_password`, `invalid_code`", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "With an API key", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
    (status = 429, description = "Too many wrong codes", body = ErrorBody),
))]
pub(super) async fn disable(
    edge: Data<Edge>,
    CallerInPerson(caller): CallerInPerson,
    Json(body): Json<ProofBody>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::DisableSecondFactorRequest::from(body));
    let mut factors = edge.clients.second_factors.clone();
    factors.disable_second_factor(message).await?;
    Ok(HttpResponse::Ok().json(Success::new()))
}
