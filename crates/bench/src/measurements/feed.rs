//! Reading the feed: what it costs, and what it would cost with less between client and database.

use anyhow::{Result, ensure};

use crate::asking::Asking;
use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::rivals::Rival;
use crate::wire::{Ask, Wire};

/// The first page of one's university.
const FEED: &str = "/api/posts";
/// Stands in its statement alone.
const MARKER: &str = "FROM social.posts p WHERE p.university";

/// The feed at full speed, beside its SQL alone, an answer without any work, and one process that does the same.
///
/// # Errors
/// When nothing can be read, or a rival does not start.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let (workers, time) = (effort.workers, effort.run);
    let script = script(lab).await?;
    let ours = reads(lab, lab.wire());
    let _ = ours.at_full_speed(workers, effort.warm_up).await;
    let (read, usage) = lab.metered(ours.at_full_speed(workers, time)).await;
    ensure!(read.failed == 0, "{} reads failed", read.failed);
    let alone = lab.statements.run(&script, workers, time).await?;

    let page = lab.wire().ask(&read_by(lab, 0)?).await?.body;
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), &page)?;
    let rival = Rival::bare(file.path()).await?;
    let bare = reads(lab, Wire::to(&[rival.address]));
    let _ = bare.at_full_speed(workers, effort.warm_up).await;
    let bare = bare.at_full_speed(workers, time).await;
    drop(rival);

    let rival = Rival::ideal(lab.servers.url("DATABASE_URL")).await?;
    let ideal = reads(lab, Wire::to(&[rival.address]));
    let _ = ideal.at_full_speed(workers, effort.warm_up).await;
    let before = (rival.usage(), lab.usage().postgres);
    let ideal = ideal.at_full_speed(workers, time).await;
    let its_own = rival.usage().saturating_sub(before.0);
    let its_database = lab.usage().postgres.saturating_sub(before.1);
    drop(rival);
    ensure!(bare.failed + ideal.failed == 0, "a rival failed");

    let shares = usage.per(read.done.len());
    let cpu = shares.gateway + shares.service + shares.postgres;
    let ideal_cpu = micros_each(its_own + its_database, ideal.done.len());
    let note = format!("pages of {} bytes, {workers} readers at once", page.len());
    Ok(vec![
        Figure::higher("feed reads", read.rate(), "/s")
            .against("pgbench, same statement", alone)
            .cpu(shares)
            .times(&read)
            .note(note),
        Figure::higher("feed reads and a bare answer", read.rate(), "/s")
            .against("actix, token, same bytes", bare.rate()),
        Figure::higher("feed reads and an ideal process", read.rate(), "/s")
            .against("actix, token, same SQL and pool", ideal.rate())
            .wanted_ratio(0.75),
        Figure::lower("processor time of a read", cpu, "µs")
            .against("the ideal process and its database", ideal_cpu)
            .wanted(165.0)
            .note("gateway, service and database together"),
    ])
}

/// The feed of everybody in turn.
pub(super) fn reads(lab: &Lab, wire: Wire) -> Asking {
    let asks = lab
        .people
        .iter()
        .map(|member| Ask::get(FEED).by(&member.token));
    Asking::new(wire, asks)
}

fn read_by(lab: &Lab, number: u64) -> Result<Ask> {
    Ok(Ask::get(FEED).by(&lab.person(number)?.token))
}

/// The statement of a read, by anybody.
async fn script(lab: &Lab) -> Result<String> {
    let ask = read_by(lab, 0)?;
    let wire = lab.wire();
    let varied = [Lab::anybody_for(lab.person(0)?)];
    let request = async { drop(wire.ask(&ask).await) };
    lab.statements.script_of(MARKER, &varied, request).await
}

#[expect(clippy::cast_precision_loss, reason = "no run has that many")]
fn micros_each(time: std::time::Duration, pieces: u64) -> f64 {
    time.as_secs_f64() * 1_000_000.0 / pieces.max(1) as f64
}
