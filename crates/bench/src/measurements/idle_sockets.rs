//! What a socket costs on which nothing happens.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use tokio::process::Command;

use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::sockets::{Arrivals, Listener};

/// Opened at the same time.
const OPENED: usize = 100;
/// Sockets of one person: fewer than a gateway grants.
const EACH: usize = 5;
/// Files that a process has open beside its sockets, at the most.
const OTHER_FILES: usize = 2_000;
/// How long it is waited until what was needed to open them is given back.
const REST: Duration = Duration::from_secs(3);
/// A few sockets come first: what the process allocates once is not theirs.
const FIRST: usize = 200;

/// The memory of a gateway, before and after.
///
/// # Errors
/// When the limit of files is too low and can't be raised, or a socket is not opened.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let gateway = lab.deployment.gateway(0).id().context("it runs")?;
    for process in [gateway, std::process::id()] {
        raise_limit(process, effort.sockets + OTHER_FILES).await?;
    }
    let mut listeners = open(lab, 0..FIRST).await?;
    tokio::time::sleep(REST).await;
    let before = memory(gateway)?;
    listeners.extend(open(lab, FIRST..FIRST + effort.sockets).await?);
    tokio::time::sleep(REST).await;
    let after = memory(gateway)?;
    let usage = lab.usage();
    tokio::time::sleep(effort.run).await;
    let idle = lab.usage() - usage;
    drop(listeners);
    #[expect(clippy::cast_precision_loss, reason = "figures to look at")]
    let (each, share) = (
        after.saturating_sub(before) as f64 / effort.sockets as f64,
        idle.gateway.as_secs_f64() / effort.run.as_secs_f64() * 100.0,
    );
    Ok(vec![
        Figure::lower("memory of an idle socket", each, "KiB")
            .wanted(8.0)
            .note(format!(
                "{} sockets at one gateway, which grew from {before} to {after} KiB (PSS)",
                effort.sockets
            )),
        Figure::lower(
            "both gateways with so many idle sockets",
            share,
            "% of a processor",
        ),
    ])
}

async fn open(lab: &Lab, sockets: std::ops::Range<usize>) -> Result<Vec<Listener>> {
    let arrivals = Arc::new(Arrivals::default());
    let mut listeners = Vec::new();
    let all: Vec<usize> = sockets.collect();
    for some in all.chunks(OPENED) {
        let opening = some.iter().map(|nth| {
            let person = lab.person(u64::try_from(nth / EACH).unwrap_or_default());
            let arrivals = Arc::clone(&arrivals);
            async move {
                let token = &person?.token;
                Listener::open(lab.gateway(0), "/ws", token, ("nothing", arrivals)).await
            }
        });
        listeners.extend(try_join_all(opening).await?);
    }
    Ok(listeners)
}

/// Each socket is a file at both ends.
async fn raise_limit(process: u32, files: usize) -> Result<()> {
    let output = Command::new("prlimit")
        .args([format!("--pid={process}"), format!("--nofile={files}:")])
        .output()
        .await
        .context("prlimit of util-linux is needed")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "a process can't have {files} files: {said}"
    );
    Ok(())
}

/// The memory of a process, in KiB, with its share of what others have as well.
fn memory(process: u32) -> Result<u64> {
    let told = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = told.lines().find_map(|line| line.strip_prefix("Pss:"));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    Ok(number.context("the kernel tells no Pss")?.parse()?)
}
