//! A line to a server that a test can cut, slow down or let hang.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// Passes connections on to a server. Ends with this value.
pub struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    passed: Arc<AtomicUsize>,
    listening: AbortHandle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// What is sent waits for so long before it goes on.
    Slow(Duration),
    /// Connections are taken and stay open, and nothing goes on.
    Hanging,
    /// All connections are closed, and new ones at once.
    Cut,
}

/// Bytes that are read at once.
const BUFFER: usize = 16 * 1_024;

// === impl Proxy ===

impl Proxy {
    /// Listens on a free port, and passes on to `server`.
    ///
    /// # Panics
    /// When it can't listen.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (state, watched) = watch::channel(State::Open);
        let passed = Arc::new(AtomicUsize::new(0));
        let listening = tokio::spawn(listen(listener, server, watched, Arc::clone(&passed)));
        Self {
            address,
            state,
            passed,
            listening: listening.abort_handle(),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it has passed on so far.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }

    /// Closes all connections, and from now on new ones at once.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// From now on lets each piece wait for so long, in either direction.
    pub fn slow_down(&self, delay: Duration) {
        self.state.send_replace(State::Slow(delay));
    }

    /// From now on passes nothing on, and closes nothing: as a network that loses all that is sent.
    pub fn hang(&self) {
        self.state.send_replace(State::Hanging);
    }

    /// Passes connections on again.
    pub fn mend(&self) {
        self.state.send_replace(State::Open);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(
    listener: TcpListener,
    server: SocketAddr,
    state: watch::Receiver<State>,
    passed: Arc<AtomicUsize>,
) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let mut state = state.clone();
        if *state.borrow_and_update() == State::Cut {
            continue;
        }
        passed.fetch_add(1, Ordering::SeqCst);
        connections.spawn(async move {
            let mut cut = state.clone();
            tokio::select! {
                () = pass(client, server, state) => {}
                _ = cut.wait_for(|state| *state == State::Cut) => {}
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn pass(client: TcpStream, server: SocketAddr, state: watch::Receiver<State>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (client_input, client_output) = client.into_split();
    let (server_input, server_output) = server.into_split();
    tokio::join!(
        pump(client_input, server_output, state.clone()),
        pump(server_input, client_output, state),
    );
}

/// Passes on what comes, as the state has it, and then the end.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
) {
    let mut buffer = vec![0; BUFFER];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let now = *state.borrow();
        if let State::Slow(delay) = now {
            tokio::time::sleep(delay).await;
        }
        if state
            .wait_for(|state| *state != State::Hanging)
            .await
            .is_err()
        {
            return;
        }
        let piece = buffer.get(..count).unwrap_or_default();
        if to.write_all(piece).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
