//! Spans, trace context and metrics of gRPC servers and clients. Health checks and reflection are
//! left out: they would drown the rest.

mod duration;

use tonic::transport::Channel;
pub use tonic_tracing_opentelemetry::middleware::client::{
    OtelGrpcLayer as ClientTraceLayer, OtelGrpcService as ClientTraceService,
};
pub use tonic_tracing_opentelemetry::middleware::server::OtelGrpcLayer as ServerTraceLayer;
use tower::Layer;

pub use self::duration::{Metered, MeteredBody, ServerMetricsLayer};
use crate::metrics;

/// A channel whose calls are spans, and continue on the server's side.
pub type TracedChannel = ClientTraceService<Channel>;

/// Makes the layer that gives each call of a server a span, child of the caller's.
pub fn server_trace_layer() -> ServerTraceLayer {
    ServerTraceLayer::default().filter(is_traced)
}

/// Makes the layer that measures each call of a server, up to the end of its answer:
/// `rpc.server.call.duration` in seconds, by `rpc.service`, `rpc.method` and
/// `rpc.grpc.status_code`.
///
/// Call it after [`crate::init`].
pub fn server_metrics_layer() -> ServerMetricsLayer {
    ServerMetricsLayer::new(&metrics::meter("oruma.grpc"))
}

/// Makes the layer that gives each call of a client a span and sends its context along.
pub fn client_trace_layer() -> ClientTraceLayer {
    ClientTraceLayer
}

/// Wraps a channel in the client's layer. Health checks of a client go over the bare channel.
pub fn traced(channel: Channel) -> TracedChannel {
    client_trace_layer().layer(channel)
}

fn is_traced(path: &str) -> bool {
    !path.starts_with("/grpc.health.") && !path.starts_with("/grpc.reflection.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_and_reflection_are_left_out() {
        assert!(!is_traced("/grpc.health.v1.Health/Check"));
        assert!(!is_traced(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
        ));
        assert!(is_traced("/oruma.social.v1.PostService/GetPost"));
    }
}
