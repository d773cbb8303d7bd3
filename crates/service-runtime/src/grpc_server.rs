//! A service's gRPC server.

use std::net::SocketAddr;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::io::DuplexStream;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::service::{InterceptorLayer, Routes};
use tonic::transport::server::TcpIncoming;
use tonic_health::pb::health_server::{Health, HealthServer};

use crate::{ConfigError, Env, InternalCredential};

/// How long one call may take, whatever deadline its caller sent.
const CALL_DEADLINE: Duration = Duration::from_secs(150);
/// Calls that one connection may have under way.
const CALLS_PER_CONNECTION: usize = 1024;
/// How often readiness is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The server's end of [`crate::in_process`].
pub struct InProcessListener(pub(crate) mpsc::Receiver<DuplexStream>);

/// Where a server takes calls.
pub enum GrpcListener {
    /// From the network.
    Tcp(TcpListener),
    /// From this process only.
    InProcess(InProcessListener),
}

impl GrpcListener {
    /// Listens on a network address; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        TcpListener::bind(address).await.map(Self::Tcp)
    }

    /// Listens where `GRPC_ADDR` says, `0.0.0.0:50051` by default: for a service that is a process of its own.
    ///
    /// # Errors
    /// [`ConfigError`] when that is no address, or one that can't be used.
    pub async fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let address = env
            .address("GRPC_ADDR")?
            .unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 50_051)));
        Self::bind(address).await.map_err(|error| {
            ConfigError::new("GRPC_ADDR", format!("can't be used: {address} {error}"))
        })
    }
}

/// Answers whether the service can do its work now; becomes gRPC health and so the pod's readiness.
pub type Readiness = Box<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// A gRPC server with traces, metrics, health and reflection around a service's own routes, which only holders of the internal
/// credential may call.
pub struct GrpcServer {
    /// Where it takes calls.
    pub listener: GrpcListener,
    /// What its callers must show.
    pub credential: InternalCredential,
    /// What it serves.
    pub routes: Routes,
    /// Whether it can.
    pub readiness: Readiness,
}

impl GrpcServer {
    /// Serves until `stop`, then finishes the calls under way.
    ///
    /// # Errors
    /// When the transport fails.
    ///
    /// The future is boxed, so that all that it needs is compiled with this crate, once, and not with each binary and test.
    pub fn serve(
        self,
        stop: CancellationToken,
    ) -> BoxFuture<'static, Result<(), tonic::transport::Error>> {
        self.serve_until(stop).boxed()
    }

    async fn serve_until(self, stop: CancellationToken) -> Result<(), tonic::transport::Error> {
        let (reporter, health) = tonic_health::server::health_reporter();
        // It begins with yes, before anybody has looked.
        reporter
            .set_service_status("", tonic_health::ServingStatus::NotServing)
            .await;
        let watch = watch_readiness(self.readiness, reporter, stop.clone());
        let routes = guarded(self.routes, &self.credential, health);
        let router = tonic::transport::Server::builder()
            .timeout(CALL_DEADLINE)
            .concurrency_limit_per_connection(CALLS_PER_CONNECTION)
            .http2_keepalive_interval(Some(Duration::from_secs(20)))
            .layer(oruma_telemetry::grpc::server_trace_layer())
            .layer(oruma_telemetry::grpc::server_metrics_layer())
            .add_routes(routes);
        let stopped = stop.cancelled_owned();
        let serve = async {
            match self.listener {
                GrpcListener::Tcp(listener) => {
                    if let Ok(address) = listener.local_addr() {
                        tracing::info!(%address, "listening");
                    }
                    // Set here, as the server leaves connections that it is given as they are: an answer would wait 40 ms for its end.
                    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
                    router.serve_with_incoming_shutdown(incoming, stopped).await
                }
                GrpcListener::InProcess(InProcessListener(receiver)) => {
                    let incoming = ReceiverStream::new(receiver).map(Ok::<_, std::io::Error>);
                    router.serve_with_incoming_shutdown(incoming, stopped).await
                }
            }
        };
        tokio::join!(serve, watch).0
    }
}

/// The service's own routes behind the credential; health and reflection are open, since probes and operators have none.
fn guarded(
    routes: Routes,
    credential: &InternalCredential,
    health: HealthServer<impl Health>,
) -> Routes {
    let demanded = InterceptorLayer::new(credential.demanded());
    let guarded = Routes::from(routes.into_axum_router().layer(demanded)).add_service(health);
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(oruma_proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1();
    match reflection {
        Ok(reflection) => guarded.add_service(reflection),
        Err(error) => {
            tracing::warn!(error = %error, "gRPC reflection is off");
            guarded
        }
    }
}

async fn watch_readiness(
    readiness: Readiness,
    reporter: tonic_health::server::HealthReporter,
    stop: CancellationToken,
) {
    loop {
        let status = if readiness().await {
            tonic_health::ServingStatus::Serving
        } else {
            tonic_health::ServingStatus::NotServing
        };
        reporter.set_service_status("", status).await;
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stop.cancelled() => break,
        }
    }
    reporter
        .set_service_status("", tonic_health::ServingStatus::NotServing)
        .await;
}
