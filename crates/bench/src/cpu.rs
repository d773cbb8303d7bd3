//! The processor time that processes take, as the kernel counts it.

use std::ops::Sub;
use std::time::Duration;

use serde::Serialize;

/// Ticks in a second; Linux has had no other value on any machine that this runs on.
const TICKS: u64 = 100;

/// Processor time by kind of process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// The gateways.
    pub gateway: Duration,
    /// The services behind them.
    pub service: Duration,
    /// PostgreSQL with all its processes.
    pub postgres: Duration,
    /// RabbitMQ.
    pub broker: Duration,
    /// Redis.
    pub redis: Duration,
    /// This process, which makes the load.
    pub generator: Duration,
}

/// Processor time of one piece of work by kind of process, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shares {
    /// The gateways.
    pub gateway: f64,
    /// The services behind them.
    pub service: f64,
    /// PostgreSQL with all its processes.
    pub postgres: f64,
    /// RabbitMQ.
    pub broker: f64,
    /// Redis.
    pub redis: f64,
    /// The process that makes the load.
    pub generator: f64,
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            gateway: self.gateway.saturating_sub(before.gateway),
            service: self.service.saturating_sub(before.service),
            postgres: self.postgres.saturating_sub(before.postgres),
            broker: self.broker.saturating_sub(before.broker),
            redis: self.redis.saturating_sub(before.redis),
            generator: self.generator.saturating_sub(before.generator),
        }
    }
}

impl Usage {
    /// Of one of so many pieces of work.
    #[must_use]
    pub fn per(self, pieces: u64) -> Shares {
        #[expect(clippy::cast_precision_loss, reason = "no run has that many")]
        let pieces = pieces.max(1) as f64;
        let share = |time: Duration| time.as_secs_f64() * 1_000_000.0 / pieces;
        Shares {
            gateway: share(self.gateway),
            service: share(self.service),
            postgres: share(self.postgres),
            broker: share(self.broker),
            redis: share(self.redis),
            generator: share(self.generator),
        }
    }
}

impl Shares {
    /// Of the platform, without the process that makes the load.
    #[must_use]
    pub fn platform(&self) -> f64 {
        self.gateway + self.service + self.postgres + self.broker + self.redis
    }
}

/// The processor time of a process with all its threads, and of children that have ended; nothing where there is no such process.
#[must_use]
pub fn of_process(id: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    parse(&stat).unwrap_or_default()
}

/// The processor time of some processes together.
#[must_use]
pub fn of_processes(ids: impl IntoIterator<Item = u32>) -> Duration {
    ids.into_iter().map(of_process).sum()
}

/// The processor time of the threads that some processes have now, exact to less than a microsecond.
#[must_use]
pub fn on_processor(ids: &[u32]) -> Duration {
    let mut nanos = 0;
    for id in ids {
        let threads = std::fs::read_dir(format!("/proc/{id}/task"));
        for thread in threads.into_iter().flatten().flatten() {
            let told = std::fs::read_to_string(thread.path().join("schedstat"));
            nanos += told.ok().and_then(|told| first_number(&told)).unwrap_or(0);
        }
    }
    Duration::from_nanos(nanos)
}

/// The memory of some processes in MiB, with their share of what several have together (PSS).
#[must_use]
pub fn memory(ids: &[u32]) -> f64 {
    let mut kibibytes = 0;
    for id in ids {
        let told = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
        let share = told.lines().find_map(|line| line.strip_prefix("Pss:"));
        kibibytes += share.and_then(first_number).unwrap_or(0);
    }
    #[expect(clippy::cast_precision_loss, reason = "no machine has that much")]
    let kibibytes = kibibytes as f64;
    kibibytes / 1_024.0
}

fn first_number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

/// The processes below one, such as those that a server has for its connections, and itself.
#[must_use]
pub fn with_children(id: u32) -> Vec<u32> {
    let mut found = vec![id];
    let mut seen = 0;
    while let Some(parent) = found.get(seen).copied() {
        seen += 1;
        let path = format!("/proc/{parent}/task/{parent}/children");
        let children = std::fs::read_to_string(path).unwrap_or_default();
        found.extend(
            children
                .split_whitespace()
                .filter_map(|id| id.parse::<u32>().ok()),
        );
    }
    found
}

/// The name may have spaces and brackets, so what counts begins behind the last one.
fn parse(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    // state is the third field of all: user, system, and those of children follow eleven behind it.
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(4)
        .map(|field| field.parse().unwrap_or(0))
        .sum();
    Some(Duration::from_millis(ticks * 1_000 / TICKS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_read() {
        let line = "42 (a b) c) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 7 3 20 0 1 0 5 6";
        assert_eq!(parse(line), Some(Duration::from_millis(2_100)));
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_difference_is_shared_among_the_pieces_of_work() {
        let before = Usage {
            gateway: Duration::from_millis(500),
            ..Usage::default()
        };
        let after = Usage {
            gateway: Duration::from_millis(600),
            postgres: Duration::from_millis(50),
            generator: Duration::from_secs(1),
            ..Usage::default()
        };
        let shares = (after - before).per(1_000);
        assert!((shares.gateway - 100.0).abs() < 1e-9, "{shares:?}");
        assert!((shares.platform() - 150.0).abs() < 1e-9, "{shares:?}");
    }

    #[test]
    fn this_process_has_memory_and_takes_time() {
        let own = [std::process::id()];
        assert!(memory(&own) > 0.5, "{}", memory(&own));
        assert!(on_processor(&own) > Duration::ZERO);
        assert_eq!(first_number("  12 kB"), Some(12));
    }

    #[test]
    fn this_process_is_among_its_own() {
        assert!(with_children(std::process::id()).contains(&std::process::id()));
    }
}
