//! Two gateways instead of one.

use anyhow::{Result, ensure};

use super::feed;
use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::wire::Wire;

/// The feed at full speed through one gateway, and through two.
///
/// # Errors
/// When nothing can be read.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let one = feed::reads(lab, lab.wire());
    let two = feed::reads(lab, Wire::to(&[lab.gateway(0), lab.gateway(1)]));
    let _ = one.at_full_speed(effort.workers, effort.warm_up).await;
    let _ = two.at_full_speed(effort.workers, effort.warm_up).await;
    let (alone, _) = lab
        .metered(one.at_full_speed(effort.workers, effort.run))
        .await;
    let (both, usage) = lab
        .metered(two.at_full_speed(effort.workers, effort.run))
        .await;
    ensure!(alone.failed + both.failed == 0, "reads failed");
    Ok(vec![
        Figure::higher("feed reads through two gateways", both.rate(), "/s")
            .against("through one", alone.rate())
            .cpu(usage.per(both.done.len()))
            .times(&both)
            .note("on one machine both share its processors with everything else, so 1.0 says that a second gateway costs nothing"),
    ])
}
