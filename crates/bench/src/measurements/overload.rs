//! More than can be done.

use anyhow::Result;

use super::feed;
use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::load::Measured;

/// In times of what fits.
const TOO_MUCH: f64 = 3.0;

/// The feed at full speed, and then asked for three times as often: how much is still done.
///
/// # Errors
/// Never by itself.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let reading = feed::reads(lab, lab.wire());
    let _ = reading.at_full_speed(effort.workers, effort.warm_up).await;
    let best = reading.at_full_speed(effort.workers, effort.run).await;
    let (flooded, usage) = lab
        .metered(reading.at_rate(best.rate() * TOO_MUCH, effort.run))
        .await;
    let after = reading.at_full_speed(effort.workers, effort.warm_up).await;
    Ok(vec![
        Figure::higher(
            "feed reads done when three times as many come",
            flooded.rate(),
            "/s",
        )
        .against("best", best.rate())
        .wanted_ratio(0.9)
        .cpu(usage.per(flooded.done.len()))
        .times(&flooded)
        .note(told(&flooded)),
        Figure::higher("feed reads right after", after.rate(), "/s").against("best", best.rate()),
    ])
}

fn told(flooded: &Measured) -> String {
    format!(
        "{} done, {} refused within {:?} (p99), {} failed; times count from when each was due",
        flooded.done.len(),
        flooded.refused.len(),
        flooded.refused_at(0.99),
        flooded.failed
    )
}
