//! The feed of a small community and of a large one.

use anyhow::{Result, ensure};

use super::feed;
use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::load::Measured;

/// Posts of a small community.
const FEW: u64 = 1_000;
/// Posts that are written at a time, so that no transaction is huge.
const BATCH: u64 = 100_000;
/// More than noise.
const FLAT: f64 = 0.9;

/// The feed at full speed with few posts, and with many. All posts that were there before are gone then.
///
/// # Errors
/// When nothing can be written or read.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    lab.sql("TRUNCATE social.posts CASCADE").await?;
    lab.write_posts(1, FEW).await?;
    let few = read(lab, effort).await?;
    let mut written = FEW;
    while written < effort.posts {
        let next = effort.posts.min(written + BATCH);
        lab.write_posts(written + 1, next).await?;
        written = next;
    }
    let before = lab.usage();
    let many = read(lab, effort).await?;
    let shares = (lab.usage() - before).per(many.done.len());
    Ok(vec![
        Figure::higher(
            &format!("feed reads among {written} posts"),
            many.rate(),
            "/s",
        )
        .against(&format!("among {FEW} posts"), few.rate())
        .wanted_ratio(FLAT)
        .cpu(shares)
        .times(&many),
    ])
}

async fn read(lab: &Lab, effort: &Effort) -> Result<Measured> {
    let reading = feed::reads(lab, lab.wire());
    let _ = reading.at_full_speed(effort.workers, effort.warm_up).await;
    let read = reading.at_full_speed(effort.workers, effort.run).await;
    ensure!(read.failed == 0, "{} reads failed", read.failed);
    Ok(read)
}
