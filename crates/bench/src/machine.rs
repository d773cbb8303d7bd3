//! What the figures were made on.

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use oruma_e2e::program;
use serde::Serialize;
use tokio::process::Command;

use crate::figures::milliseconds;
use crate::lab::Lab;

/// Writes that are waited for, to know how long the disk takes.
const WRITES: usize = 100;
/// What PostgreSQL writes at the least.
const PAGE: [u8; 8_192] = [7; 8_192];

/// The machine and the servers on it.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// Processors that may be used.
    pub processors: usize,
    /// Their name.
    pub processor: String,
    /// In MiB.
    pub memory: u64,
    /// The kernel.
    pub kernel: String,
    /// How long one page takes to be on the disk, in milliseconds: the median.
    pub disk_sync: f64,
    /// How much else the machine had to do when it all began: its load average of a minute.
    pub load: String,
    /// How the programs were built: the name of cargo's folder.
    pub build: String,
    /// PostgreSQL.
    pub postgres: String,
    /// RabbitMQ.
    pub rabbitmq: String,
    /// Redis.
    pub redis: String,
}

impl Machine {
    /// Looks at it. What can't be found out is empty.
    pub async fn look(lab: &Lab) -> Self {
        let gateway = program("oruma-gateway");
        let build = gateway.parent().and_then(Path::file_name);
        Self {
            processors: std::thread::available_parallelism().map_or(0, usize::from),
            processor: line_of("/proc/cpuinfo", "model name"),
            memory: line_of("/proc/meminfo", "MemTotal")
                .split(' ')
                .next()
                .and_then(|kibibytes| kibibytes.parse::<u64>().ok())
                .map_or(0, |kibibytes| kibibytes / 1_024),
            kernel: text_of("/proc/sys/kernel/osrelease"),
            disk_sync: disk_sync(lab.servers.folder()).map_or(f64::NAN, milliseconds),
            load: text_of("/proc/loadavg")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
            build: build
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            postgres: said("psql", &["--version"]).await,
            rabbitmq: said("dpkg-query", &["-W", "-f", "${Version}", "rabbitmq-server"]).await,
            redis: said("redis-server", &["--version"]).await,
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} processors ({}), {} MiB, Linux {}, {:.2} ms for a page to be on the disk; PostgreSQL {}, RabbitMQ {}, Redis {}; \
             programs of cargo's profile `{}`; load average at the start {}",
            self.processors,
            self.processor,
            self.memory,
            self.kernel,
            self.disk_sync,
            self.postgres,
            self.rabbitmq,
            self.redis,
            self.build,
            self.load
        )
    }
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// What stands behind a name and a colon.
fn line_of(path: &str, name: &str) -> String {
    let text = text_of(path);
    let line = text.lines().find(|line| line.starts_with(name));
    let value = line.and_then(|line| line.split_once(':'));
    value
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}

fn disk_sync(folder: &Path) -> std::io::Result<Duration> {
    let mut file = tempfile::tempfile_in(folder)?;
    let mut took = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let begun = Instant::now();
        file.write_all(&PAGE)?;
        file.sync_data()?;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    Ok(took.get(WRITES / 2).copied().unwrap_or_default())
}

/// The first number with a dot that a program tells of itself.
async fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().await;
    let said = output.map(|output| output.stdout).unwrap_or_default();
    version(&String::from_utf8_lossy(&said)).to_owned()
}

fn version(said: &str) -> &str {
    let words = said.split([' ', '=', '-', '\n']);
    let mut numbers = words.filter(|word| {
        word.starts_with(|letter: char| letter.is_ascii_digit()) && word.contains('.')
    });
    numbers.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        assert_eq!(
            version("psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            "15.18"
        );
        assert_eq!(
            version("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0\n"),
            "7.0.15"
        );
        assert_eq!(version("3.10.8-1.1"), "3.10.8");
        assert_eq!(version(""), "");
    }
}
