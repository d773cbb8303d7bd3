//! `/api/users` (C-011…C-015).

use std::collections::HashMap;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::auth::v1 as proto;
use oruma_service_runtime::Caller;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::account::Success;
use super::dto::user::{
    FoundUser, FoundUsers, OtherUser, OwnUser, Profile, ProfileRequest, StatusRequest, User,
};
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::query::Query;
use crate::realtime::availability::{self, Availability, Shown};

/// People of a search where no number is asked for.
const FOUND: i32 = 20;

/// Changes what one says of oneself: only what is sent, and null takes `phone` and `statusMessage` away.
#[utoipa::path(put, path = "/api/users/profile", tag = "users", security(("bearer" = []), ("api_key" = [])), request_body = ProfileRequest, responses(
    (status = 200, description = "The person now", body = OwnUser),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn update_profile(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    Json(body): Json<ProfileRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::UpdateProfileRequest::from(body));
    let updated = edge.clients.users.clone().update_profile(message).await?;
    let user = updated.into_inner().user.ok_or_else(Failure::internal)?;
    Ok(HttpResponse::Ok().json(OwnUser {
        user: User::from_proto(user),
    }))
}

/// Says whether one wants to be spoken to. Everybody who is there is told.
#[utoipa::path(put, path = "/api/users/status", tag = "users", security(("bearer" = []), ("api_key" = [])), request_body = StatusRequest, responses(
    (status = 200, description = "It is known now", body = Success),
    (status = 400, description = "No such status, or too long a message", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn update_status(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    Json(body): Json<StatusRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::UpdateStatusRequest::try_from(body)?);
    edge.clients.users.clone().update_status(message).await?;
    Ok(HttpResponse::Ok().json(Success::new()))
}

/// Searches people by name, e-mail or phone: the exact name first. Suspended people are not found.
#[utoipa::path(get, path = "/api/users/search", tag = "users", security(("bearer" = []), ("api_key" = [])), params(
    ("query" = String, Query, description = "At least 2 characters"),
    ("limit" = Option<u32>, Query, description = "20 by default, 50 at the most"),
), responses(
    (status = 200, description = "The people", body = FoundUsers),
    (status = 400, description = "The query is too short, or a parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn search(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let words = query.text("query")?;
    if words.trim().chars().count() < 2 {
        return Err(Failure::invalid("query", "must have at least 2 characters").into());
    }
    let message = proto::SearchUsersRequest {
        query: words,
        page_size: match query.limit()? {
            0 => FOUND,
            limit => limit,
        },
        phones: true,
    };
    let users = &edge.clients.users;
    let found = read(async || {
        let request = caller.send(message.clone());
        users.clone().search_users(request).await
    })
    .await?;
    let ids = found.users.iter().map(|user| user.id.clone());
    let shown = shown(&edge, &caller, ids).await?;
    let users = found.users.into_iter().map(|user| {
        let shown = availability(&shown, &user.id);
        FoundUser::from_proto(user, shown)
    });
    Ok(HttpResponse::Ok().json(FoundUsers {
        users: users.collect(),
    }))
}

/// One person.
#[utoipa::path(get, path = "/api/users/{userId}", tag = "users", security(("bearer" = []), ("api_key" = [])), params(
    ("userId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "The person", body = OtherUser),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such person", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    user_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = proto::GetUserRequest {
        user_id: user_id.into_inner(),
    };
    let users = &edge.clients.users;
    let found = read(async || users.clone().get_user(caller.send(message.clone())).await).await?;
    let user = found.user.ok_or_else(Failure::internal)?;
    let shown = shown(&edge, &caller, [user.id.clone()]).await?;
    let shown = availability(&shown, &user.id);
    Ok(HttpResponse::Ok().json(OtherUser {
        user: Profile::from_proto(user, shown),
    }))
}

async fn shown(
    edge: &Edge,
    caller: &Caller,
    ids: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, Shown>, ApiError> {
    let cards = edge.people.cards(caller, ids).await?;
    Ok(availability::of_people(edge, &cards).await)
}

fn availability(shown: &HashMap<String, Shown>, id: &str) -> Availability {
    shown
        .get(id)
        .map_or(Availability::Offline, |shown| shown.availability)
}
