//! An S3 server of one test.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

pub(crate) const KEY_ID: &str = "the-key-id-of-the-tests";
pub(crate) const SECRET: &str = "the-secret-of-the-tests";

/// `s3s-fs` on a free port, with a bucket. It ends with this value.
pub(crate) struct S3Server {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl S3Server {
    pub(crate) async fn start(bucket: &str) -> Self {
        // Another test may take the port before the server does.
        for _ in 0..10 {
            if let Some(server) = Self::try_start(bucket).await {
                return server;
            }
        }
        panic!("the S3 server does not start");
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn try_start(bucket: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(bucket)).unwrap();
        let address = free_address().await;
        let process = Command::new(program())
            .args(["--host", "127.0.0.1", "--port"])
            .arg(address.port().to_string())
            .args(["--access-key", KEY_ID, "--secret-key", SECRET])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("s3s-fs starts");
        let mut server = Self {
            process,
            address,
            _folder: folder,
        };
        for _ in 0..1_000 {
            if server.process.try_wait().unwrap().is_some() {
                return None;
            }
            if TcpStream::connect(address).await.is_ok() {
                return Some(server);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        None
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

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

async fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests have no configuration to read it through"
)]
fn program() -> String {
    std::env::var("TEST_S3_SERVER").expect(
        "TEST_S3_SERVER is not set: run the tests by ./scripts/test, which installs the server",
    )
}
