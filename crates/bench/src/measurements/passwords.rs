//! What bcrypt alone can do on all processors: the wall in front of everybody who joins or signs in.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::lab::Lab;

/// As the services have it.
const COST: u32 = 12;

/// How many passwords a second bcrypt checks with one thread a processor and nothing else to do.
pub(super) fn alone(time: Duration) -> Result<f64> {
    let hash = bcrypt::non_truncating_hash(Lab::PASSWORD, COST)?;
    let checked = AtomicU64::new(0);
    let elapsed = tokio::task::block_in_place(|| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while begun.elapsed() < time {
                        if bcrypt::verify(Lab::PASSWORD, &hash).is_ok_and(|same| same) {
                            checked.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        begun.elapsed()
    });
    #[expect(clippy::cast_precision_loss, reason = "some dozens")]
    let checked = checked.load(Ordering::Relaxed) as f64;
    Ok(checked / elapsed.as_secs_f64())
}
