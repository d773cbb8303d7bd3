//! Clients of other services: over the network or inside one process.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use oruma_telemetry::grpc::{self, ClientChannel};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::channel::Change;
use tonic::transport::{self, ClientTlsConfig, Endpoint, Uri};

use crate::credential::ShowCredential;
use crate::grpc_server::InProcessListener;
use crate::{ConfigError, Env};

/// A connection to a service, shared by all its clients. Each call is a span and is measured.
pub type Channel = ClientChannel;

/// How long one call may take.
const CALL_DEADLINE: Duration = Duration::from_secs(10);
/// How long one call may take that carries files.
const FILES_DEADLINE: Duration = Duration::from_secs(120);
/// How long opening a connection may take.
const CONNECT_DEADLINE: Duration = Duration::from_secs(2);
/// How often a name is looked up again, so that new replicas get their share.
const LOOK_UP_EVERY: Duration = Duration::from_secs(5);
/// Bytes that may wait on an in-process connection in each direction.
const IN_PROCESS_BUFFER: usize = 256 * 1024;

/// Where a service answers.
#[derive(Debug, Clone)]
pub struct ChannelConfig {
    /// Its variable, such as `AUTH_GRPC_URL`.
    pub variable: String,
    /// Its URL, such as `http://auth:50051`.
    pub url: Uri,
    /// How long one call may take: 10 s unless it carries files.
    pub deadline: Duration,
}

impl ChannelConfig {
    /// Reads `<SERVICE>_GRPC_URL`.
    ///
    /// # Errors
    /// [`ConfigError`] when it is missing or no URL with a port.
    pub fn from_env(env: &Env, service: &str) -> Result<Self, ConfigError> {
        let variable = format!("{}_GRPC_URL", service.to_uppercase());
        let url: Uri = env
            .required(&variable)?
            .parse()
            .map_err(|_| ConfigError::new(&variable, "is not a URL"))?;
        let complete = matches!(url.scheme_str(), Some("http" | "https"))
            && url.host().is_some()
            && url.port_u16().is_some();
        if !complete {
            return Err(ConfigError::new(
                variable,
                "is not a URL such as http://auth:50051",
            ));
        }
        Ok(Self {
            variable,
            url,
            deadline: CALL_DEADLINE,
        })
    }
}

impl ChannelConfig {
    /// The same for calls that carry files, which take as long as a slow client takes to send them.
    #[must_use]
    pub fn for_files(self) -> Self {
        Self {
            deadline: FILES_DEADLINE,
            ..self
        }
    }
}

/// A client's way to a service: the channel, with the internal credential on each call.
pub type GrpcClient = InterceptedService<Channel, ShowCredential>;

/// Connects to a service, balancing over all addresses of its name. Connections are opened when they are first needed.
///
/// # Errors
/// [`ConfigError`] when the URL can't be used.
pub fn connect(config: &ChannelConfig) -> Result<Channel, ConfigError> {
    let unusable = |_| ConfigError::new(&config.variable, "can't be used for gRPC");
    let host = config.url.host().unwrap_or_default().to_owned();
    if host.parse::<std::net::IpAddr>().is_ok() {
        let endpoint = endpoint(config.url.clone(), &host, config.deadline).map_err(unusable)?;
        return Ok(grpc::client(endpoint.connect_lazy()));
    }
    // Proves that endpoints of this URL can be made, so that the task below need not fail.
    endpoint(config.url.clone(), &host, config.deadline).map_err(unusable)?;
    let (channel, changes) = transport::Channel::balance_channel(16);
    tokio::spawn(follow_dns(config.clone(), host, changes));
    Ok(grpc::client(channel))
}

fn endpoint(url: Uri, host: &str, deadline: Duration) -> Result<Endpoint, tonic::transport::Error> {
    let tls = url.scheme_str() == Some("https");
    let endpoint = Endpoint::from(url)
        .timeout(deadline)
        .connect_timeout(CONNECT_DEADLINE)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(10))
        .keep_alive_timeout(Duration::from_secs(5))
        .keep_alive_while_idle(true);
    if tls {
        endpoint.tls_config(
            ClientTlsConfig::new()
                .with_enabled_roots()
                .domain_name(host),
        )
    } else {
        Ok(endpoint)
    }
}

/// Looks the name up again and again, and tells the channel which replicas came and went. Ends with the channel.
async fn follow_dns(
    config: ChannelConfig,
    host: String,
    changes: mpsc::Sender<Change<SocketAddr, Endpoint>>,
) {
    let port = config.url.port_u16().unwrap_or(443);
    let mut known = HashSet::new();
    loop {
        match tokio::net::lookup_host((host.as_str(), port)).await {
            Ok(found) => {
                let found: HashSet<SocketAddr> = found.collect();
                for change in changes_between(&known, &found, &config, &host) {
                    if changes.send(change).await.is_err() {
                        return;
                    }
                }
                known = found;
            }
            Err(error) => {
                tracing::warn!(service.host = host, error = %error, "name can't be looked up");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_UP_EVERY) => {}
            () = changes.closed() => return,
        }
    }
}

fn changes_between(
    known: &HashSet<SocketAddr>,
    found: &HashSet<SocketAddr>,
    config: &ChannelConfig,
    host: &str,
) -> Vec<Change<SocketAddr, Endpoint>> {
    let scheme = config.url.scheme_str().unwrap_or("http");
    let came = found.difference(known).filter_map(|address| {
        let url = format!("{scheme}://{address}").parse().ok()?;
        let endpoint = endpoint(url, host, config.deadline).ok()?;
        Some(Change::Insert(*address, endpoint))
    });
    let went = known
        .difference(found)
        .map(|address| Change::Remove(*address));
    came.chain(went).collect()
}

/// The two ends of a connection inside this process, for the standalone binary and for tests.
#[must_use]
pub fn in_process() -> (InProcessListener, Channel) {
    in_process_within(CALL_DEADLINE)
}

/// The same for calls that carry files.
#[must_use]
pub fn in_process_for_files() -> (InProcessListener, Channel) {
    in_process_within(FILES_DEADLINE)
}

fn in_process_within(deadline: Duration) -> (InProcessListener, Channel) {
    let (sender, receiver) = mpsc::channel::<DuplexStream>(16);
    let channel = Endpoint::from_static("http://in-process")
        .timeout(deadline)
        .connect_with_connector_lazy(tower::service_fn(move |_: Uri| {
            let sender = sender.clone();
            async move {
                let (ours, theirs) = tokio::io::duplex(IN_PROCESS_BUFFER);
                sender
                    .send(theirs)
                    .await
                    .map_err(|_| std::io::Error::from(std::io::ErrorKind::ConnectionRefused))?;
                Ok::<_, std::io::Error>(TokioIo::new(ours))
            }
        }));
    (InProcessListener(receiver), grpc::client(channel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_that_come_and_go_are_told() {
        let env = Env::of_pairs([("AUTH_GRPC_URL", "http://auth:1")]);
        let config = ChannelConfig::from_env(&env, "auth").unwrap();
        let one: SocketAddr = "192.0.2.1:1".parse().unwrap();
        let two: SocketAddr = "192.0.2.2:1".parse().unwrap();
        let changes = changes_between(
            &HashSet::from([one]),
            &HashSet::from([two]),
            &config,
            "auth",
        );
        assert!(
            matches!(changes.as_slice(), [Change::Insert(came, _), Change::Remove(went)] if *came == two && *went == one)
        );
    }

    #[test]
    fn a_url_without_port_is_refused_by_name() {
        let env = Env::of_pairs([("AUTH_GRPC_URL", "http://auth")]);
        let error = ChannelConfig::from_env(&env, "auth").unwrap_err();
        assert_eq!(error.variable, "AUTH_GRPC_URL");
    }
}
