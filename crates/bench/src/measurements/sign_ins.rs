//! Signing in, and what a storm of it does to everybody else.

use anyhow::{Result, ensure};

use super::registrations::AT_ONCE;
use super::{feed, passwords};
use crate::asking::Asking;
use crate::effort::Effort;
use crate::figures::{Figure, milliseconds};
use crate::lab::Lab;
use crate::wire::Ask;

/// Feed reads a second beside the storm: what a busy community has, and far from what the machine can do.
const READS: f64 = 200.0;
/// The storm, in times of what bcrypt can do.
const STORM: f64 = 5.0;
/// Longer than the queue of passwords lasts.
const LONGER: u32 = 2;

/// Sign-ins at full speed beside bcrypt alone; then feed reads at a steady rate, quiet and in a storm of sign-ins.
///
/// # Errors
/// When nobody can sign in or read.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let alone = passwords::alone(effort.run)?;
    let signing_in = sign_ins(lab);
    let (signed_in, usage) = lab
        .metered(signing_in.at_full_speed(AT_ONCE, effort.run))
        .await;
    ensure!(
        signed_in.failed == 0,
        "{} sign-ins failed",
        signed_in.failed
    );

    let time = effort.run * LONGER;
    let reading = feed::reads(lab, lab.wire());
    let _ = reading.at_rate(READS, effort.warm_up).await;
    let quiet = reading.at_rate(READS, time).await;
    let (stormy, storm) = tokio::join!(
        reading.at_rate(READS, time),
        signing_in.at_rate(alone * STORM, time)
    );
    ensure!(
        quiet.failed + stormy.failed + storm.failed == 0,
        "something failed"
    );
    let seen = format!(
        "{READS} reads a second; {:.0} sign-ins a second came, {} were done, {} refused",
        alone * STORM,
        storm.done.len(),
        storm.refused.len()
    );
    Ok(vec![
        Figure::higher("sign-ins", signed_in.rate(), "/s")
            .against("bcrypt alone on all processors", alone)
            .cpu(usage.per(signed_in.done.len()))
            .times(&signed_in)
            .note(format!("{AT_ONCE} at once")),
        Figure::time("feed p99 in a storm of sign-ins", stormy.at(0.99))
            .against("quiet", milliseconds(quiet.at(0.99)))
            .wanted_ratio(2.0)
            .times(&stormy)
            .note(seen),
        Figure::time("feed p50 in a storm of sign-ins", stormy.at(0.5))
            .against("quiet", milliseconds(quiet.at(0.5))),
        Figure::time("sign-ins refused within, p99", storm.refused_at(0.99)).wanted(50.0),
    ])
}

fn sign_ins(lab: &Lab) -> Asking {
    let asks = lab
        .people
        .iter()
        .map(|member| Ask::post("/api/auth/login", &member.person.credentials()));
    Asking::new(lab.wire(), asks)
}
