//! An OpenTelemetry collector that keeps what it is sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tonic::codegen::{Service, StdError};
use tonic::service::Routes;
use tonic::transport::Server;
use tower::Layer;

/// A collector of spans; clones share what was collected.
#[derive(Clone, Default)]
pub(crate) struct Collector(Arc<Mutex<Vec<ResourceSpans>>>);

// === impl Collector ===

impl Collector {
    /// Serves on a port of the system's choice, behind the layers of `server`.
    pub(crate) async fn listen<L, B>(self, mut server: Server<L>) -> SocketAddr
    where
        L: Layer<Routes> + Clone + Send + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<StdError> + Send,
        B: http_body::Body<Data = tonic::codegen::Bytes> + Send + 'static,
        B::Error: Into<StdError>,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = server
            .add_service(TraceServiceServer::new(self))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(serving);
        address
    }

    /// Returns the only span of that name.
    pub(crate) fn span(&self, name: &str) -> Span {
        let mut found = self.spans(name);
        assert_eq!(found.len(), 1, "spans called {name}");
        found.remove(0)
    }

    /// Returns the span of the client and the span of the server of a call.
    pub(crate) fn pair(&self, name: &str) -> [Span; 2] {
        let found = self.spans(name);
        assert_eq!(found.len(), 2, "spans called {name}");
        [SpanKind::Client, SpanKind::Server].map(|kind| {
            let of_kind = found.iter().find(|span| span.kind() == kind);
            of_kind.unwrap().clone()
        })
    }

    /// Returns an attribute of the process that sent the first spans.
    pub(crate) fn resource(&self, name: &str) -> String {
        let collected = self.0.lock().unwrap();
        let resource = collected[0].resource.as_ref().unwrap();
        attribute(&resource.attributes, name)
    }

    fn spans(&self, name: &str) -> Vec<Span> {
        let collected = self.0.lock().unwrap();
        let spans = collected
            .iter()
            .flat_map(|resource| &resource.scope_spans)
            .flat_map(|scope| &scope.spans);
        spans.filter(|span| span.name == name).cloned().collect()
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let sent = request.into_inner().resource_spans;
        self.0.lock().unwrap().extend(sent);
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}

/// Returns the text of an attribute.
pub(crate) fn attribute(attributes: &[KeyValue], name: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == name);
    let value = found.and_then(|attribute| attribute.value.clone());
    match value.and_then(|value| value.value) {
        Some(any_value::Value::StringValue(text)) => text,
        other => panic!("{name} is {other:?}"),
    }
}

/// Writes an id as logs do.
pub(crate) fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
