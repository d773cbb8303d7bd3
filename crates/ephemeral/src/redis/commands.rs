//! The line that carries commands.
//!
//! The crate's own connection manager is not used: it takes a silent line for a working one (a timeout does not make it reconnect),
//! lets each command wait for the next attempt while Redis is away, and gives up on a server that refused it once.

use std::sync::Arc;

use redis::ServerErrorKind;
use redis::aio::{MultiplexedConnection, SendError};
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, PushInfo, PushKind, RedisError, RedisResult,
};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::reconnect::Reconnect;
use super::{
    CONNECT_TIMEOUT, HEARTBEAT_EVERY, HEARTBEAT_TIMEOUT, OPERATION_TIMEOUT, closed, silent,
};
use crate::EphemeralError;

/// Commands that may wait to be written.
const QUEUE: usize = 1_024;

/// One connection that all commands share, kept open by a task in the background.
pub(super) struct Commands {
    state: watch::Receiver<State>,
    _keeper: AbortOnDropHandle<()>,
}

#[derive(Clone)]
enum State {
    /// An attempt is under way whose outcome is worth waiting for.
    Connecting,
    Up(Line),
    /// The last attempt failed.
    Down(EphemeralError),
}

#[derive(Clone)]
struct Line {
    connection: MultiplexedConnection,
    /// Told as soon as the connection is known to be of no more use.
    lost: Arc<Notify>,
}

impl Commands {
    /// Starts to connect in the background.
    pub(super) fn start(client: Client) -> Self {
        let (sender, state) = watch::channel(State::Connecting);
        let keeper = tokio::spawn(keep(client, sender));
        Self {
            state,
            _keeper: AbortOnDropHandle::new(keeper),
        }
    }

    /// Waits until the first attempt has succeeded or failed, for no longer than a command would.
    pub(super) async fn settled(&self) {
        let _ = timeout(OPERATION_TIMEOUT, self.line()).await;
    }

    /// Runs a command. It fails within [`OPERATION_TIMEOUT`], and at once while the line is down.
    pub(super) async fn run<T, F>(
        &self,
        command: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T, EphemeralError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let work = async {
            let line = self.line().await?;
            let result = command(line.connection.clone()).await;
            result.map_err(|error| line.judge(error))
        };
        timeout(OPERATION_TIMEOUT, work)
            .await
            .unwrap_or_else(|_| Err(silent(OPERATION_TIMEOUT)))
    }

    async fn line(&self) -> Result<Line, EphemeralError> {
        let mut state = self.state.clone();
        let settled = state
            .wait_for(|state| !matches!(state, State::Connecting))
            .await;
        match settled.as_deref() {
            Ok(State::Up(line)) => Ok(line.clone()),
            Ok(State::Down(error)) => Err(error.clone()),
            Ok(State::Connecting) | Err(_) => Err(closed()),
        }
    }
}

impl Line {
    async fn open(client: &Client) -> Result<Self, EphemeralError> {
        let lost = Arc::new(Notify::new());
        let told = Arc::clone(&lost);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(None)
            .set_pipeline_buffer_size(QUEUE)
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection {
                    told.notify_one();
                }
                Ok::<(), SendError>(())
            });
        let connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let line = Self { connection, lost };
        // A server that still loads its data takes connections, but no commands.
        line.ping().await?;
        Ok(line)
    }

    /// Translates an error, and gives the line up when it can't recover: it broke, or leads to what is a replica now.
    fn judge(&self, error: RedisError) -> EphemeralError {
        let replica = error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly);
        if replica || error.is_unrecoverable_error() {
            self.lost.notify_one();
        }
        error.into()
    }

    /// Watches the line until it is lost; a silent one is found out by the heartbeat.
    async fn watch(&self) -> EphemeralError {
        loop {
            if timeout(HEARTBEAT_EVERY, self.lost.notified()).await.is_ok() {
                return closed();
            }
            if let Err(error) = self.ping().await {
                return error;
            }
        }
    }

    async fn ping(&self) -> Result<(), EphemeralError> {
        let mut connection = self.connection.clone();
        let ping = redis::cmd("PING");
        match timeout(HEARTBEAT_TIMEOUT, ping.exec_async(&mut connection)).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(silent(HEARTBEAT_TIMEOUT)),
        }
    }
}

async fn keep(client: Client, state: watch::Sender<State>) {
    let mut reconnect = Reconnect::new("commands");
    loop {
        let error = match Line::open(&client).await.map_err(not_let_in) {
            Ok(line) => {
                reconnect.opened();
                state.send_replace(State::Up(line.clone()));
                let error = line.watch().await;
                // The first attempt to reconnect is likely to succeed, so commands may wait for it.
                state.send_replace(State::Connecting);
                error
            }
            Err(error) => {
                state.send_replace(State::Down(error.clone()));
                error
            }
        };
        reconnect.pause_after(&error).await;
    }
}

/// A server that refuses the handshake is as far away as none; later, the same answer is about one command.
fn not_let_in(error: EphemeralError) -> EphemeralError {
    match error {
        EphemeralError::Refused { code } => EphemeralError::Unreachable {
            reason: format!("connection refused with {code}"),
        },
        other => other,
    }
}
