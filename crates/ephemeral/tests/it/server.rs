//! A Redis server of the test's own, which it may stop, freeze and start again.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use oruma_ephemeral::{SharedEphemeral, redis};
use secrecy::SecretString;
use tempfile::TempDir;

/// The variable that names a server to share instead.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests' own choice, nothing that a service reads"
)]
pub(crate) fn shared_url() -> Option<String> {
    std::env::var("TEST_REDIS_URL").ok()
}

pub(crate) struct Server {
    port: u16,
    folder: TempDir,
    options: &'static [&'static str],
    child: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(options: &'static [&'static str]) -> Self {
        // Another test may take the port between finding and using it.
        (0..10)
            .find_map(|_| {
                let mut server = Self::stopped_with(options);
                server.try_resume().then_some(server)
            })
            .expect("redis-server starts")
    }

    /// A server that has a port, but does not run yet.
    pub(crate) fn stopped() -> Self {
        Self::stopped_with(&[])
    }

    fn stopped_with(options: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            port: listener.local_addr().unwrap().port(),
            folder: tempfile::tempdir().unwrap(),
            options,
            child: None,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Starts it, on the port it has.
    pub(crate) fn resume(&mut self) {
        assert!(self.try_resume(), "redis-server starts");
    }

    fn try_resume(&mut self) -> bool {
        let mut child = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .args(self.options)
            .current_dir(self.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is installed");
        let mut log = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = log.any(|line| line.unwrap().contains("Ready to accept connections"));
        // The rest of its log is read away, so that it never waits for a reader.
        std::thread::spawn(move || log.for_each(drop));
        if ready {
            self.child = Some(child);
        } else {
            child.wait().unwrap();
        }
        ready
    }

    /// Ends it without a farewell, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Lets it keep its connections and do nothing, like a host that has dropped off the network.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) async fn connect(url: &str) -> SharedEphemeral {
    redis(&SecretString::from(url)).await.unwrap()
}
