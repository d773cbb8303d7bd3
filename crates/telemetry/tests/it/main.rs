//! One process with everything on: its spans at a collector, its log lines, its metrics page.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod collector;
mod lines;

use std::net::SocketAddr;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use oruma_telemetry::propagation::{self, TraceContext};
use oruma_telemetry::{LogFormat, TelemetryConfig, grpc, init_to, metrics};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Server};
use tracing::{Instrument, info, info_span};

use crate::collector::Collector;
use crate::lines::Lines;

// what a process has only one of is tested in one function
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_lines_and_metrics_of_one_process_belong_together() {
    let collector = Collector::default();
    let endpoint = collector.clone().listen(Server::builder()).await;
    let lines = Lines::default();
    let telemetry = init_to(config(endpoint), lines.clone()).unwrap();

    let request = info_span!("request", user.email = "ada@example.edu");
    let place = request.in_scope(|| {
        info!(post.id = 7, "post created");
        TraceContext::capture().unwrap()
    });
    let trace_id = propagation::trace_id(&request).unwrap();
    drop(request);
    handle_later(&place);
    call_a_server().await;
    let page = metrics_page("/metrics").await;
    assert!(metrics_page("/other").await.starts_with("HTTP/1.1 404"));

    telemetry.shutdown().await;

    assert_spans(&collector, &trace_id);
    assert_lines(&lines, &trace_id);
    assert_metrics(&page);
    // a second start in the same process is harmless
    init_to(config(endpoint), lines).unwrap().shutdown().await;
}

fn config(collector: SocketAddr) -> TelemetryConfig {
    TelemetryConfig {
        service_name: "social",
        service_version: "1.2.3",
        service_revision: Some("336d15a"),
        log_level: "INFO".to_owned(),
        log_format: LogFormat::Json,
        otlp_endpoint: Some(format!("http://{collector}")),
        sample_ratio: 1.0,
        prometheus: Some(([127, 0, 0, 1], 0).into()),
    }
}

/// What a consumer of the broker does with a context that was stored as text.
fn handle_later(place: &TraceContext) {
    let consumer = info_span!("process");
    place.attach_to(&consumer);
    consumer.in_scope(|| info!(code = 123_456, "post indexed"));
}

async fn call_a_server() {
    let server = Server::builder()
        .layer(grpc::server_trace_layer())
        .layer(grpc::server_metrics_layer());
    let address = Collector::default().listen(server).await;
    let channel = Channel::from_shared(format!("http://{address}"))
        .unwrap()
        .connect_lazy();
    let mut client = TraceServiceClient::new(grpc::client(channel));
    let call = client.export(ExportTraceServiceRequest::default());
    call.instrument(info_span!("caller")).await.unwrap();
}

async fn metrics_page(path: &str) -> String {
    let stop = CancellationToken::new();
    let any_port = ([127, 0, 0, 1], 0).into();
    let (address, serving) = metrics::serve(any_port, stop.clone()).await.unwrap();
    let serving = tokio::spawn(serving);

    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();

    stop.cancel();
    serving.await.unwrap();
    answer
}

fn assert_spans(collector: &Collector, trace_id: &str) {
    let request = collector.span("request");
    assert_eq!(collector::hex(&request.trace_id), trace_id);
    assert!(request.parent_span_id.is_empty());
    assert_eq!(
        collector::attribute(&request.attributes, "user.email"),
        "[redacted]"
    );

    let process = collector.span("process");
    assert_eq!(process.trace_id, request.trace_id);
    assert_eq!(process.parent_span_id, request.span_id);

    let method = "opentelemetry.proto.collector.trace.v1.TraceService/Export";
    let [client, server] = collector.pair(method);
    let caller = collector.span("caller");
    assert_eq!(client.parent_span_id, caller.span_id);
    assert_eq!(server.parent_span_id, client.span_id);
    assert_eq!(server.trace_id, caller.trace_id);

    for (name, value) in [
        ("service.name", "social"),
        ("service.namespace", "oruma"),
        ("service.version", "1.2.3"),
        ("vcs.ref.head.revision", "336d15a"),
    ] {
        assert_eq!(collector.resource(name), value);
    }
    assert_eq!(collector.resource("service.instance.id").len(), 36);
}

fn assert_lines(lines: &Lines, trace_id: &str) {
    let created = lines.with_message("post created");
    assert_eq!(created["trace_id"], trace_id);
    assert_eq!(created["span_id"].as_str().unwrap().len(), 16);
    assert_eq!(created["service"], "social");
    assert_eq!(created["post.id"], 7);

    let indexed = lines.with_message("post indexed");
    assert_eq!(indexed["trace_id"], trace_id);
    assert_ne!(indexed["span_id"], created["span_id"]);
    assert_eq!(indexed["code"], "[redacted]");
}

fn assert_metrics(page: &str) {
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(
        page.contains("# TYPE rpc_server_call_duration_seconds histogram"),
        "{page}"
    );
    assert!(
        page.contains(r#"rpc_grpc_status_code="0",rpc_method="Export""#),
        "{page}"
    );
    assert!(
        page.contains("# TYPE rpc_client_call_duration_seconds histogram"),
        "{page}"
    );
    let described = page.lines().find(|line| line.starts_with("target_info{"));
    let described = described.unwrap();
    for label in [
        r#"service_name="social""#,
        r#"service_version="1.2.3""#,
        r#"vcs_ref_head_revision="336d15a""#,
    ] {
        assert!(described.contains(label), "{described}");
    }
    assert!(!page.contains("otel_scope_name"), "{page}");
}
