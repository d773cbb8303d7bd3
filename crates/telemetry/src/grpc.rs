//! Spans, trace context and metrics of gRPC servers and clients. Health checks and reflection are
//! left out: they would drown the rest.

mod client;
mod duration;

use tonic::transport::Channel;
pub use tonic_tracing_opentelemetry::middleware::server::OtelGrpcLayer as ServerTraceLayer;

pub use self::client::{Client, ClientChannel};
pub use self::duration::{Metered, MeteredBody, ServerMetricsLayer};
use crate::metrics;

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

/// Makes a client's way to a server: each call is a span that continues on the server's side, and is measured up to the end of its
/// answer: `rpc.client.call.duration`, with the attributes of the server's. A call without an answer counts as unavailable, or as a
/// missed deadline.
///
/// Call it after [`crate::init`].
pub fn client(channel: Channel) -> ClientChannel {
    Client::new(channel, &metrics::meter("oruma.grpc"))
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
