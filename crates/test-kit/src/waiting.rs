//! Waiting for something to become true.

use std::future::Future;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until `is_true` answers true, for 30 seconds at the most.
///
/// # Panics
/// When it did not become true; `what` says what was waited for.
pub async fn eventually<F: Future<Output = bool>>(what: &str, is_true: impl FnMut() -> F) {
    within(DEADLINE, what, is_true).await;
}

/// As [`eventually`], with a deadline of one's own.
///
/// # Panics
/// When it did not become true; `what` says what was waited for.
pub async fn within<F: Future<Output = bool>>(
    deadline: Duration,
    what: &str,
    mut is_true: impl FnMut() -> F,
) {
    let waiting = async {
        while !is_true().await {
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(deadline, waiting)
        .await
        .unwrap_or_else(|_| panic!("not within {deadline:?}: {what}"));
}
