//! Where measurements are made: servers, processes, people and what they have written.

mod seeding;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use oruma_e2e::{Deployment, JWT_SECRET, Member, PrivateServers, Process};
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use crate::cpu::{self, Usage};
use crate::load::Measured;
use crate::statements::{Server, Varied};
use crate::wire::Wire;

/// Where the servers have their folders unless another place is named: beside those of the run script.
pub const FOLDER: &str = ".local/bench";
/// How long events may take to be gone after a measurement.
const SETTLED: Duration = Duration::from_secs(120);
/// Every service has this table in its schema.
const SCHEMAS: [&str; 6] = [
    "auth",
    "events",
    "marketplace",
    "media",
    "messaging",
    "social",
];

/// Where the ids of people have this digit, others have another.
const PERSON: char = 'a';
const POST: char = 'c';

/// A distributed deployment with two gateways, on servers of its own that wait for the disk. All of it ends with this value.
pub struct Lab {
    /// The processes.
    pub deployment: Deployment,
    /// People who have joined, with tokens. They share one password, [`Lab::PASSWORD`].
    pub people: Vec<Member>,
    /// PostgreSQL, with its log.
    pub statements: Server,
    /// PostgreSQL, RabbitMQ and Redis.
    pub servers: PrivateServers,
}

impl Lab {
    /// What everybody signs in with.
    pub const PASSWORD: &str = "Analytical-Engine-1";
    /// The university of everybody.
    pub const UNIVERSITY: &str = "Massachusetts Institute of Technology";
    /// Posts that are there at first.
    pub const POSTS: u64 = 10_000;
    /// People that are there at first.
    pub const PEOPLE: u64 = 2_000;

    /// Starts everything below a folder, and fills it.
    ///
    /// # Errors
    /// When the database can't be filled.
    ///
    /// # Panics
    /// When a server or a process does not start.
    pub async fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let folder = std::fs::canonicalize(folder)?;
        let servers =
            PrivateServers::start_durable(&folder, &["postgres", "redis", "rabbitmq"]).await;
        let mut plan = Deployment::distributed().gateways(2);
        for (variable, url) in servers.urls() {
            plan = plan.env(variable, url);
        }
        // What is logged of each request belongs to what a request costs.
        let deployment = plan.start().await;
        let mut lab = Self {
            statements: Server::new(
                servers.url("DATABASE_URL"),
                &servers.folder().join("postgres/log"),
            ),
            people: Vec::new(),
            deployment,
            servers,
        };
        lab.people = seeding::people(&lab, Self::PEOPLE).await?;
        lab.write_posts(1, Self::POSTS).await?;
        Ok(lab)
    }

    /// Writes the posts with these numbers straight into the database. The first is the newest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn write_posts(&self, first: u64, last: u64) -> Result<()> {
        seeding::posts(&self.statements, first, last).await
    }

    /// The id of a post that was written like this.
    ///
    /// # Errors
    /// When the number is none of a post.
    pub fn post(&self, number: u64) -> Result<Uuid> {
        seeding::uuid(1 + number % Self::POSTS, POST).context("no number of a post")
    }

    /// Any post instead of that one.
    #[must_use]
    pub fn any_post_for(id: Uuid) -> Varied {
        Varied {
            value: id.to_string(),
            most: Self::POSTS,
            expression: |number| seeding::made_of(number, POST),
        }
    }

    /// Any person instead of that one.
    #[must_use]
    pub fn anybody_for(member: &Member) -> Varied {
        Varied {
            value: member.id.clone(),
            most: Self::PEOPLE,
            expression: |number| seeding::made_of(number, PERSON),
        }
    }

    /// A database with the tables of social and its first posts, on the same PostgreSQL: for work that must not be seen by the deployment.
    ///
    /// # Errors
    /// When PostgreSQL refuses it.
    ///
    /// # Panics
    /// When the migration does not end.
    pub async fn second_database(&self) -> Result<Server> {
        let server = self.database_beside("social").await?;
        seeding::posts(&server, 1, Self::POSTS).await?;
        Ok(server)
    }

    /// A database with the empty tables of one service, on the same PostgreSQL: for work that must not be seen by the deployment.
    ///
    /// # Errors
    /// When PostgreSQL refuses it.
    ///
    /// # Panics
    /// When the migration does not end.
    pub async fn database_beside(&self, service: &str) -> Result<Server> {
        let name = "limit";
        self.sql("DROP DATABASE IF EXISTS \"limit\"").await?;
        self.sql("CREATE DATABASE \"limit\"").await?;
        let mut url: Url = self.servers.url("DATABASE_URL").parse()?;
        url.set_path(name);
        let mut variables = self.deployment.variables().clone();
        variables.insert("DATABASE_URL".to_owned(), url.to_string());
        let migration = Process::new(
            name,
            &[&format!("oruma-{service}"), "migrate"],
            variables,
            self.servers.folder(),
        );
        migration.start();
        let status = migration.end().await;
        if !status.success() {
            bail!("the migration failed: {}", migration.log());
        }
        let log = self.servers.folder().join("postgres/log");
        Ok(Server::new(url.as_str(), &log))
    }

    /// One of the people, by any number.
    ///
    /// # Errors
    /// When there is nobody.
    pub fn person(&self, number: u64) -> Result<&Member> {
        let place = usize::try_from(number)? % self.people.len().max(1);
        self.people.get(place).context("nobody is here")
    }

    /// Where a gateway listens.
    #[must_use]
    pub fn gateway(&self, index: usize) -> SocketAddr {
        self.deployment.gateway(index).address()
    }

    /// A client of the first gateway.
    #[must_use]
    pub fn wire(&self) -> Wire {
        Wire::to(&[self.gateway(0)])
    }

    /// Has PostgreSQL run some statements.
    ///
    /// # Errors
    /// When one fails.
    pub async fn sql(&self, statements: &str) -> Result<()> {
        self.statements.sql(statements).await
    }

    /// The number that a statement asks for.
    ///
    /// # Errors
    /// When it fails, or its answer is not one `bigint`.
    pub async fn count(&self, statement: &str) -> Result<i64> {
        self.statements.count(statement).await
    }

    /// Waits until no service has an event that is still to be published, so that the next measurement does not pay for the last.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn settle(&self) -> Result<()> {
        let waiting = SCHEMAS.map(|schema| format!("(SELECT count(*) FROM {schema}.outbox)"));
        let statement = format!("SELECT {}", waiting.join(" + "));
        let end = Instant::now() + SETTLED;
        loop {
            let left = self.count(&statement).await?;
            if left == 0 {
                return Ok(());
            }
            if Instant::now() > end {
                bail!("{left} events are still to be published");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The processor time that everything has taken so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let (mut gateway, mut service) = (Duration::ZERO, Duration::ZERO);
        for process in self.deployment.processes() {
            let Some(id) = process.id() else { continue };
            let is_gateway = process.name().starts_with("gateway");
            *(if is_gateway {
                &mut gateway
            } else {
                &mut service
            }) += cpu::of_process(id);
        }
        Usage {
            gateway,
            service,
            postgres: self.of_server("postgres/data/postmaster.pid"),
            broker: self.of_server("rabbitmq/pid"),
            redis: self.of_server("redis/pid"),
            generator: cpu::of_process(std::process::id()),
        }
    }

    /// Has something done, and tells the processor time that it took beside what it has shown.
    pub async fn metered(&self, work: impl Future<Output = Measured>) -> (Measured, Usage) {
        let before = self.usage();
        let measured = work.await;
        (measured, self.usage() - before)
    }

    fn of_server(&self, pid_file: &str) -> Duration {
        let told = std::fs::read_to_string(self.servers.folder().join(pid_file));
        let id = told
            .ok()
            .and_then(|told| told.lines().next()?.trim().parse().ok());
        id.map_or(Duration::ZERO, |id| {
            cpu::of_processes(cpu::with_children(id))
        })
    }
}

/// What signs tokens.
fn secret() -> secrecy::SecretString {
    secrecy::SecretString::from(JWT_SECRET)
}
