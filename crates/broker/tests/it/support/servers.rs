//! Servers that the tests were given, or start themselves.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use oruma_service_runtime::Env;
use tokio::sync::OnceCell;

/// A folder with private servers. They end with this value, or with the process.
pub(crate) struct PrivateServers {
    folder: PathBuf,
    reaper: Child,
}

/// The database server.
pub(crate) async fn database_url() -> &'static str {
    static URL: OnceCell<String> = OnceCell::const_new();
    URL.get_or_init(|| given_or_started("TEST_DATABASE_URL", "postgres"))
        .await
}

/// The message server.
pub(crate) async fn rabbitmq_url() -> &'static str {
    static URL: OnceCell<String> = OnceCell::const_new();
    URL.get_or_init(|| given_or_started("TEST_RABBITMQ_URL", "rabbitmq"))
        .await
}

async fn given_or_started(variable: &str, name: &'static str) -> String {
    if let Some(url) = Env::of_process().optional(variable).unwrap() {
        return url;
    }
    let (servers, url) = PrivateServers::start(name).await;
    // They end with the process: nothing is dropped at its end, but its side of the reaper's pipe closes.
    std::mem::forget(servers);
    url
}

impl PrivateServers {
    /// Starts one server in a new folder, and returns its URL.
    pub(crate) async fn start(name: &str) -> (Self, String) {
        let folder = tempfile::tempdir().unwrap().keep();
        let servers = Self {
            reaper: reaper(&folder),
            folder,
        };
        let said = servers.script(&["start"], &["--fast", name]).await;
        let url = said.trim().split_once('=').unwrap().1.to_owned();
        (servers, url)
    }

    /// Ends the server as a crash would.
    pub(crate) async fn kill(&self, name: &str) {
        self.script(&["kill"], &[name]).await;
    }

    /// Starts it again, with its data, at the same address.
    pub(crate) async fn restart(&self, name: &str) {
        self.script(&["restart"], &[name]).await;
    }

    /// Whether RabbitMQ has the queue on disk. It writes its name down seconds after the first message, and when it is killed before
    /// that, it never finds the queue again.
    pub(crate) fn has_written_down(&self, queue: &str) -> bool {
        let nodes = self.folder.join("rabbitmq/data");
        let names = std::fs::read_dir(nodes)
            .unwrap()
            .flatten()
            .filter_map(|node| {
                let names = node
                    .path()
                    .join("quorum")
                    .join(node.file_name())
                    .join("names.dets");
                std::fs::read(names).ok()
            });
        // In Erlang's format, where the name ends something binary begins.
        let queue = format!("{queue}m").into_bytes();
        names
            .into_iter()
            .any(|names| names.windows(queue.len()).any(|part| part == queue))
    }

    async fn script(&self, before: &[&str], after: &[&str]) -> String {
        let output = tokio::process::Command::new(script())
            .args(before)
            .arg(&self.folder)
            .args(after)
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "scripts/servers: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for PrivateServers {
    fn drop(&mut self) {
        drop(self.reaper.stdin.take());
        let _ = self.reaper.wait();
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/servers")
}

/// A process that stops the folder's servers once nobody holds the other end of its input.
fn reaper(folder: &Path) -> Child {
    let mut command = Command::new("bash");
    command
        .args([
            "-c",
            "trap '' INT TERM; read -r _; \"$0\" stop \"$1\"; rm -rf \"$1\"",
        ])
        .arg(script())
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}
