//! What the processes wrote while a test failed.

use crate::{Deployment, Process};

/// Lines of each process that are shown at the most.
const LINES: usize = 80;

/// Shows what each process has written since this value was made, if it is dropped by a panic.
pub struct Tail<'a>(Vec<(&'a Process, usize)>);

// === impl Tail ===

impl<'a> Tail<'a> {
    /// Remembers where the logs end now.
    #[must_use]
    pub fn of(deployment: &'a Deployment) -> Self {
        let processes = deployment.processes();
        Self(
            processes
                .map(|process| (process, process.log().len()))
                .collect(),
        )
    }
}

impl Drop for Tail<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for (process, from) in &self.0 {
            show(process, *from);
        }
    }
}

/// Shows the end of a process's log.
#[expect(
    clippy::print_stderr,
    reason = "the harness of the tests shows it with the failure"
)]
pub(crate) fn show(process: &Process, from: usize) {
    let log = process.log();
    let lines: Vec<&str> = log.get(from..).unwrap_or(&log).lines().collect();
    let skipped = lines.len().saturating_sub(LINES);
    eprintln!("--- {} ({skipped} lines before)", process.name());
    lines
        .iter()
        .skip(skipped)
        .for_each(|line| eprintln!("{line}"));
}
