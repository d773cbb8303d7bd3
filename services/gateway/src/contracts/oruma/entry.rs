//! The way into this contract.

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError};
use oruma_service_runtime::Contract;

use super::error::ApiError;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::forms::is_form;
use crate::middleware::LimitClass;
use crate::middleware::entry::{self, Entry, with_body};

const ENTRY: Entry = Entry {
    contract: Contract::Oruma,
    api_keys: false,
    class_of,
    refuse,
};

/// Lets a request in.
pub(super) async fn enter(
    edge: Data<Edge>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    entry::enter(&ENTRY, &edge, request, next).await
}

/// Gives what stands beside the contracts, such as probes and pages, this contract's body for a wrong method or address.
pub(crate) async fn beside(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?;
    let size = response.response().body().size();
    Ok(if matches!(size, BodySize::None | BodySize::Sized(0)) {
        with_body(response, refuse)
    } else {
        response.map_into_boxed_body()
    })
}

fn refuse(failure: Failure) -> HttpResponse {
    ApiError::from(failure).error_response()
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
