//! A line to a server that a test can cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    /// All connections are closed, and new ones at once.
    Cut,
}

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
            tokio::select! {
                () = pass(client, server) => {}
                _ = state.wait_for(|state| *state == State::Cut) => {}
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn pass(mut client: TcpStream, server: SocketAddr) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    // An end on either side is an end of the line.
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}
