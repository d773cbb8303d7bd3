//! Forgetting, again and again.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(3_600);

/// Does `work` every hour until `stop`; the first time after an hour, so that a start is quick.
pub async fn every_hour<F: Future<Output = ()>>(stop: CancellationToken, work: impl Fn() -> F) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(HOUR) => {}
            () = stop.cancelled() => return,
        }
        work().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stop_does_not_wait_for_the_hour() {
        let stop = CancellationToken::new();
        stop.cancel();
        every_hour(stop, || async { panic!("nothing is due") }).await;
    }
}
