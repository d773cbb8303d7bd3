//! What stands in front of replicas and sends new connections to those that are ready, as a Service of Kubernetes does.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// Passes connections on to servers in turn. What was passed on stays where it is. Ends with this value.
pub struct Balancer {
    address: SocketAddr,
    servers: Arc<Mutex<Vec<SocketAddr>>>,
    listening: AbortHandle,
}

// === impl Balancer ===

impl Balancer {
    /// Listens on a free port.
    ///
    /// # Panics
    /// When it can't listen.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let servers = Arc::<Mutex<Vec<SocketAddr>>>::default();
        let listening = tokio::spawn(listen(listener, Arc::clone(&servers)));
        Self {
            address,
            servers,
            listening: listening.abort_handle(),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on new connections go to these.
    pub fn send_to(&self, servers: &[SocketAddr]) {
        let mut known = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        *known = servers.to_vec();
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, servers: Arc<Mutex<Vec<SocketAddr>>>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    let mut turn = 0_usize;
    while let Ok((client, _)) = listener.accept().await {
        let mut servers = servers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        turn += 1;
        let first = turn.checked_rem(servers.len()).unwrap_or_default();
        servers.rotate_left(first);
        connections.spawn(pass(client, servers));
        while connections.try_join_next().is_some() {}
    }
}

/// Passes a connection on to the first of some servers that takes it.
async fn pass(mut client: TcpStream, servers: Vec<SocketAddr>) {
    for server in servers {
        if let Ok(mut server) = TcpStream::connect(server).await {
            let _ = client.set_nodelay(true);
            let _ = server.set_nodelay(true);
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}
