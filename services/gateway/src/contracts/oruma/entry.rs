//! What every request of this contract passes: who asks, how often, and this contract's body for what no handler answered.

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, ResponseError};
use oruma_service_runtime::Contract;

use super::error::ApiError;
use crate::caller;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::forms::is_form;
use crate::middleware::idempotency::{self, Once};
use crate::middleware::{LimitClass, limit, tell};

/// Lets a request in.
pub(super) async fn enter(
    edge: Data<Edge>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    caller::identify(&edge, Contract::Oruma, &request).await;
    let class = class_of(&request);
    let verdict = match limit(&edge, Contract::Oruma, class, request.request()).await {
        Ok(verdict) => verdict,
        Err(failure) => return Ok(request.into_response(ApiError::from(failure).error_response())),
    };
    let mut response = match idempotency::once(&edge, Contract::Oruma, request, next).await? {
        Once::Answered(response) => with_body(response),
        Once::Repeated(response) => response,
        Once::Refused(request, failure) => {
            ServiceResponse::new(request, ApiError::from(failure).error_response())
        }
    };
    if let Some(verdict) = verdict {
        tell(response.headers_mut(), &verdict);
    }
    Ok(response)
}

/// Gives what stands beside the contracts, such as probes and pages, this contract's body for a wrong method or address.
pub(crate) async fn beside(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?;
    let size = response.response().body().size();
    Ok(if matches!(size, BodySize::None | BodySize::Sized(0)) {
        with_body(response)
    } else {
        response.map_into_boxed_body()
    })
}

/// O-148…O-150. Goes by the path as routes are found by it: `%6C` is an `l` there.
fn class_of(request: &ServiceRequest) -> LimitClass {
    match (request.method(), request.match_info().as_str()) {
        // Whoever opens a socket is counted once it is known who that is.
        (_, "/" | "/health" | "/ws") => LimitClass::Free,
        (&Method::POST | &Method::PUT, _) if is_form(request.request()) => LimitClass::Upload,
        (_, path) if path.starts_with("/uploads/") => LimitClass::Free,
        (&Method::POST, "/api/auth/login") => LimitClass::Login,
        _ => LimitClass::Request,
    }
}

/// The server answers an unknown address or method by itself, with no body; a client of this contract is owed one.
fn with_body(response: ServiceResponse<impl MessageBody + 'static>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let unanswered = status.is_client_error() || status.is_server_error();
    if !unanswered || response.response().extensions().get::<Rendered>().is_some() {
        return response.map_into_boxed_body();
    }
    let (request, answer) = response.into_parts();
    let mut rendered = ApiError::from(Failure::of_status(status)).error_response();
    if let Some(allowed) = answer.headers().get(actix_web::http::header::ALLOW) {
        rendered
            .headers_mut()
            .insert(actix_web::http::header::ALLOW, allowed.clone());
    }
    ServiceResponse::new(request, rendered)
}

/// Marks an answer that has this contract's body.
#[derive(Clone, Copy)]
pub(super) struct Rendered;
