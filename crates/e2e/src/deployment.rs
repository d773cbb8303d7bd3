//! The platform in either way to run, out of real processes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use oruma_test_kit::TestDatabase;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::reaper::{self, Mortal};
use crate::servers::{rabbitmq_corner, redis_corner};
use crate::{Client, Member, Process, free_port, tail};

/// What signs the access tokens of every deployment.
pub const JWT_SECRET: &str = "e2e-only-0123456789-abcdefghijklmnopqrstuvwxyz";
/// How the processes of every deployment know each other.
pub const INTERNAL_TOKEN: &str = "e2e-only-internal-0123456789-abcdefghijkl";

/// The services beside the gateway.
const SERVICES: [&str; 6] = [
    "auth",
    "events",
    "marketplace",
    "media",
    "messaging",
    "social",
];

/// A deployment to be.
pub struct Plan {
    is_distributed: bool,
    gateways: usize,
    variables: BTreeMap<String, String>,
    programs: Option<PathBuf>,
}

/// A running deployment. All of it ends with this value.
pub struct Deployment {
    gateways: Vec<Process>,
    /// The services beside the gateway, by their names; none in a standalone deployment.
    services: BTreeMap<&'static str, Process>,
    variables: BTreeMap<String, String>,
    programs: Option<PathBuf>,
    folder: TempDir,
    member: OnceCell<Member>,
    _database: Option<TestDatabase>,
}

// === impl Plan ===

impl Plan {
    fn new(is_distributed: bool) -> Self {
        let variables = [
            ("API_HOST", "127.0.0.1"),
            ("INTERNAL_GRPC_TOKEN", INTERNAL_TOKEN),
            ("JWT_SECRET_KEY", JWT_SECRET),
            ("PUBLIC_URL", "http://localhost:3333"),
            ("RATE_LIMIT_ENABLED", "false"),
        ];
        Self {
            is_distributed,
            gateways: 1,
            variables: variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            programs: None,
        }
    }

    /// With that many gateways; those of a standalone deployment are whole processes on the same database.
    #[must_use]
    pub fn gateways(mut self, gateways: usize) -> Self {
        self.gateways = gateways;
        self
    }

    /// With a variable for all its processes.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Of the binaries in that folder, such as those of another version.
    #[must_use]
    pub fn programs(mut self, folder: &Path) -> Self {
        self.programs = Some(folder.to_owned());
        self
    }

    /// Starts it, and waits until it is ready. Without `DATABASE_URL` it gets a database of its own; a distributed one gets its own corners
    /// of RabbitMQ and Redis without `RABBITMQ_URL` and `REDIS_URL`.
    ///
    /// # Panics
    /// When a process ends or is not ready in time.
    pub async fn start(self) -> Deployment {
        let deployment = self.prepare().await;
        deployment.migrate().await;
        deployment.processes().for_each(Process::start);
        for gateway in &deployment.gateways {
            gateway.ready().await;
        }
        deployment
    }

    /// The same without starting any process.
    pub async fn prepare(mut self) -> Deployment {
        let mut database = None;
        if !self.variables.contains_key("DATABASE_URL") {
            let created = TestDatabase::create_empty("auth").await;
            self = self.env("DATABASE_URL", created.url());
            database = Some(created);
        }
        if self.is_distributed {
            if !self.variables.contains_key("RABBITMQ_URL") {
                self = self.env("RABBITMQ_URL", &rabbitmq_corner().await);
            }
            if !self.variables.contains_key("REDIS_URL") {
                self = self.env("REDIS_URL", &redis_corner().await);
            }
        }
        let folder = tempfile::Builder::new().prefix("oruma-e2e-").tempdir();
        let folder = folder.expect("a folder is made");
        reaper::watch(Mortal::Folder(folder.path()));
        for (name, inside) in [("UPLOAD_DIR", "uploads"), ("MAIL_DIR", "mail")] {
            if !self.variables.contains_key(name) {
                let path = folder.path().join(inside);
                self = self.env(name, path.to_str().expect("a path of text"));
            }
        }
        let services = self.services(folder.path());
        let gateways = (1..=self.gateways)
            .map(|number| self.gateway(number, folder.path()))
            .collect();
        Deployment {
            gateways,
            services,
            variables: self.variables,
            programs: self.programs,
            folder,
            member: OnceCell::new(),
            _database: database,
        }
    }

    /// The services. Everybody is told where they are, unless a test has put something between.
    fn services(&mut self, folder: &Path) -> BTreeMap<&'static str, Process> {
        if !self.is_distributed {
            return BTreeMap::new();
        }
        let addresses = SERVICES.map(|name| (name, self.address_of(name)));
        for (name, address) in &addresses {
            let url = format!("{}_GRPC_URL", name.to_uppercase());
            let url = self.variables.entry(url);
            url.or_insert_with(|| format!("http://{address}"));
        }
        addresses
            .map(|(name, address)| {
                let mut variables = self.variables.clone();
                variables.extend(self.own_variables(name));
                variables.insert("GRPC_ADDR".to_owned(), address);
                let command = [&format!("oruma-{name}"), "serve"];
                let process = Process::new(name, &command, variables, folder);
                (name, of(self.programs.as_deref(), process))
            })
            .into()
    }

    /// Where a service listens: where a variable such as `GRPC_ADDR@auth` says, or anywhere.
    fn address_of(&self, service: &str) -> String {
        let chosen = self.variables.get(&format!("GRPC_ADDR@{service}"));
        chosen.map_or_else(|| format!("127.0.0.1:{}", free_port()), String::clone)
    }

    /// A variable such as `REDIS_URL@2` is for the second gateway only, one such as `LOG_LEVEL@auth` for that service.
    fn own_variables(&self, process: &str) -> Vec<(String, String)> {
        let own = format!("@{process}");
        let named = self.variables.iter().filter_map(|(variable, value)| {
            let variable = variable.strip_suffix(&own)?;
            Some((variable.to_owned(), value.clone()))
        });
        named.collect()
    }

    fn gateway(&self, number: usize, folder: &Path) -> Process {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let (name, command) = if self.is_distributed {
            ("gateway", ["oruma-gateway", "serve"])
        } else {
            ("oruma", ["oruma", "serve"])
        };
        let mut variables = self.variables.clone();
        variables.insert("API_PORT".to_owned(), address.port().to_string());
        variables.extend(self.own_variables(&number.to_string()));
        let process = Process::new(&format!("{name}-{number}"), &command, variables, folder);
        of(self.programs.as_deref(), process).at(address)
    }
}

/// The same process with a binary of that folder, if there is one.
fn of(programs: Option<&Path>, process: Process) -> Process {
    match programs {
        Some(folder) => process.of(folder),
        None => process,
    }
}

// === impl Deployment ===

impl Deployment {
    /// The whole platform in one process.
    #[must_use]
    pub fn standalone() -> Plan {
        Plan::new(false)
    }

    /// Each service in a process of its own, with RabbitMQ and Redis.
    #[must_use]
    pub fn distributed() -> Plan {
        Plan::new(true)
    }

    /// Brings the database up to date, as an installation does before it starts its services; the standalone binary does it by itself.
    ///
    /// # Panics
    /// When it fails.
    pub async fn migrate(&self) {
        for name in self.services.keys() {
            let command = [&format!("oruma-{name}"), "migrate"];
            let variables = self.variables.clone();
            let label = format!("{name}-migrate");
            let migration = Process::new(&label, &command, variables, self.folder.path());
            let migration = of(self.programs.as_deref(), migration);
            migration.start();
            let status = migration.end().await;
            assert!(
                status.success(),
                "the migration of {name} failed:\n{}",
                migration.log()
            );
        }
    }

    /// A client of all gateways.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.gateways.iter().map(Process::address).collect())
    }

    /// Somebody who has joined, for tests that only look.
    pub async fn member(&self) -> &Member {
        self.member
            .get_or_init(async || self.client().newcomer().await)
            .await
    }

    /// A gateway, or a whole standalone process.
    ///
    /// # Panics
    /// When there are not that many.
    #[must_use]
    pub fn gateway(&self, index: usize) -> &Process {
        self.gateways.get(index).expect("there are that many")
    }

    /// The process that has the auth service.
    #[must_use]
    pub fn auth(&self) -> &Process {
        self.service("auth")
    }

    /// The process that has a service.
    #[must_use]
    pub fn service(&self, name: &str) -> &Process {
        self.services.get(name).unwrap_or_else(|| self.gateway(0))
    }

    /// All processes, services first.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.services.values().chain(&self.gateways)
    }

    /// A variable that its processes see.
    ///
    /// # Panics
    /// When they don't.
    #[must_use]
    pub fn variable(&self, name: &str) -> &str {
        self.variables
            .get(name)
            .expect("a variable of the deployment")
    }

    /// The variables that all its processes see.
    #[must_use]
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// All that its processes have written.
    #[must_use]
    pub fn logs(&self) -> String {
        self.processes().map(Process::log).collect()
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        self.processes().for_each(Process::kill);
        if std::thread::panicking() {
            self.processes().for_each(|process| tail::show(process, 0));
        }
        // The folder removes itself.
        reaper::forget(Mortal::Folder(self.folder.path()));
    }
}
