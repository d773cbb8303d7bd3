//! `/ws`, its namespaces, and its tickets (C-074…C-079).

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use oruma_service_runtime::Contract;

use super::credentials::CallerInPerson;
use super::dto::ticket::Ticket;
use super::error::{ApiError, ErrorBody};
use crate::caller;
use crate::edge::Edge;
use crate::realtime::connection::{self, Door};
use crate::realtime::dialect::DialectId;
use crate::realtime::happening::Topic;
use crate::realtime::tickets;

/// The place of this contract in [`crate::contracts::dialects`].
const DIALECT: DialectId = DialectId(1);

/// Opens the socket that carries everything. See "The sockets" above.
#[utoipa::path(get, path = "/ws", tag = "socket", security((), ("bearer" = [])), params(
    ("token" = Option<String>, Query, description = "An access token, for clients that can't send headers; or `Authorization: Bearer`"),
    ("ticket" = Option<String>, Query, description = "A ticket instead of a token"),
    ("since" = Option<u64>, Query, description = "The last `seq` that was received: what happened after it is sent first"),
), responses(
    (status = 101, description = "The socket is open"),
    (status = 400, description = "No WebSocket upgrade, or a parameter is not valid", body = ErrorBody),
    (status = 401, description = "The token or ticket does not hold", body = ErrorBody),
    (status = 403, description = "A page of a foreign origin", body = ErrorBody),
    (status = 429, description = "Too many sockets or attempts", body = ErrorBody),
    (status = 503, description = "The server is about to stop", body = ErrorBody),
))]
pub(super) async fn open(
    edge: Data<Edge>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    enter(edge, request, payload, None).await
}

/// Opens a socket that carries typing only.
#[utoipa::path(get, path = "/ws/typing", tag = "socket", security((), ("bearer" = [])), responses(
    (status = 101, description = "The socket is open, as `/ws` has it"),
    (status = 401, description = "The token or ticket does not hold", body = ErrorBody),
))]
pub(super) async fn typing(
    edge: Data<Edge>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    enter(edge, request, payload, Some(Topic::Typing)).await
}

/// Opens a socket that carries presence only.
#[utoipa::path(get, path = "/ws/presence", tag = "socket", security((), ("bearer" = [])), responses(
    (status = 101, description = "The socket is open, as `/ws` has it"),
    (status = 401, description = "The token or ticket does not hold", body = ErrorBody),
))]
pub(super) async fn presence(
    edge: Data<Edge>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    enter(edge, request, payload, Some(Topic::Presence)).await
}

/// Opens a socket that carries messages, channels and members only.
#[utoipa::path(get, path = "/ws/messages", tag = "socket", security((), ("bearer" = [])), responses(
    (status = 101, description = "The socket is open, as `/ws` has it"),
    (status = 401, description = "The token or ticket does not hold", body = ErrorBody),
))]
pub(super) async fn messages(
    edge: Data<Edge>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    enter(edge, request, payload, Some(Topic::Messages)).await
}

/// Opens a socket that carries notifications only.
#[utoipa::path(get, path = "/ws/notifications", tag = "socket", security((), ("bearer" = [])), responses(
    (status = 101, description = "The socket is open, as `/ws` has it"),
    (status = 401, description = "The token or ticket does not hold", body = ErrorBody),
))]
pub(super) async fn notifications(
    edge: Data<Edge>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    enter(edge, request, payload, Some(Topic::Notifications)).await
}

/// Gives a ticket that opens one socket, for clients that want no token in a URL.
#[utoipa::path(post, path = "/api/ws/ticket", tag = "socket", security(("bearer" = [])), responses(
    (status = 200, description = "The ticket", body = Ticket),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "An API key instead of a person", body = ErrorBody),
))]
pub(super) async fn ticket(
    edge: Data<Edge>,
    _: CallerInPerson,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let admission = caller::admitted(&request)?;
    let ticket = tickets::issue(&edge, Contract::Connectbest, &admission).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(Ticket {
            ticket,
            expires_in: tickets::LIFE.as_secs(),
        }))
}

async fn enter(
    edge: Data<Edge>,
    request: HttpRequest,
    payload: Payload,
    only: Option<Topic>,
) -> Result<HttpResponse, ApiError> {
    let door = Door {
        contract: Contract::Connectbest,
        dialect: DIALECT,
        only,
    };
    let payload = payload.into_inner();
    Ok(connection::enter(edge.into_inner(), &request, payload, door).await?)
}
