//! From `main` to the last log line.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use oruma_telemetry::{LogFormat, Telemetry, TelemetryConfig};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{ConfigError, Env};

/// How long work under way may take after the signal to stop.
const SOFT_STOP: Duration = Duration::from_secs(20);
/// The commit that the program was built from, where whoever built it said so.
const REVISION: Option<&str> = option_env!("ORUMA_REVISION");

/// How the parts of a process are told to stop, and how it knows that they have.
#[derive(Clone, Default)]
pub struct Stop {
    token: CancellationToken,
    tasks: TaskTracker,
}

impl Stop {
    /// A stop that nobody has asked for yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when the process is to stop: take nothing new, finish what is under way.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Asks all parts to stop.
    pub fn ask(&self) {
        self.token.cancel();
    }

    /// Resolves when somebody asks the parts to stop.
    pub async fn asked(&self) {
        self.token.cancelled().await;
    }

    /// Runs a part. Its failure stops the whole process; a part that simply ends does not.
    pub fn spawn<E: std::fmt::Display>(
        &self,
        name: &'static str,
        part: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let token = self.token.clone();
        self.tasks.spawn(async move {
            if let Err(error) = part.await {
                tracing::error!(part = name, error = %error, "a part of the process failed");
                token.cancel();
            }
        });
    }

    /// Runs a part that can't fail, and that ends when the token is cancelled.
    pub fn spawn_job<F>(&self, job: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(job(self.token.clone()));
    }

    /// Waits until somebody asks, then until all parts have ended or their time is up.
    pub async fn finished(&self) {
        self.token.cancelled().await;
        self.tasks.close();
        if tokio::time::timeout(SOFT_STOP, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("stopping with work still under way");
        }
    }
}

/// What a process is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `serve`, or nothing: to do its work until it is stopped.
    Serve,
    /// `migrate`: to bring its database up to date.
    Migrate,
}

impl Command {
    fn parse(arguments: &[String]) -> Option<Self> {
        match arguments {
            [] => Some(Self::Serve),
            [one] if one == "serve" => Some(Self::Serve),
            [one] if one == "migrate" => Some(Self::Migrate),
            _ => None,
        }
    }
}

/// A process of the platform: its name in logs and traces, and its version.
#[derive(Debug, Clone, Copy)]
pub struct Process {
    /// `auth`, `gateway`, …: `service.name`.
    pub name: &'static str,
    /// `CARGO_PKG_VERSION` of its crate.
    pub version: &'static str,
}

impl Process {
    /// Runs `work` on a multi-threaded runtime with telemetry, until it ends or fails. SIGINT and SIGTERM ask `work`'s [`Stop`].
    ///
    /// An error at start is one line on standard error; exit code 2 for a wrong variable or argument, 1 for all else.
    #[expect(
        clippy::print_stdout,
        clippy::print_stderr,
        reason = "a command line answers whoever typed it"
    )]
    pub fn main<F>(self, work: impl FnOnce(Command, Env, Stop) -> F) -> ExitCode
    where
        F: Future<Output = anyhow::Result<()>>,
    {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        if arguments.iter().any(|argument| argument == "--version") {
            println!("{} {}", self.name, version_of(self.version));
            return ExitCode::SUCCESS;
        }
        let Some(command) = Command::parse(&arguments) else {
            eprintln!(
                "usage: {} [serve|migrate|--version]; settings come from the environment",
                self.name
            );
            return ExitCode::from(2);
        };
        let runtime = match tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
        {
            Ok(runtime) => runtime,
            Err(error) => return self.failed(&error.into()),
        };
        match runtime.block_on(self.run(command, work)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => self.failed(&error),
        }
    }

    async fn run<F>(
        self,
        command: Command,
        work: impl FnOnce(Command, Env, Stop) -> F,
    ) -> anyhow::Result<()>
    where
        F: Future<Output = anyhow::Result<()>>,
    {
        let env = Env::of_process();
        let telemetry = self.start_telemetry(&env)?;
        let stop = Stop::new();
        watch_signals(&stop)?;
        serve_metrics(&env, &stop).await?;
        let result = work(command, env, stop.clone()).await;
        stop.ask();
        stop.finished().await;
        telemetry.shutdown().await;
        result
    }

    fn start_telemetry(self, env: &Env) -> anyhow::Result<Telemetry> {
        let log_format: LogFormat = env
            .string("LOG_FORMAT", "json")?
            .parse()
            .map_err(|_| ConfigError::new("LOG_FORMAT", "is neither json nor text"))?;
        let endpoint = match env.optional("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")? {
            Some(endpoint) => Some(endpoint),
            None => env.optional("OTEL_EXPORTER_OTLP_ENDPOINT")?,
        };
        Ok(oruma_telemetry::init(TelemetryConfig {
            service_name: self.name,
            service_version: self.version,
            service_revision: revision(),
            log_level: env.string("LOG_LEVEL", "INFO")?,
            log_format,
            otlp_endpoint: endpoint,
            sample_ratio: env.number("OTEL_TRACES_SAMPLER_ARG", 1.0)?,
            prometheus: metrics_address(env)?,
        })?)
    }

    fn failed(self, error: &anyhow::Error) -> ExitCode {
        #[expect(
            clippy::print_stderr,
            reason = "the one line for whoever started the process"
        )]
        {
            eprintln!("{}: {error:#}", self.name);
        }
        ExitCode::from(if error.is::<ConfigError>() { 2 } else { 1 })
    }
}

/// The revision, where it is known: an image that is built without one has an empty one.
fn revision() -> Option<&'static str> {
    REVISION.filter(|revision| !revision.is_empty())
}

/// `0.1.0 (336d15a)`, or `0.1.0` where the revision is not known: what a program says of itself.
#[must_use]
pub fn version_of(version: &str) -> String {
    described(version, revision())
}

fn described(version: &str, revision: Option<&str>) -> String {
    match revision {
        Some(revision) => format!("{version} ({revision})"),
        None => version.to_owned(),
    }
}

fn watch_signals(stop: &Stop) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = stop.token();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("asked to stop");
        token.cancel();
    });
    Ok(())
}

/// `OTEL_EXPORTER_PROMETHEUS_HOST` (127.0.0.1) and `OTEL_EXPORTER_PROMETHEUS_PORT`: where the metrics page is, if anywhere.
fn metrics_address(env: &Env) -> Result<Option<SocketAddr>, ConfigError> {
    if !env.is_set("OTEL_EXPORTER_PROMETHEUS_PORT") {
        return Ok(None);
    }
    let port: u16 = env.number("OTEL_EXPORTER_PROMETHEUS_PORT", 9464)?;
    let host: IpAddr = env
        .string("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1")?
        .parse()
        .map_err(|_| ConfigError::new("OTEL_EXPORTER_PROMETHEUS_HOST", "is not an address"))?;
    Ok(Some((host, port).into()))
}

async fn serve_metrics(env: &Env, stop: &Stop) -> anyhow::Result<()> {
    let Some(address) = metrics_address(env)? else {
        return Ok(());
    };
    let (address, page) = oruma_telemetry::metrics::serve(address, stop.token())
        .await
        .map_err(|error| {
            ConfigError::new(
                "OTEL_EXPORTER_PROMETHEUS_PORT",
                format!("can't be used: {error}"),
            )
        })?;
    tracing::info!(%address, "metrics page is up");
    tokio::spawn(page);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_tells_its_revision_where_it_is_known() {
        assert_eq!(described("0.1.0", Some("336d15a")), "0.1.0 (336d15a)");
        assert_eq!(described("0.1.0", None), "0.1.0");
    }
}
