//! How long gRPC calls take: the measurement, and the layer of servers.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, Meter};
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::Span;

use super::is_traced;

/// Stands for the names in calls that no service knows, so that callers cannot invent labels.
const UNKNOWN: &str = "_OTHER";

/// Layer that measures the calls of a gRPC server.
#[derive(Debug, Clone)]
pub struct ServerMetricsLayer {
    duration: Histogram<f64>,
}

/// A gRPC server behind a [`ServerMetricsLayer`].
#[derive(Debug, Clone)]
pub struct Metered<S> {
    inner: S,
    duration: Histogram<f64>,
}

/// An answer whose end ends the measurement.
#[derive(Debug)]
pub struct MeteredBody<B> {
    inner: B,
    call: Option<Call>,
}

/// A call being measured. It is recorded when dropped, so that a call given up on counts as well.
#[derive(Debug)]
pub(super) struct Call {
    duration: Histogram<f64>,
    started: Instant,
    path: String,
    code: Option<Code>,
    /// The span that ends with the call, where it is the call's own.
    span: Span,
}

// === impl ServerMetricsLayer ===

impl ServerMetricsLayer {
    pub(super) fn new(meter: &Meter) -> Self {
        let duration = meter
            .f64_histogram("rpc.server.call.duration")
            .with_unit("s")
            .with_description("Duration of gRPC calls, to the end of the answer")
            .build();
        Self { duration }
    }
}

impl<S> Layer<S> for ServerMetricsLayer {
    type Service = Metered<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Metered {
            inner,
            duration: self.duration.clone(),
        }
    }
}

// === impl Metered ===

impl<S, A, B> Service<Request<A>> for Metered<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<MeteredBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let path = request.uri().path();
        let call = is_traced(path).then(|| Call::new(&self.duration, path));
        let answer = self.inner.call(request);
        Box::pin(async move { Ok(metered(answer.await?, call)) })
    }
}

pub(super) fn metered<B>(
    response: Response<B>,
    mut call: Option<Call>,
) -> Response<MeteredBody<B>> {
    if let Some(call) = &mut call
        && let Some(status) = Status::from_header_map(response.headers())
    {
        call.code = Some(status.code());
    }
    response.map(|inner| MeteredBody { inner, call })
}

// === impl MeteredBody ===

impl<B: Body + Unpin> Body for MeteredBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => self.note(frame.trailers_ref()),
            Poll::Ready(None) => self.end(),
            Poll::Ready(Some(Err(_))) => self.lose(),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> MeteredBody<B> {
    fn note(&mut self, trailers: Option<&HeaderMap>) {
        if let (Some(call), Some(trailers)) = (&mut self.call, trailers)
            && let Some(status) = Status::from_header_map(trailers)
        {
            call.code = Some(status.code());
        }
    }

    /// The connection was lost in the middle of the answer.
    fn lose(&mut self) {
        if let Some(call) = &mut self.call {
            call.end_with(Code::Unavailable);
        }
    }

    fn end(&mut self) {
        if let Some(mut call) = self.call.take() {
            // complete, but not an answer of gRPC
            call.code.get_or_insert(Code::Unknown);
        }
    }
}

impl<B: Default> Default for MeteredBody<B> {
    fn default() -> Self {
        Self {
            inner: B::default(),
            call: None,
        }
    }
}

// === impl Call ===

impl Call {
    pub(super) fn new(duration: &Histogram<f64>, path: &str) -> Self {
        Self {
            duration: duration.clone(),
            started: Instant::now(),
            path: path.to_owned(),
            code: None,
            span: Span::none(),
        }
    }

    pub(super) fn in_span(mut self, span: &Span) -> Self {
        self.span = span.clone();
        self
    }

    /// How it ended, unless that is known already.
    pub(super) fn end_with(&mut self, code: Code) {
        self.code.get_or_insert(code);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // A span ends when it was last left.
        let _entered = self.span.enter();
        let code = self.code.unwrap_or(Code::Cancelled);
        self.span
            .record("rpc.grpc.status_code", i64::from(code as i32));
        if is_fault(code) {
            self.span.record("otel.status_code", "ERROR");
        }
        let (service, method) = match code {
            Code::Unimplemented => (UNKNOWN, UNKNOWN),
            _ => names(&self.path),
        };
        self.duration.record(
            self.started.elapsed().as_secs_f64(),
            &[
                KeyValue::new("rpc.service", service.to_owned()),
                KeyValue::new("rpc.method", method.to_owned()),
                KeyValue::new("rpc.grpc.status_code", i64::from(code as i32)),
            ],
        );
    }
}

/// Whether the server is to blame. What a caller got wrong is an answer like any other, and no reason for a collector to keep its trace.
fn is_fault(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

pub(super) fn names(path: &str) -> (&str, &str) {
    path.trim_start_matches('/')
        .split_once('/')
        .unwrap_or((UNKNOWN, UNKNOWN))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use opentelemetry::metrics::MeterProvider;
    use opentelemetry_sdk::Resource;
    use prometheus::{Registry, TextEncoder};
    use tower::{ServiceExt, service_fn};

    use super::*;
    use crate::metrics;

    /// Calls `path` on a server that answers with `status` and returns the metrics afterwards.
    async fn after_call(path: &str, status: Option<Status>) -> String {
        let registry = Registry::new();
        let provider = metrics::provider(Resource::builder_empty().build(), &registry).unwrap();
        let server = service_fn(move |_: Request<()>| {
            let response = match &status {
                Some(status) => status.clone().into_http::<String>(),
                None => Response::new("answer".to_owned()),
            };
            async move { Ok::<_, Infallible>(response) }
        });
        let metered = ServerMetricsLayer::new(&provider.meter("test")).layer(server);

        let request = Request::builder().uri(path).body(()).unwrap();
        drop(metered.oneshot(request).await.unwrap());
        TextEncoder::new()
            .encode_to_string(&registry.gather())
            .unwrap()
    }

    #[tokio::test]
    async fn a_call_is_counted_by_its_names_and_status() {
        let text = after_call("/oruma.v1.Posts/Get", Some(Status::not_found("gone"))).await;
        let labels = r#"rpc_grpc_status_code="5",rpc_method="Get",rpc_service="oruma.v1.Posts""#;
        let line = format!("rpc_server_call_duration_seconds_count{{{labels}}} 1");
        assert!(text.contains(&line), "{text}");
        assert!(
            text.contains(r#"le="0.001""#) && text.contains(r#"le="10""#),
            "{text}"
        );
    }

    #[tokio::test]
    async fn an_answer_given_up_on_counts_as_cancelled() {
        let text = after_call("/oruma.v1.Posts/Get", None).await;
        assert!(text.contains(r#"rpc_grpc_status_code="1""#), "{text}");
    }

    #[tokio::test]
    async fn callers_cannot_invent_labels() {
        let text = after_call("/made.up/Name", Some(Status::unimplemented(""))).await;
        assert!(
            text.contains(r#"rpc_service="_OTHER""#) && !text.contains("made"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn probes_are_not_counted() {
        let text = after_call("/grpc.health.v1.Health/Check", Some(Status::ok(""))).await;
        assert!(!text.contains("rpc_server"), "{text}");
    }
}
