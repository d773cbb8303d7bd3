//! What every request of a contract passes: who asks, how often, once or again, and the contract's own body for what no handler answered.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::ALLOW;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use oruma_service_runtime::Contract;

use super::idempotency::{self, Once};
use super::{LimitClass, limit, tell};
use crate::caller;
use crate::edge::Edge;
use crate::failure::Failure;

/// How a contract lets requests in.
pub(crate) struct Entry {
    /// Which one.
    pub(crate) contract: Contract,
    /// Whether programs may show API keys instead of tokens.
    pub(crate) api_keys: bool,
    /// What a request counts as.
    pub(crate) class_of: fn(&ServiceRequest) -> LimitClass,
    /// How it says no; the answer is marked as [`Rendered`].
    pub(crate) refuse: fn(Failure) -> HttpResponse,
}

/// Marks an answer that has its contract's body.
#[derive(Clone, Copy)]
pub(crate) struct Rendered;

/// Lets a request in.
pub(crate) async fn enter(
    entry: &Entry,
    edge: &Edge,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Entry {
        contract,
        api_keys,
        class_of,
        refuse,
    } = entry;
    caller::identify(edge, *contract, *api_keys, &request).await;
    let class = class_of(&request);
    let verdict = match limit(edge, *contract, class, request.request()).await {
        Ok(verdict) => verdict,
        Err(failure) => return Ok(request.into_response(refuse(failure))),
    };
    let mut response = match idempotency::once(edge, *contract, request, next).await? {
        Once::Answered(response) => with_body(response, *refuse),
        Once::Repeated(response) => response,
        Once::Refused(request, failure) => ServiceResponse::new(request, refuse(failure)),
    };
    if let Some(verdict) = verdict {
        tell(response.headers_mut(), &verdict);
    }
    Ok(response)
}

/// The server answers an unknown address or method by itself, with no body; a client is owed one of its contract.
pub(crate) fn with_body(
    response: ServiceResponse<impl MessageBody + 'static>,
    refuse: fn(Failure) -> HttpResponse,
) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let unanswered = status.is_client_error() || status.is_server_error();
    if !unanswered || response.response().extensions().get::<Rendered>().is_some() {
        return response.map_into_boxed_body();
    }
    let (request, answer) = response.into_parts();
    let mut rendered = refuse(Failure::of_status(status));
    if let Some(allowed) = answer.headers().get(ALLOW) {
        rendered.headers_mut().insert(ALLOW, allowed.clone());
    }
    ServiceResponse::new(request, rendered)
}
