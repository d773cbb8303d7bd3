//! The calls of a gRPC client, as the caller sees them: with the way there and back, and those that never arrive.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response};
use opentelemetry::metrics::{Histogram, Meter};
use tonic::transport::Channel;
use tonic::{Code, TimeoutExpired};
use tower::Service;
use tracing::Span;
use tracing::field::Empty;

use super::duration::{Call, MeteredBody, metered, names};
use super::is_traced;
use crate::propagation;

/// A channel whose calls are spans that continue on the server's side, and are measured.
pub type ClientChannel = Client<Channel>;

/// A way to a server, with a span and a measurement a call.
#[derive(Debug, Clone)]
pub struct Client<S> {
    inner: S,
    duration: Histogram<f64>,
}

// === impl Client ===

impl<S> Client<S> {
    pub(super) fn new(inner: S, meter: &Meter) -> Self {
        let duration = meter
            .f64_histogram("rpc.client.call.duration")
            .with_unit("s")
            .with_description("Duration of gRPC calls as their caller sees them")
            .build();
        Self { inner, duration }
    }
}

impl<S, A, B> Service<Request<A>> for Client<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Error: Error + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<MeteredBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let path = request.uri().path();
        if !is_traced(path) {
            let answer = self.inner.call(request);
            return Box::pin(async move { Ok(metered(answer.await?, None)) });
        }
        let span = open(path);
        let mut call = Call::new(&self.duration, path).in_span(&span);
        let answer = span.in_scope(|| {
            pass_on(request.headers_mut());
            self.inner.call(request)
        });
        Box::pin(async move {
            match answer.await {
                Ok(response) => Ok(metered(response, Some(call))),
                Err(error) => {
                    call.end_with(code_of(&error));
                    Err(error)
                }
            }
        })
    }
}

fn open(path: &str) -> Span {
    let (service, method) = names(path);
    tracing::info_span!(
        "grpc call",
        otel.name = format!("{service}/{method}"),
        otel.kind = "client",
        otel.status_code = Empty,
        rpc.system.name = "grpc",
        rpc.service = service,
        rpc.method = method,
        rpc.grpc.status_code = Empty,
    )
}

fn pass_on(headers: &mut HeaderMap) {
    propagation::inject(|name, value| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    });
}

/// A call without an answer has either waited for too long, or lost its server.
fn code_of(error: &(dyn Error + 'static)) -> Code {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        if inner.is::<TimeoutExpired>() {
            return Code::DeadlineExceeded;
        }
        cause = inner.source();
    }
    Code::Unavailable
}

#[cfg(test)]
mod tests {
    use opentelemetry::metrics::MeterProvider;
    use opentelemetry_sdk::Resource;
    use prometheus::{Registry, TextEncoder};
    use tonic::Status;
    use tower::{ServiceExt, service_fn};

    use super::*;
    use crate::metrics;

    #[derive(Debug, thiserror::Error)]
    enum Lost {
        #[error("nobody is there")]
        Away,
        #[error("nobody answers")]
        Slow(#[source] TimeoutExpired),
    }

    /// Calls `path`, which ends as `outcome` says, and returns the metrics afterwards.
    async fn after_call(path: &str, outcome: fn() -> Result<Response<String>, Lost>) -> String {
        let registry = Registry::new();
        let provider = metrics::provider(Resource::builder_empty().build(), &registry).unwrap();
        let server = service_fn(move |_: Request<()>| async move { outcome() });
        let client = Client::new(server, &provider.meter("test"));
        let request = Request::builder().uri(path).body(()).unwrap();
        drop(client.oneshot(request).await);
        TextEncoder::new()
            .encode_to_string(&registry.gather())
            .unwrap()
    }

    #[tokio::test]
    async fn a_refusal_is_counted_by_its_code() {
        let text = after_call("/oruma.v1.Posts/Get", || {
            Ok(Status::not_found("gone").into_http())
        })
        .await;
        let labels = r#"rpc_grpc_status_code="5",rpc_method="Get",rpc_service="oruma.v1.Posts""#;
        let line = format!("rpc_client_call_duration_seconds_count{{{labels}}} 1");
        assert!(text.contains(&line), "{text}");
    }

    #[tokio::test]
    async fn a_call_that_does_not_arrive_counts_as_unavailable() {
        let text = after_call("/oruma.v1.Posts/Get", || Err(Lost::Away)).await;
        assert!(text.contains(r#"rpc_grpc_status_code="14""#), "{text}");
    }

    #[tokio::test]
    async fn a_call_that_takes_too_long_counts_as_such() {
        let text = after_call("/oruma.v1.Posts/Get", || {
            Err(Lost::Slow(TimeoutExpired(())))
        })
        .await;
        assert!(text.contains(r#"rpc_grpc_status_code="4""#), "{text}");
    }

    #[tokio::test]
    async fn probes_are_not_counted() {
        let text = after_call("/grpc.health.v1.Health/Check", || {
            Ok(Status::ok("").into_http())
        })
        .await;
        assert!(!text.contains("rpc_client"), "{text}");
    }
}
