//! `verify`: whether stored numbers are those of the rows that they count, and copies those of their sources.

mod check;
mod counters;
mod projections;
mod traces;
mod verdict;

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, sleep};

use crate::installation::{Installation, Service};
use crate::output::Output;
use check::{Check, Finding};
use verdict::{Report, Waiting};

/// Pause between two looks at the same rows.
const PAUSE: Duration = Duration::from_millis(500);

/// Compare counters with the rows that they count, and copies with their sources
///
/// Looks at every counter (likes, comments, saves, views, registrations, members, replies, reactions, files, reviews), at every copy that a service keeps of
/// another's data, and for what is left of people whose account has ended. Can be used while everything runs: what differs is looked at again until it
/// agrees, and only what still differs after --patience, with no event under way that could mend it, is called a deviation.
///
/// Ends with 0 when all agrees, 1 when something deviates, 2 when it could not be looked at, or events are still under way that may mend what differs.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// Only what this service stores
    #[arg(long, value_name = "NAME")]
    service: Option<Service>,
    /// For how many seconds what differs is looked at again
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    patience: u64,
}

/// Looks, and tells what deviates.
///
/// # Errors
/// When a database can't be read.
pub(crate) async fn run(
    installation: &Installation,
    output: Output,
    asked: &VerifyArguments,
) -> anyhow::Result<u8> {
    let checks = check::all(asked.service);
    let mut suspects: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
    let mut report = Report::default();
    for (nth, check) in checks.iter().enumerate() {
        let survey = check.survey(installation).await?;
        report.looked(check, survey.rows);
        if !survey.findings.is_empty() {
            suspects.insert(nth, survey.findings);
        }
    }
    // Whatever is told from here on is no excuse.
    let waiting = Waiting::of(installation).await?;
    let patience = Duration::from_secs(asked.patience);
    look_again(installation, &checks, &mut suspects, patience).await?;
    for (check, findings) in judged(&checks, suspects) {
        let under_way = waiting.for_check(check).await?;
        report.judge(check, findings, under_way);
    }
    report.conclude();
    output.answer(&report, Report::text)?;
    Ok(report.exit_code())
}

/// Looks again and again at what differs, until nothing does or the patience is at its end.
async fn look_again(
    installation: &Installation,
    checks: &[Check],
    suspects: &mut BTreeMap<usize, Vec<Finding>>,
    patience: Duration,
) -> anyhow::Result<()> {
    let end = Instant::now() + patience;
    loop {
        // A number and its rows are read at one moment: two looks are enough.
        let only_counters = suspects
            .keys()
            .all(|nth| matches!(checks.get(*nth), Some(Check::Counter(..))));
        for (nth, findings) in suspects.iter_mut() {
            if let Some(check) = checks.get(*nth) {
                *findings = check.again(installation, findings).await?;
            }
        }
        suspects.retain(|_, findings| !findings.is_empty());
        if suspects.is_empty() || only_counters || Instant::now() >= end {
            return Ok(());
        }
        sleep(PAUSE.min(end - Instant::now())).await;
    }
}

fn judged(
    checks: &[Check],
    suspects: BTreeMap<usize, Vec<Finding>>,
) -> impl Iterator<Item = (&Check, Vec<Finding>)> {
    suspects
        .into_iter()
        .filter_map(|(nth, findings)| Some((checks.get(nth)?, findings)))
}
