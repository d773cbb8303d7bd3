//! How long to wait before the next try.

use std::time::Duration;

use oruma_service_runtime::Random;

/// Waits that double from `first` up to `longest`. Each is shortened at random by up to a half, so that those who failed
/// together don't come back together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// Between attempts of a handler at one event.
    pub(crate) const ATTEMPT: Self = Self::new(Duration::from_millis(100), Duration::from_secs(5));
    /// Between tries to reach a server that is away.
    pub(crate) const SERVER: Self = Self::new(Duration::from_millis(100), Duration::from_secs(3));

    const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest }
    }

    /// The wait after so many failures, counted from 1.
    pub(crate) fn after(self, failures: u32) -> Duration {
        let share = f64::from(u32::from_be_bytes(Random::system().bytes())) / f64::from(u32::MAX);
        self.shortened(failures, share)
    }

    fn shortened(self, failures: u32, share: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let whole = self
            .first
            .saturating_mul(1_u32 << doublings)
            .min(self.longest);
        whole.mul_f64(1.0 - share / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_wait_is_between_half_and_all_of_its_doubling(failures in 0_u32..1000, share in 0.0..=1.0) {
            let wait = Backoff::SERVER.shortened(failures, share);
            let whole = Backoff::SERVER.shortened(failures, 0.0);
            prop_assert!(wait <= whole && wait >= whole / 2);
            prop_assert!(whole >= Duration::from_millis(100) && whole <= Duration::from_secs(3));
        }

        #[test]
        fn waits_never_get_shorter_with_more_failures(failures in 1_u32..100, share in 0.0..=1.0) {
            let backoff = Backoff::ATTEMPT;
            prop_assert!(backoff.shortened(failures, share) <= backoff.shortened(failures + 1, share));
        }
    }

    #[test]
    fn the_first_waits_double() {
        let waits: Vec<_> = (1..=4)
            .map(|failures| Backoff::ATTEMPT.shortened(failures, 0.0).as_millis())
            .collect();
        assert_eq!(waits, [100, 200, 400, 800]);
    }
}
