//! `/api/users` (O-062, O-063, O-069, O-071).

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::auth::v1 as proto;
use oruma_service_runtime::Caller;

use super::auth;
use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::user::{FoundUser, UpdateUser, User};
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::query::Query;

/// Searches people by name, username or e-mail; the best match comes first.
#[utoipa::path(get, path = "/api/users/search", tag = "users", security(("bearer" = [])), params(
    ("q" = Option<String>, Query, description = "Words; without any nobody is found"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "The people", body = Vec<FoundUser>),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn search(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let message = proto::SearchUsersRequest {
        query: query.text("q")?,
        page_size: query.limit()?,
        phones: false,
    };
    let users = &edge.clients.users;
    let found = read(async || {
        users
            .clone()
            .search_users(caller.send(message.clone()))
            .await
    })
    .await?;
    let users: Vec<FoundUser> = found.users.into_iter().map(FoundUser::from).collect();
    Ok(HttpResponse::Ok().json(users))
}

/// One person.
#[utoipa::path(get, path = "/api/users/{userId}", tag = "users", security(("bearer" = [])), params(
    ("userId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "The person", body = User),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such person", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    user_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    show(&edge, &caller, user_id.into_inner()).await
}

/// Answers with one person.
pub(super) async fn show(
    edge: &Edge,
    caller: &Caller,
    user_id: String,
) -> Result<HttpResponse, ApiError> {
    let message = proto::GetUserRequest { user_id };
    let users = &edge.clients.users;
    let found = read(async || users.clone().get_user(caller.send(message.clone())).await).await?;
    let user = found.user;
    Ok(HttpResponse::Ok().json(User::from(user.ok_or_else(Failure::internal)?)))
}

/// The person who is signed in, as `/api/auth/me` shows it.
#[utoipa::path(get, path = "/api/users/me", tag = "users", security(("bearer" = [])), responses(
    (status = 200, description = "The person", body = User),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn me(edge: Data<Edge>, caller: SignedInCaller) -> Result<HttpResponse, ApiError> {
    auth::me(edge, caller).await
}

/// Changes what one says of oneself.
#[utoipa::path(put, path = "/api/users/me", tag = "users", security(("bearer" = [])), request_body = UpdateUser, responses(
    (status = 200, description = "The person now", body = User),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn update_me(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    Json(UpdateUser { name }): Json<UpdateUser>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::UpdateProfileRequest {
        display_name: name,
        ..proto::UpdateProfileRequest::default()
    });
    let user = edge
        .clients
        .users
        .clone()
        .update_profile(message)
        .await?
        .into_inner()
        .user;
    Ok(HttpResponse::Ok().json(User::from(user.ok_or_else(Failure::internal)?)))
}

/// Ends one's account: everything personal is removed, and every sign-in ends. There is no way back.
#[utoipa::path(delete, path = "/api/users/me", tag = "users", security(("bearer" = [])), responses(
    (status = 204, description = "The account is gone"),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn delete_me(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::DeleteAccountRequest {});
    edge.clients
        .accounts
        .clone()
        .delete_account(message)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
