//! When to try again.

use std::time::{Duration, Instant};

use crate::EphemeralError;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A line that stood for as long makes the next failure count as the first.
const STOOD_LONG: Duration = Duration::from_secs(5);

/// Paces the attempts to open one line, and logs how it fares: what is new as a warning, what repeats for debugging.
pub(super) struct Reconnect {
    line: &'static str,
    failures: u32,
    opened: Option<Instant>,
}

impl Reconnect {
    pub(super) fn new(line: &'static str) -> Self {
        Self {
            line,
            failures: 0,
            opened: None,
        }
    }

    /// Notes that the line stands.
    pub(super) fn opened(&mut self) {
        self.opened = Some(Instant::now());
        tracing::info!(line = self.line, "redis connected");
    }

    /// Notes that the line was lost or could not be opened, and waits before the next attempt: longer each time, and never all
    /// processes at the same moment.
    pub(super) async fn pause_after(&mut self, error: &EphemeralError) {
        let opened = self.opened.take();
        if opened.is_some_and(|opened| opened.elapsed() > STOOD_LONG) {
            self.failures = 0;
        }
        if opened.is_some() || self.failures == 0 {
            tracing::warn!(line = self.line, %error, "redis unavailable, reconnecting");
        } else {
            tracing::debug!(line = self.line, %error, "redis still unavailable");
        }
        let pause = longest_pause(self.failures).mul_f64(rand::random_range(0.5..1.0));
        self.failures = self.failures.saturating_add(1);
        tokio::time::sleep(pause).await;
    }
}

fn longest_pause(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures);
    FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        assert_eq!(longest_pause(0), FIRST_PAUSE);
        assert_eq!(longest_pause(3), Duration::from_millis(400));
        assert_eq!(longest_pause(6), LONGEST_PAUSE);
        assert_eq!(longest_pause(u32::MAX), LONGEST_PAUSE);
    }
}
