//! An S3 server for one test.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

/// The id of the key that it knows.
pub const S3_KEY_ID: &str = "the-key-id-of-the-tests";
/// The secret of that key.
pub const S3_SECRET: &str = "the-secret-of-the-tests";

/// `s3s-fs` on a free port, with a bucket. It ends with this value.
pub struct S3Server {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
    bucket: String,
}

impl S3Server {
    /// Starts one with an empty bucket.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(bucket: &str) -> Self {
        // Another test may take the port before the server does.
        for _ in 0..10 {
            if let Some(server) = Self::try_start(bucket).await {
                return server;
            }
        }
        panic!("the S3 server does not start");
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The keys of all objects of the bucket.
    ///
    /// # Panics
    /// When its folder can't be read.
    #[must_use]
    pub fn objects(&self) -> Vec<String> {
        let bucket = self.folder.path().join(&self.bucket);
        let mut keys = Vec::new();
        find_files(&bucket, &bucket, &mut keys);
        keys
    }

    /// The parts of uploads that are not complete.
    ///
    /// # Panics
    /// When its folder can't be read.
    #[must_use]
    pub fn parts(&self) -> Vec<String> {
        let mut files = Vec::new();
        find_files(self.folder.path(), self.folder.path(), &mut files);
        files.retain(|file| file.contains(".part-"));
        files
    }

    async fn try_start(bucket: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("it is set up");
        std::fs::create_dir(folder.path().join(bucket)).expect("it is set up");
        let address = free_address().await;
        let process = Command::new(program())
            .args(["--host", "127.0.0.1", "--port"])
            .arg(address.port().to_string())
            .args(["--access-key", S3_KEY_ID, "--secret-key", S3_SECRET])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("s3s-fs starts");
        let mut server = Self {
            process,
            address,
            folder,
            bucket: bucket.to_owned(),
        };
        for _ in 0..1_000 {
            if server.process.try_wait().expect("it is set up").is_some() {
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

fn find_files(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find_files(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("it is below");
            files.push(name.to_string_lossy().into_owned());
        }
    }
}

async fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("it is set up");
    listener.local_addr().expect("it is set up")
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
