//! The implementation for an installation of several processes, over Redis 7.

mod commands;
mod feed;
mod groups;
mod log;
mod reconnect;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use oruma_service_runtime::{ConfigError, Env};
use redis::io::tcp::TcpSettings;
use redis::{
    Client, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, Script,
};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::gcra::{self, Gcra};
use crate::{
    Departure, Ephemeral, EphemeralError, Lease, LogBounds, LogReader, Position, Presence, Quota,
    SharedEphemeral, Subscription, Verdict, ephemeral,
};
use commands::Commands;
use feed::Feed;
use groups::Groups;

/// How long a command may take, the wait for a connection included.
const OPERATION_TIMEOUT: Duration = Duration::from_millis(500);
/// How long opening a line may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How often a quiet line is asked whether it is alive.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(2);
/// How long it may think about that: a silent line is noticed after at most the sum of both.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(2);

const TOPIC: &str = "oruma:topic:";
const LOG: &str = "oruma:log:";
const RATE: &str = "oruma:rate:";
const VALUE: &str = "oruma:value:";

/// Connects to Redis 7, `redis://` or `rediss://` (TLS, checked against the machine's certificate authorities).
///
/// A Redis that is away is no error: its lines are opened in the background, and again whenever they are lost. Call it inside a tokio
/// runtime. It gives the first attempt 500 ms, so that a healthy Redis is ready on return.
///
/// # Errors
/// [`EphemeralError::InvalidUrl`] for anything that is not the URL of a Redis.
pub async fn redis(url: &SecretString) -> Result<SharedEphemeral, EphemeralError> {
    let info = connection_info(url)?;
    // Pushes of the third version tell at once that the line is lost; subscriptions have their messages pushed in the second too.
    let commands = Commands::start(client(&info, ProtocolVersion::RESP3)?);
    let lines = client(&info, ProtocolVersion::RESP2)?;
    let feed = Feed::start(lines.clone());
    let gone = CancellationToken::new();
    commands.settled().await;
    Ok(Arc::new(Redis {
        commands,
        feed,
        lines,
        gone: gone.clone(),
        _gone: gone.drop_guard(),
        groups: Groups::new(),
        append: Script::new(include_str!("redis/append.lua")),
        take: Script::new(include_str!("redis/take.lua")),
    }))
}

/// Connects as [`redis`] does, to the server named by `REDIS_URL`.
///
/// # Errors
/// [`ConfigError`] naming the variable when it is missing or no such URL.
pub async fn redis_from_env(env: &Env) -> Result<SharedEphemeral, ConfigError> {
    redis(&env.required_secret("REDIS_URL")?)
        .await
        .map_err(|error| ConfigError::new("REDIS_URL", format!("can't be used: {error}")))
}

struct Redis {
    commands: Commands,
    feed: Feed,
    /// Opens the lines of readers.
    lines: Client,
    /// Ends them.
    gone: CancellationToken,
    _gone: DropGuard,
    groups: Groups,
    append: Script,
    take: Script,
}

/// The library's own texts are left out, as they may repeat parts of the URL.
fn connection_info(url: &SecretString) -> Result<ConnectionInfo, EphemeralError> {
    let info = url
        .expose_secret()
        .into_connection_info()
        .map_err(|_| EphemeralError::InvalidUrl)?;
    if matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
        // The library takes the process's provider and panics without one. An error means that there is one already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
    Ok(info.set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}

fn client(info: &ConnectionInfo, protocol: ProtocolVersion) -> Result<Client, EphemeralError> {
    let settings = info.redis_settings().clone().set_protocol(protocol);
    let info = info.clone().set_redis_settings(settings);
    Client::open(info).map_err(|_| EphemeralError::InvalidUrl)
}

/// The error of a line that ended.
fn closed() -> EphemeralError {
    EphemeralError::Unreachable {
        reason: "connection lost".to_owned(),
    }
}

/// The error of a line that does not answer.
fn silent(after: Duration) -> EphemeralError {
    EphemeralError::Timeout { after }
}

fn set(key: &str, value: &Bytes, ttl: Duration) -> Cmd {
    let mut command = redis::cmd("SET");
    let millis = ephemeral::whole(ttl).as_millis().to_string();
    command.arg(format!("{VALUE}{key}")).arg(value.as_ref());
    command.arg("PX").arg(millis);
    command
}

fn on_value(name: &str, key: &str) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(format!("{VALUE}{key}"));
    command
}

impl Redis {
    async fn query<T: redis::FromRedisValue>(&self, command: Cmd) -> Result<T, EphemeralError> {
        self.commands
            .run(async move |mut connection| command.query_async(&mut connection).await)
            .await
    }
}

#[async_trait]
impl Ephemeral for Redis {
    async fn publish(&self, topic: &str, payload: Bytes) -> Result<usize, EphemeralError> {
        let mut command = redis::cmd("PUBLISH");
        command.arg(format!("{TOPIC}{topic}")).arg(payload.as_ref());
        self.query(command).await
    }

    async fn subscribe(&self, topic: &str) -> Result<Subscription, EphemeralError> {
        Ok(self.feed.subscribe(topic))
    }

    async fn take(&self, key: &str, quota: Quota) -> Result<Verdict, EphemeralError> {
        let Some(gcra) = Gcra::of(quota) else {
            return Ok(gcra::never());
        };
        let mut invocation = self.take.key(format!("{RATE}{key}"));
        invocation.arg(gcra.interval).arg(gcra.window());
        let (allowed, ahead) = self
            .commands
            .run(async move |mut connection| invocation.invoke_async(&mut connection).await)
            .await?;
        Ok(gcra.verdict(allowed, ahead))
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), EphemeralError> {
        self.query(set(key, &value, ttl)).await
    }

    async fn put_if_absent(
        &self,
        key: &str,
        value: Bytes,
        ttl: Duration,
    ) -> Result<bool, EphemeralError> {
        let mut command = set(key, &value, ttl);
        command.arg("NX");
        let stored: Option<String> = self.query(command).await?;
        Ok(stored.is_some())
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, EphemeralError> {
        let value: Option<Vec<u8>> = self.query(on_value("GET", key)).await?;
        Ok(value.map(Bytes::from))
    }

    async fn remove(&self, key: &str) -> Result<bool, EphemeralError> {
        self.query(on_value("DEL", key)).await
    }

    async fn append(
        &self,
        log: &str,
        payload: Bytes,
        bounds: LogBounds,
    ) -> Result<Position, EphemeralError> {
        let mut invocation = self.append.key(format!("{LOG}{log}"));
        invocation.arg(payload.as_ref());
        invocation.arg(ephemeral::whole(bounds.age).as_millis().to_string());
        invocation.arg(bounds.entries.max(1)).arg(bounds.bytes);
        invocation.arg(log::FORGOTTEN_AFTER.as_millis().to_string());
        let position: u64 = self
            .commands
            .run(async move |mut connection| invocation.invoke_async(&mut connection).await)
            .await?;
        Ok(Position::from_number(position))
    }

    async fn follow(&self, log: &str) -> Result<LogReader, EphemeralError> {
        Ok(log::follow(self.lines.clone(), log, self.gone.clone()))
    }

    async fn hold(
        &self,
        group: &str,
        holder: &str,
        members: &[String],
        lease: Lease,
    ) -> Result<Vec<String>, EphemeralError> {
        self.groups
            .hold(&self.commands, group, holder, members, lease)
            .await
    }

    async fn release(
        &self,
        group: &str,
        holder: &str,
        members: &[String],
        lease: Lease,
    ) -> Result<(), EphemeralError> {
        self.groups
            .release(&self.commands, group, holder, members, lease)
            .await
    }

    async fn departed(&self, group: &str, lease: Lease) -> Result<Vec<Departure>, EphemeralError> {
        self.groups.departed(&self.commands, group, lease).await
    }

    async fn presence(
        &self,
        group: &str,
        members: &[String],
    ) -> Result<Vec<Presence>, EphemeralError> {
        groups::presence(&self.commands, group, members).await
    }

    async fn ping(&self) -> Result<(), EphemeralError> {
        self.query(redis::cmd("PING")).await
    }
}
