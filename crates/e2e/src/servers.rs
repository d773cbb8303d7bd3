//! PostgreSQL, Redis and RabbitMQ: a corner of those that the tests were given, or private ones.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

use oruma_service_runtime::{Env, Random};
use oruma_test_kit::{Server, server_url};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use url::Url;

use crate::reaper::{self, Mortal};

/// A Redis has this many unless it is told otherwise.
const REDIS_DATABASES: u8 = 16;

/// `scripts/servers`.
pub(crate) fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/servers")
}

/// The folder of the servers that the tests were given.
fn home() -> PathBuf {
    let home = Env::of_process()
        .optional("ORUMA_SERVERS_DIR")
        .expect("ORUMA_SERVERS_DIR is readable");
    home.map(PathBuf::from).expect(
        "ORUMA_SERVERS_DIR is not set: run the tests by ./scripts/test, which starts the servers",
    )
}

/// The URL of a RabbitMQ virtual host that nobody else has, so that deployments don't hear each other's events.
///
/// # Panics
/// When RabbitMQ is none that `scripts/servers` has started.
pub async fn rabbitmq_corner() -> String {
    let mut url: Url = server_url(Server::RabbitMq).parse().expect("a URL");
    let name = format!("e2e_{:016x}", u64::from_be_bytes(Random::system().bytes()));
    let user = url.username();
    let all = r#"<<".*">>"#;
    let erlang = format!(
        r#"ok = rabbit_vhost:add(<<"{name}">>, <<"{user}">>), ok = rabbit_auth_backend_internal:set_permissions(<<"{user}">>, <<"{name}">>, {all}, {all}, {all}, <<"{user}">>)."#
    );
    rabbitmqctl(&home(), &["eval", &erlang]).await;
    url.set_path(&name);
    url.into()
}

/// As `scripts/servers` starts it: a node and a name server of its own.
async fn rabbitmqctl(home: &Path, arguments: &[&str]) -> String {
    let port = std::fs::read_to_string(home.join("rabbitmq.port")).expect("the port of RabbitMQ");
    let port: u16 = port.trim().parse().expect("a port");
    // Debian's wrapper in PATH changes the user.
    let debian = Path::new("/usr/lib/rabbitmq/bin/rabbitmqctl");
    let program = if debian.exists() {
        debian
    } else {
        Path::new("rabbitmqctl")
    };
    let output = Command::new(program)
        .args(["-q", "-n", "oruma@localhost"])
        .args(arguments)
        .env("HOME", home.join("rabbitmq"))
        .env("ERL_EPMD_PORT", (port + 1).to_string())
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .stdin(Stdio::null())
        .output()
        .await
        .expect("rabbitmqctl starts");
    check("rabbitmqctl", &output);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An empty numbered database of the Redis. After sixteen they are used again: what is kept in them lasts for a minute.
pub(crate) async fn redis_corner() -> String {
    static NEXT: AtomicU8 = AtomicU8::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed) % REDIS_DATABASES;
    let mut url: Url = server_url(Server::Redis).parse().expect("a URL");
    url.set_path(&number.to_string());
    let host = url.host_str().expect("a host");
    let address = (host, url.port().unwrap_or(6379));
    let mut line = TcpStream::connect(address).await.expect("Redis answers");
    let orders = format!("SELECT {number}\r\nFLUSHDB\r\nQUIT\r\n");
    line.write_all(orders.as_bytes()).await.expect("it listens");
    let mut answer = String::new();
    line.read_to_string(&mut answer).await.expect("it answers");
    assert_eq!(answer, "+OK\r\n".repeat(3), "Redis refuses");
    url.into()
}

/// Servers of a test's own, which it may kill. They end with this value.
pub struct PrivateServers {
    folder: PathBuf,
    urls: Vec<(String, String)>,
}

// === impl PrivateServers ===

impl PrivateServers {
    /// Starts servers, each `postgres`, `redis` or `rabbitmq`.
    ///
    /// # Panics
    /// When one does not start.
    pub async fn start(names: &[&str]) -> Self {
        Self::start_below(&home(), &[&["--fast"], names].concat()).await
    }

    /// Starts servers that wait for the disk and ask for passwords, as those of an installation do, in a new folder below `home`.
    ///
    /// # Panics
    /// When one does not start.
    pub async fn start_durable(home: &Path, names: &[&str]) -> Self {
        Self::start_below(home, names).await
    }

    async fn start_below(home: &Path, arguments: &[&str]) -> Self {
        let folder = home.join(format!(
            "e2e-{:08x}",
            u32::from_be_bytes(Random::system().bytes())
        ));
        // PostgreSQL runs as another user, who must be able to come here.
        std::fs::DirBuilder::new()
            .mode(0o755)
            .create(&folder)
            .expect("a folder is made");
        reaper::watch(Mortal::Servers(&folder));
        let mut servers = Self {
            folder,
            urls: Vec::new(),
        };
        let said = servers.order("start", arguments).await;
        servers.urls = said
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(variable, url)| (variable.to_owned(), url.to_owned()))
            .collect();
        servers
    }

    /// Where they keep their data, logs and process ids.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// `DATABASE_URL`, `REDIS_URL` and `RABBITMQ_URL` of those that were started.
    #[must_use]
    pub fn urls(&self) -> &[(String, String)] {
        &self.urls
    }

    /// One of the URLs.
    ///
    /// # Panics
    /// When that server is not among them.
    #[must_use]
    pub fn url(&self, variable: &str) -> &str {
        let found = self.urls.iter().find(|(name, _)| name == variable);
        &found.expect("that server was started").1
    }

    /// `kill -9`.
    pub async fn kill(&self, name: &str) {
        self.order("kill", &[name]).await;
    }

    /// Starts it again, with its data, at the same address.
    pub async fn restart(&self, name: &str) {
        self.order("restart", &[name]).await;
    }

    /// The queues of RabbitMQ, and how many messages each has, those under way among them.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn queues(&self) -> Vec<(String, usize)> {
        let listing = ["list_queues", "--no-table-headers", "name", "messages"];
        let told = rabbitmqctl(&self.folder, &listing).await;
        let lines = told.lines().filter_map(|line| line.split_once('\t'));
        lines
            .filter_map(|(name, count)| Some((name.to_owned(), count.trim().parse().ok()?)))
            .collect()
    }

    async fn order(&self, order: &str, arguments: &[&str]) -> String {
        let output = Command::new(script())
            .arg(order)
            .arg(&self.folder)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .await
            .expect("scripts/servers starts");
        check("scripts/servers", &output);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for PrivateServers {
    fn drop(&mut self) {
        let stopped = std::process::Command::new(script())
            .arg("stop")
            .arg(&self.folder)
            .stdin(Stdio::null())
            .output();
        if stopped.is_ok_and(|output| output.status.success()) {
            // As root, the data of PostgreSQL may be elsewhere, behind a link.
            let database = self.folder.join("postgres");
            let _ = std::fs::canonicalize(database).map(std::fs::remove_dir_all);
            let _ = std::fs::remove_dir_all(&self.folder);
            reaper::forget(Mortal::Servers(&self.folder));
        }
    }
}

fn check(what: &str, output: &Output) {
    let errors = String::from_utf8_lossy(&output.stderr);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{what}: {errors}{said}");
}
