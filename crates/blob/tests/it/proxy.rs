//! A way to a server that is not always open.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};

/// A proxy that cuts the first connections.
pub(crate) async fn refusing_first(mut count: u32, to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            if count > 0 {
                count -= 1;
                continue;
            }
            tokio::spawn(async move {
                let mut far = TcpStream::connect(to).await.unwrap();
                tokio::io::copy_bidirectional(&mut near, &mut far).await
            });
        }
    });
    address
}
