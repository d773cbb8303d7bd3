//! An OpenTelemetry collector that keeps what it is sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

/// A collector of spans; clones share what was collected.
#[derive(Clone)]
pub struct Collector {
    address: SocketAddr,
    spans: Arc<Mutex<Vec<Collected>>>,
}

/// A span as it came, with the process that sent it.
#[derive(Debug, Clone)]
pub struct Collected {
    /// `service.name` of its process.
    pub service: String,
    /// The trace, as logs write it.
    pub trace: String,
    /// The span, as logs write it.
    pub id: String,
    /// The span above it; empty for none.
    pub parent: String,
    /// What it is called.
    pub name: String,
    /// Server, client, producer, consumer or internal.
    pub kind: SpanKind,
    /// When it began and ended, in nanoseconds since 1970.
    pub began: u64,
    /// See [`Self::began`].
    pub ended: u64,
    /// Names and values of its attributes, and those of its events.
    pub attributes: Vec<(String, String)>,
}

// === impl Collector ===

impl Collector {
    /// Listens on a free port, as long as the runtime lives.
    ///
    /// # Panics
    /// When it can't listen.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let collector = Self {
            address: listener.local_addr().expect("an address"),
            spans: Arc::default(),
        };
        let serving = Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(serving);
        collector
    }

    /// Where it listens, as `OTEL_EXPORTER_OTLP_ENDPOINT` wants it.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans so far.
    #[must_use]
    pub fn spans(&self) -> Vec<Collected> {
        let spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        spans.clone()
    }

    /// The spans of one trace so far.
    #[must_use]
    pub fn trace(&self, trace: &str) -> Vec<Collected> {
        let mut spans = self.spans();
        spans.retain(|span| span.trace == trace);
        spans
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut kept = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        for process in request.into_inner().resource_spans {
            let resource = process.resource.unwrap_or_default();
            let service = resource
                .attributes
                .iter()
                .find(|attribute| attribute.key == "service.name")
                .map(text_of)
                .unwrap_or_default();
            let spans = process
                .scope_spans
                .into_iter()
                .flat_map(|scope| scope.spans);
            kept.extend(spans.map(|span| Collected::new(&service, span)));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

// === impl Collected ===

impl Collected {
    fn new(service: &str, span: Span) -> Self {
        let of_events = span.events.iter().flat_map(|event| &event.attributes);
        let attributes = span.attributes.iter().chain(of_events);
        let mut attributes: Vec<(String, String)> = attributes
            .map(|attribute| (attribute.key.clone(), text_of(attribute)))
            .collect();
        let names = span.events.iter().map(|event| event.name.clone());
        attributes.extend(names.map(|name| ("event.name".to_owned(), name)));
        Self {
            service: service.to_owned(),
            trace: hex(&span.trace_id),
            id: hex(&span.span_id),
            parent: hex(&span.parent_span_id),
            kind: span.kind(),
            began: span.start_time_unix_nano,
            ended: span.end_time_unix_nano,
            name: span.name,
            attributes,
        }
    }

    /// The text of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it lies below another span of `trace`, at whatever depth.
    #[must_use]
    pub fn is_below(&self, above: &Self, trace: &[Self]) -> bool {
        let mut parent = self.parent.as_str();
        // A loop would be longer than the trace.
        for _ in trace {
            if parent == above.id {
                return true;
            }
            match trace.iter().find(|span| span.id == parent) {
                Some(span) => parent = &span.parent,
                None => return false,
            }
        }
        false
    }
}

fn text_of(attribute: &KeyValue) -> String {
    match attribute
        .value
        .as_ref()
        .and_then(|value| value.value.as_ref())
    {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
