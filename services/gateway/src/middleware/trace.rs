//! One span, one log line and one measurement a request.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use oruma_telemetry::metrics::{Histogram, KeyValue};
use oruma_telemetry::{metrics, propagation};
use std::sync::LazyLock;
use tracing::field::Empty;
use tracing::{Instrument, Span};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const LONGEST_REQUEST_ID: usize = 128;

static DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    metrics::meter("oruma.gateway")
        .f64_histogram("http.server.request.duration")
        .with_unit("s")
        .with_description("Time to answer HTTP requests")
        .build()
});

/// Continues the client's trace or begins one, and tells the client its id.
pub(crate) async fn trace(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let span = open_span(&request);
    let request_id = request_id(request.headers(), &span);
    span.record("request.id", request_id.as_str());
    let traceparent = span.in_scope(propagation::current_traceparent);

    let mut response = next.call(request).instrument(span.clone()).await?;
    span.in_scope(|| close(&span, &response, &request_id, began));
    let mut tell = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    tell(REQUEST_ID, &request_id);
    if let Some(traceparent) = traceparent {
        tell(TRACEPARENT, &traceparent);
    }
    Ok(response)
}

/// A span has its name from the beginning: once it has started, another would not count.
fn open_span(request: &ServiceRequest) -> Span {
    let method = method_label(request.method().as_str());
    let name = match request.match_pattern() {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    };
    let span = tracing::info_span!(
        "http request",
        otel.name = name,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = %request.method(),
        http.route = Empty,
        http.response.status_code = Empty,
        request.id = Empty,
    );
    propagation::set_parent_from(&span, |name| request.headers().get(name)?.to_str().ok());
    span
}

/// The client's own id where it is sound, else the trace's.
fn request_id(headers: &HeaderMap, span: &Span) -> String {
    headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| {
            (1..=LONGEST_REQUEST_ID).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_graphic())
        })
        .map(str::to_owned)
        .or_else(|| propagation::trace_id(span))
        .unwrap_or_default()
}

fn close(
    span: &Span,
    response: &ServiceResponse<impl MessageBody>,
    request_id: &str,
    began: Instant,
) {
    let request = response.request();
    // Paths hold ids and searches; the pattern does not.
    let route = request
        .match_pattern()
        .unwrap_or_else(|| "unknown".to_owned());
    let status = response.status().as_u16();
    let took = began.elapsed();
    span.record("http.route", route.as_str());
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
    DURATION.record(
        took.as_secs_f64(),
        &[
            KeyValue::new(
                "http.request.method",
                method_label(request.method().as_str()),
            ),
            KeyValue::new("http.route", route.clone()),
            KeyValue::new("http.response.status_code", i64::from(status)),
        ],
    );
    if is_probe(&route) {
        return;
    }
    tracing::info!(
        http.request.method = %request.method(),
        http.route = route,
        http.response.status_code = status,
        request.id = request_id,
        duration_ms = took.as_micros() as f64 / 1000.0,
        "request"
    );
}

/// A client can make up methods, but not metrics.
fn method_label(method: &str) -> &'static str {
    match method {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}

fn is_probe(route: &str) -> bool {
    matches!(route, "/livez" | "/readyz" | "/health")
}
