//! Starting from nothing, and doing nothing.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::cpu;
use crate::effort::Effort;
use crate::figures::{Figure, milliseconds};
use crate::lab::Lab;

/// After a start, until everybody has nothing to do.
const QUIET: Duration = Duration::from_secs(5);
/// MiB that all processes may have together.
const MEMORY: f64 = 100.0;
/// Percent of a processor that they may take together.
const PROCESSOR: f64 = 0.5;

/// All processes from the start until the gateway is ready, which it is when all services are; then their memory and processor time while nobody asks
/// for anything, with one gateway.
///
/// # Errors
/// Never by itself.
///
/// # Panics
/// When a process does not start.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let processes: Vec<_> = lab
        .deployment
        .processes()
        .filter(|process| process.name() != "gateway-2")
        .collect();
    lab.deployment.gateway(1).kill();
    for process in &processes {
        process.terminate();
    }
    for process in &processes {
        process.end().await;
    }
    let begun = Instant::now();
    for process in &processes {
        process.start();
    }
    lab.deployment.gateway(0).ready().await;
    let started = begun.elapsed();

    tokio::time::sleep(QUIET).await;
    let ids: Vec<u32> = processes
        .iter()
        .filter_map(|process| process.id())
        .collect();
    let before = cpu::on_processor(&ids);
    let begun = Instant::now();
    tokio::time::sleep(effort.run).await;
    let busy = cpu::on_processor(&ids).saturating_sub(before);
    let share = busy.as_secs_f64() / begun.elapsed().as_secs_f64() * 100.0;
    let memory = cpu::memory(&ids);
    let largest = processes
        .iter()
        .filter_map(|process| Some((cpu::memory(&[process.id()?]), process.name())))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let note = largest.map_or_else(String::new, |(size, name)| {
        format!("the share of each process in its memory (PSS); the largest is {name} with {size:.1} MiB")
    });
    lab.deployment.gateway(1).start();
    lab.deployment.gateway(1).ready().await;
    Ok(vec![
        Figure::lower(
            "cold start of six services and a gateway",
            milliseconds(started),
            "ms",
        ),
        Figure::lower("memory of all of them when idle", memory, "MiB")
            .wanted(MEMORY)
            .note(note),
        Figure::lower(
            "processor time of all of them when idle",
            share,
            "% of a core",
        )
        .wanted(PROCESSOR),
    ])
}
