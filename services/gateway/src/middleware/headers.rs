//! Headers that keep browsers from doing harm with an answer.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::edge::Edge;

/// An API answer is no page: nothing in it may be loaded, and nobody may frame it.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

/// Adds the headers where the handler has not set its own.
pub(crate) async fn security_headers(
    edge: Data<Edge>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    let mut unless_set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    unless_set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_set(X_FRAME_OPTIONS, "DENY");
    unless_set(REFERRER_POLICY, "no-referrer");
    unless_set(CONTENT_SECURITY_POLICY, NO_PAGE);
    // Answers are somebody's own; a route with public ones says so.
    unless_set(CACHE_CONTROL, "no-store");
    if edge.config.public_url.scheme() == "https" {
        unless_set(
            STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        );
    }
    Ok(response)
}
