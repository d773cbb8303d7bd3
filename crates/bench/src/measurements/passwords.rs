//! What bcrypt alone can do on all processors: the wall in front of everybody who joins or signs in.

use std::time::Duration;

use anyhow::Result;

use crate::lab::Lab;
use crate::load::on_all_processors;

/// As the services have it.
const COST: u32 = 12;

/// How many passwords a second bcrypt checks with one thread a processor and nothing else to do.
pub(super) fn alone(time: Duration) -> Result<f64> {
    let hash = bcrypt::non_truncating_hash(Lab::PASSWORD, COST)?;
    let check = || bcrypt::verify(Lab::PASSWORD, &hash).is_ok_and(|same| same);
    Ok(on_all_processors(time, check))
}
