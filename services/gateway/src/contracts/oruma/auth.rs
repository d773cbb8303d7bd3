//! `/api/auth`: joining, signing in, going on, signing out (O-006…O-010).

use actix_web::HttpResponse;
use actix_web::web::Data;
use oruma_proto::auth::v1 as proto;
use serde_json::json;

use super::body::Json;
use super::credentials::{AnyCaller, SignedInCaller};
use super::dto::session::{LoginRequest, RefreshTokenBody, Refreshed, RegisterRequest, SignedIn};
use super::dto::user::User;
use super::error::{ApiError, ErrorBody};
use super::users;
use crate::edge::Edge;
use crate::failure::Failure;

/// Makes an account and signs it in.
///
/// Reasons of a 400: `validation_failed` (`details` names the fields; a taken e-mail and an unknown university are among them), `invalid_json`.
#[utoipa::path(post, path = "/api/auth/register", tag = "auth", request_body = RegisterRequest, responses(
    (status = 201, description = "The account is made and signed in", body = SignedIn),
    (status = 400, description = "A field is missing or not valid", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
    (status = 429, description = "Too many requests", body = ErrorBody),
    (status = 503, description = "Too many sign-ins at once; `Retry-After` tells when", body = ErrorBody),
))]
pub(super) async fn register(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    Json(body): Json<RegisterRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::RegisterRequest::from(body));
    let proto::RegisterResponse { user, tokens } = edge
        .clients
        .accounts
        .clone()
        .register(message)
        .await?
        .into_inner();
    Ok(HttpResponse::Created().json(SignedIn::from_proto(user, tokens)?))
}

/// Signs in.
///
/// Reasons of a 401: `invalid_credentials`, alike for an unknown address and a wrong password. Of a 403: `account_suspended`.
#[utoipa::path(post, path = "/api/auth/login", tag = "auth", request_body = LoginRequest, responses(
    (status = 200, description = "Signed in", body = SignedIn),
    (status = 400, description = "A field is missing or not valid", body = ErrorBody),
    (status = 401, description = "Wrong e-mail or password", body = ErrorBody),
    (status = 403, description = "The account is suspended", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
    (status = 429, description = "More than 5 sign-ins a minute from one address", body = ErrorBody),
    (status = 503, description = "Too many sign-ins at once; `Retry-After` tells when", body = ErrorBody),
))]
pub(super) async fn login(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    Json(body): Json<LoginRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::SignInRequest::from(body));
    let proto::SignInResponse { user, tokens } = edge
        .clients
        .sessions
        .clone()
        .sign_in(message)
        .await?
        .into_inner();
    Ok(HttpResponse::Ok().json(SignedIn::from_proto(user, tokens)?))
}

/// Trades a refresh token for new tokens.
///
/// A refresh token works once. One that comes back after it was traded ends the whole sign-in (`invalid_refresh_token`).
#[utoipa::path(post, path = "/api/auth/refresh", tag = "auth", request_body = RefreshTokenBody, responses(
    (status = 200, description = "The next tokens", body = Refreshed),
    (status = 400, description = "The refresh token is missing", body = ErrorBody),
    (status = 401, description = "The refresh token is used, ended, revoked or unknown", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn refresh(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    Json(body): Json<RefreshTokenBody>,
) -> Result<HttpResponse, ApiError> {
    let refresh_token = body
        .refresh_token
        .filter(|token| !token.is_empty())
        .ok_or_else(|| Failure::invalid("refresh_token", "is required"))?;
    let message = caller.send(proto::RefreshRequest { refresh_token });
    let proto::RefreshResponse { tokens } = edge
        .clients
        .sessions
        .clone()
        .refresh(message)
        .await?
        .into_inner();
    Ok(HttpResponse::Ok().json(Refreshed::from_proto(tokens)?))
}

/// Signs out: the access token and the refresh token are worthless at once, on every gateway.
///
/// A refresh token of another of one's own sign-ins ends that one too; somebody else's has no effect.
#[utoipa::path(post, path = "/api/auth/logout", tag = "auth", request_body = RefreshTokenBody,
    security(("bearer" = [])), responses(
    (status = 200, description = "Signed out", body = serde_json::Value),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn logout(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    Json(body): Json<RefreshTokenBody>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::SignOutRequest {
        refresh_token: body.refresh_token.unwrap_or_default(),
    });
    edge.clients.sessions.clone().sign_out(message).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// The person who is signed in.
#[utoipa::path(get, path = "/api/auth/me", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The person", body = User),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn me(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
) -> Result<HttpResponse, ApiError> {
    let user_id = caller.user().map(|user| user.to_string());
    users::show(&edge, &caller, user_id.unwrap_or_default()).await
}
