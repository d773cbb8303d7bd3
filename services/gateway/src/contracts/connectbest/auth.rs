//! `/api/auth`: joining, signing in, going on, signing out, and what is sent by mail (C-001…C-008, C-066).

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use oruma_proto::auth::v1 as proto;
use serde::Serialize;

use super::body::Json;
use super::credentials::{AnyCaller, CallerInPerson, SignedInCaller};
use super::dto::account::{CodeRequest, Done, EmailRequest, ResetRequest, Success};
use super::dto::session::{
    LoginRequest, RefreshTokenBody, Refreshed, RegisterRequest, Registered, SignedIn,
};
use super::dto::user::{OwnUser, User};
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::realtime::availability;

/// Makes an account, signs it in, and sends a code to its address.
///
/// The token opens `me` at once; the next sign-in needs the address to be verified. Reasons of a 400: `validation_failed` (a taken e-mail is among
/// them), `invalid_json`.
#[utoipa::path(post, path = "/api/auth/register", tag = "auth", request_body = RegisterRequest, responses(
    (status = 201, description = "The account is made", body = Registered),
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
    let registered = edge.clients.accounts.clone().register(message).await?;
    let proto::RegisterResponse { user, tokens } = registered.into_inner();
    let body = Registered::from_proto(user, tokens)?;
    Ok(HttpResponse::Created()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(body))
}

/// Signs in.
///
/// Reasons: of a 400 `invalid_credentials`, alike for an unknown address and a wrong password, and `invalid_second_factor`; of a 401
/// `email_not_verified`; of a 402 `second_factor_required`; of a 403 `account_suspended`.
#[utoipa::path(post, path = "/api/auth/login", tag = "auth", request_body = LoginRequest, responses(
    (status = 200, description = "Signed in, and online", body = SignedIn),
    (status = 400, description = "Wrong e-mail, password or code", body = ErrorBody),
    (status = 401, description = "The e-mail address is not verified", body = ErrorBody),
    (status = 402, description = "A code of the second factor is needed", body = ErrorBody),
    (status = 403, description = "The account is suspended", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
    (status = 429, description = "More than 5 sign-ins in 15 minutes from one address, or too many wrong codes", body = ErrorBody),
    (status = 503, description = "Too many sign-ins at once; `Retry-After` tells when", body = ErrorBody),
))]
pub(super) async fn login(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    Json(body): Json<LoginRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::SignInRequest::from(body));
    let signed_in = edge.clients.sessions.clone().sign_in(message).await?;
    let proto::SignInResponse { user, tokens } = signed_in.into_inner();
    if let Some(user) = user.as_ref().and_then(|user| user.id.parse().ok()) {
        availability::arrived(&edge, user).await;
    }
    Ok(secret(&SignedIn::from_proto(user, tokens)?))
}

/// Trades a refresh token for new tokens. An addition.
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
    let refreshed = edge.clients.sessions.clone().refresh(message).await?;
    let tokens = refreshed.into_inner().tokens;
    Ok(secret(&Refreshed::from_proto(tokens)?))
}

/// Shows with the code of the mail that an address is one's own.
#[utoipa::path(post, path = "/api/auth/verify-email", tag = "auth", request_body = CodeRequest, responses(
    (status = 200, description = "The address is verified", body = Done),
    (status = 400, description = "The code is wrong, used, replaced, has ended or was guessed at too often: `invalid_code`", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn verify_email(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    Json(body): Json<CodeRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::VerifyEmailRequest {
        email: body.email.unwrap_or_default(),
        code: body.code.unwrap_or_default(),
    });
    edge.clients.accounts.clone().verify_email(message).await?;
    Ok(HttpResponse::Ok().json(Done::new("Email verified successfully")))
}

/// Sends another code, which makes the one before worthless. The same answer for every address.
#[utoipa::path(post, path = "/api/auth/resend-verification", tag = "auth", request_body = EmailRequest, responses(
    (status = 200, description = "A code is on its way, if the address has an account that needs one", body = Done),
    (status = 400, description = "The address is missing or not valid", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
    (status = 429, description = "Too many codes for one address", body = ErrorBody),
))]
pub(super) async fn resend(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    Json(body): Json<EmailRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::ResendVerificationRequest {
        email: body.email.unwrap_or_default(),
    });
    let mut accounts = edge.clients.accounts.clone();
    accounts.resend_verification(message).await?;
    Ok(HttpResponse::Ok().json(Done::new("Verification code sent")))
}

/// The person who is signed in.
#[utoipa::path(get, path = "/api/auth/me", tag = "auth", security(("bearer" = []), ("api_key" = [])), responses(
    (status = 200, description = "The person", body = OwnUser),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn me(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
) -> Result<HttpResponse, ApiError> {
    let message = proto::GetUserRequest {
        user_id: caller
            .user()
            .map(|user| user.to_string())
            .unwrap_or_default(),
    };
    let users = &edge.clients.users;
    let found = read(async || users.clone().get_user(caller.send(message.clone())).await).await?;
    let user = found.user.ok_or_else(Failure::internal)?;
    Ok(HttpResponse::Ok().json(OwnUser {
        user: User::from_proto(user),
    }))
}

/// Signs out: the token and the refresh token are worthless at once, on every gateway, and the person is offline.
#[utoipa::path(post, path = "/api/auth/logout", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "Signed out", body = Success),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "An API key can't sign out", body = ErrorBody),
))]
pub(super) async fn logout(
    edge: Data<Edge>,
    CallerInPerson(caller): CallerInPerson,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::SignOutRequest::default());
    edge.clients.sessions.clone().sign_out(message).await?;
    if let Some(user) = caller.user() {
        availability::left(&edge, user).await;
    }
    Ok(HttpResponse::Ok().json(Success::new()))
}

/// Sends a link that sets a new password. The same answer for every address.
#[utoipa::path(post, path = "/api/auth/forgot-password", tag = "auth", request_body = EmailRequest, responses(
    (status = 200, description = "A link is on its way, if the address has an account", body = Done),
    (status = 400, description = "The address is missing or not valid", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
    (status = 429, description = "Too many links for one address", body = ErrorBody),
))]
pub(super) async fn forgot_password(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    Json(body): Json<EmailRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::RequestPasswordResetRequest {
        email: body.email.unwrap_or_default(),
    });
    let mut accounts = edge.clients.accounts.clone();
    accounts.request_password_reset(message).await?;
    Ok(HttpResponse::Ok().json(Done::new("Password reset link sent to email")))
}

/// Sets a new password with the token of a link. Every sign-in of the person ends, on every contract.
#[utoipa::path(post, path = "/api/auth/reset-password", tag = "auth", request_body = ResetRequest, responses(
    (status = 200, description = "The password is set", body = Done),
    (status = 400, description = "The token is used, unknown or has ended (`invalid_reset_token`), or the password is too weak", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
    (status = 503, description = "Too many sign-ins at once; `Retry-After` tells when", body = ErrorBody),
))]
pub(super) async fn reset_password(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    Json(body): Json<ResetRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::ResetPasswordRequest {
        token: body.token.unwrap_or_default(),
        new_password: body.new_password.unwrap_or_default(),
    });
    edge.clients
        .accounts
        .clone()
        .reset_password(message)
        .await?;
    Ok(HttpResponse::Ok().json(Done::new("Password updated successfully")))
}

/// An answer with credentials, which nobody keeps on the way.
pub(super) fn secret(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(body)
}
