//! Servers that show what is possible: in a process of their own, on the same processors, asked by the same client.

mod bare;
mod ideal;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use anyhow::{Context, Result};
use clap::{Subcommand, ValueEnum};
use oruma_e2e::JWT_SECRET;
use oruma_service_runtime::{AccessTokenKey, Clock, Contract, SignedIn};
use secrecy::SecretString;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::cpu;

/// What this program does besides measuring.
#[derive(Subcommand)]
pub enum Other {
    /// Answers HTTP, to be compared with
    #[command(hide = true)]
    Serve {
        /// How
        kind: Kind,
        /// The body of its answers, or the URL of its database
        source: String,
    },
}

/// A server to be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Checks the token and answers with the same bytes each time.
    Bare,
    /// Checks the token, runs the SQL of the feed through a pool, and answers with the page: all in one process.
    Ideal,
}

/// A running one. It ends with this value.
pub struct Rival {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

// === impl Rival ===

impl Rival {
    /// The server whose answers have the bytes of that file.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn bare(body: &Path) -> Result<Self> {
        Self::start("bare", &body.to_string_lossy()).await
    }

    /// The server that reads the feed from that database.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn ideal(database: &str) -> Result<Self> {
        Self::start("ideal", database).await
    }

    async fn start(kind: &str, source: &str) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", kind, source])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = child.stdout.take().context("its output is kept")?;
        let told = BufReader::new(output).lines().next_line().await?;
        let address = told.context("it ended at once")?.parse()?;
        Ok(Self { child, address })
    }

    /// The processor time that it has taken so far.
    #[must_use]
    pub fn usage(&self) -> Duration {
        self.child.id().map_or(Duration::ZERO, cpu::of_process)
    }
}

/// Is one of them until it is killed.
///
/// # Errors
/// When it can't listen, or its source is none.
pub async fn serve(kind: Kind, source: &str) -> Result<()> {
    match kind {
        Kind::Bare => bare::serve(std::fs::read(source)?).await,
        Kind::Ideal => ideal::serve(source).await,
    }
}

/// Checks tokens as the gateway does, but for what was signed out.
#[derive(Clone)]
struct Guard {
    key: AccessTokenKey,
    clock: Clock,
}

impl Guard {
    fn new() -> Self {
        let secret = SecretString::from(JWT_SECRET);
        Self {
            key: AccessTokenKey::new(&secret, jsonwebtoken::Algorithm::HS256),
            clock: Clock::system(),
        }
    }

    fn admit(&self, request: &HttpRequest) -> Option<SignedIn> {
        let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
        let token = header.strip_prefix("Bearer ")?;
        let claims = self.key.read(token, Contract::Oruma, self.clock.now());
        claims.ok().map(|claims| claims.signed_in())
    }
}
