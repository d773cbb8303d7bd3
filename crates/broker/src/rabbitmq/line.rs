//! Connections: opening them, and having one for all consumers.

use std::time::Duration;

use futures::FutureExt;
use lapin::tcp::{AMQPUriTcpExt, OwnedTLSConfig};
use lapin::types::ShortString;
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::timeout;
use url::Url;

use crate::BrokerError;

/// How long opening a connection may take.
const CONNECT: Duration = Duration::from_secs(4);
/// How long the server may take to answer a question.
pub(super) const ANSWER: Duration = Duration::from_secs(10);
/// How long closing may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// Seconds. A line that is silent for twice as long is dead.
const HEARTBEAT: u16 = 10;
/// The library keeps 64 frames of memory for each connection: 1 MiB with these, 8 MiB with the server's default.
const FRAME_BYTES: u32 = 16 * 1024;

/// Opens connections to one server.
pub(super) struct Dialer {
    uri: AMQPUri,
    name: String,
}

/// The connection of all consumers of a broker, opened when it is first needed and again when it was lost.
pub(super) struct Line {
    dialer: Dialer,
    connection: Mutex<Option<Connection>>,
}

// === impl Dialer ===

impl Dialer {
    pub(super) fn new(url: &SecretString, name: &str) -> Result<Self, BrokerError> {
        Ok(Self {
            uri: parse(url.expose_secret()).ok_or(BrokerError::InvalidUrl)?,
            name: name.to_owned(),
        })
    }

    /// Opens a connection, in 4 seconds at most.
    pub(super) async fn dial(&self) -> Result<Connection, BrokerError> {
        let properties = ConnectionProperties::default()
            .with_connection_name(self.name.clone().into())
            .with_client_property("product".into(), "oruma".into())
            .with_client_property("version".into(), env!("CARGO_PKG_VERSION").into());
        let runtime = lapin::runtime::default_runtime().map_err(unreachable)?;
        // The library opens sockets on a thread of its own, which only this limit ends.
        let connect = async |uri: AMQPUri, runtime| {
            let tls = OwnedTLSConfig::default();
            let stream = uri.connect_with_config_async(tls.as_ref(), &runtime);
            let stream = timeout(CONNECT, stream).await;
            Ok(stream.map_err(std::io::Error::from)??)
        };
        let opening = Connection::connector(self.uri.clone(), runtime, connect, properties);
        match timeout(CONNECT, opening).await {
            Ok(opened) => opened.map_err(unreachable),
            Err(_) => Err(silent()),
        }
    }
}

// === impl Line ===

impl Line {
    pub(super) fn new(dialer: Dialer) -> Self {
        Self {
            dialer,
            connection: Mutex::default(),
        }
    }

    /// Opens a channel, and the connection where there is none.
    pub(super) async fn channel(&self) -> Result<Channel, BrokerError> {
        let mut connection = self.connection.lock().await;
        let alive = match connection.take() {
            Some(alive) if alive.status().connected() => alive,
            _ => self.dialer.dial().await?,
        };
        let channel = answered(alive.create_channel()).await?;
        *connection = Some(alive);
        Ok(channel)
    }

    pub(super) async fn close(&self) {
        if let Some(connection) = self.connection.lock().await.take() {
            hang_up(&connection).await;
        }
    }

    /// Begins to close, without waiting.
    pub(super) fn drop_now(&self) {
        if let Ok(connection) = self.connection.try_lock()
            && let Some(connection) = connection.as_ref()
        {
            let _ = hang_up(connection).now_or_never();
        }
    }
}

/// Waits for the server's answer, in bounds.
pub(super) async fn answered<T>(
    answer: impl Future<Output = lapin::Result<T>>,
) -> Result<T, BrokerError> {
    match timeout(ANSWER, answer).await {
        Ok(answer) => answer.map_err(unreachable),
        Err(_) => Err(silent()),
    }
}

/// Closes the connection; when the server doesn't answer, it finds out by itself.
pub(super) async fn hang_up(connection: &Connection) {
    let _ = timeout(GOODBYE, connection.close(200, ShortString::default())).await;
}

/// The error of a server that does not answer.
pub(super) fn silent() -> BrokerError {
    BrokerError::Unreachable("no answer in time".to_owned())
}

/// The library's texts name hosts, queues and causes, never the password.
pub(super) fn unreachable(error: lapin::Error) -> BrokerError {
    BrokerError::Unreachable(error.to_string())
}

fn parse(url: &str) -> Option<AMQPUri> {
    let mut uri: AMQPUri = url.parse().ok()?;
    // The library would connect to localhost instead.
    if let Some(url::Host::Ipv6(address)) = Url::parse(url).ok()?.host() {
        uri.authority.host = address.to_string();
    }
    // Nobody has a virtual host without a name; many write a slash at the end.
    if uri.vhost.is_empty() {
        uri.vhost = "/".to_owned();
    }
    uri.query.heartbeat.get_or_insert(HEARTBEAT);
    uri.query.frame_max.get_or_insert(FRAME_BYTES);
    Some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_an_amqp_server_are_understood() {
        for (url, host, port, vhost) in [
            (
                "amqp://app:secret@mq.example:5673/%2f",
                "mq.example",
                5673,
                "/",
            ),
            ("amqp://app:secret@mq.example/", "mq.example", 5672, "/"),
            (
                "amqps://app:secret@mq.example/team",
                "mq.example",
                5671,
                "team",
            ),
            ("amqp://app:secret@[::1]:5672", "::1", 5672, "/"),
            ("amqp://app:secret@127.0.0.1:5672", "127.0.0.1", 5672, "/"),
        ] {
            let uri = parse(url).unwrap();
            assert_eq!(uri.authority.host, host, "{url}");
            assert_eq!(
                (uri.authority.port, uri.vhost.as_str()),
                (port, vhost),
                "{url}"
            );
        }
        assert!(parse("redis://127.0.0.1").is_none());
        assert!(parse("127.0.0.1:5672").is_none());
    }

    #[test]
    fn a_wrong_url_is_not_repeated() {
        let url = SecretString::from("http://app:secret@mq.example");
        let error = Dialer::new(&url, "test").err().unwrap();
        assert!(!error.to_string().contains("secret"));
    }
}
