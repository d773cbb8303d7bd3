//! The arithmetic of quotas: the generic cell rate algorithm, in whole microseconds.
//!
//! All that is known of a quota is how far *ahead* of time it has been spent: the time until it is full again. A permit moves that
//! forward by one interval, and is given while the result fits into the window. The script for Redis does the same.

use std::time::Duration;

use crate::{Quota, Verdict};

/// Some 35 years. Now plus a window stays below 2^53, which the doubles of Redis' scripts count exactly.
const LONGEST_WINDOW: u64 = 1 << 50;

/// A quota in the terms of the algorithm.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gcra {
    /// Microseconds that a permit takes to refill.
    pub(crate) interval: u64,
    capacity: u64,
}

impl Gcra {
    /// None for a quota that gives nothing.
    pub(crate) fn of(quota: Quota) -> Option<Self> {
        if quota.permits == 0 {
            return None;
        }
        let period = u64::try_from(quota.period.as_micros()).unwrap_or(u64::MAX);
        let period = period.clamp(1, LONGEST_WINDOW);
        // Rounded up, so that rounding never gives more than was promised.
        let interval = period.div_ceil(u64::from(quota.permits));
        let capacity = u64::from(quota.permits.saturating_add(quota.burst));
        Some(Self {
            interval,
            capacity: capacity.min(LONGEST_WINDOW / interval),
        })
    }

    /// Microseconds that an empty quota takes to be full.
    pub(crate) fn window(&self) -> u64 {
        self.interval * self.capacity
    }

    /// Tries to take one permit of a quota spent `ahead`: whether it is given, and how far ahead the quota is then.
    pub(crate) fn spend(&self, ahead: u64) -> (bool, u64) {
        // Further than the window only after a clock was set back or a quota was made smaller: no reason to refuse for longer.
        let ahead = ahead.min(self.window());
        let next = ahead + self.interval;
        if next > self.window() {
            (false, ahead)
        } else {
            (true, next)
        }
    }

    /// Words the outcome of [`Gcra::spend`].
    pub(crate) fn verdict(&self, allowed: bool, ahead: u64) -> Verdict {
        let remaining = self.window().saturating_sub(ahead) / self.interval;
        let wait = (ahead + self.interval).saturating_sub(self.window());
        Verdict {
            allowed,
            limit: permits(self.capacity),
            remaining: permits(remaining),
            reset_after: Duration::from_micros(ahead),
            retry_after: Duration::from_micros(if allowed { 0 } else { wait }),
        }
    }
}

/// The answer of a quota that gives nothing: come back in a minute, perhaps it is another one then.
pub(crate) const fn never() -> Verdict {
    Verdict {
        allowed: false,
        limit: 0,
        remaining: 0,
        reset_after: Duration::ZERO,
        retry_after: Duration::from_secs(60),
    }
}

fn permits(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: u64 = 60_000_000;

    /// A quota as one process would keep it.
    struct Kept {
        gcra: Gcra,
        full_at: u64,
    }

    impl Kept {
        fn new(per_minute: u32, burst: u32) -> Self {
            let gcra = Gcra::of(Quota::per_minute(per_minute, burst)).unwrap();
            Self { gcra, full_at: 0 }
        }

        fn take(&mut self, now: u64) -> Verdict {
            let (allowed, ahead) = self.gcra.spend(self.full_at.saturating_sub(now));
            if allowed {
                self.full_at = now + ahead;
            }
            self.gcra.verdict(allowed, ahead)
        }
    }

    fn micros(duration: Duration) -> u64 {
        u64::try_from(duration.as_micros()).unwrap()
    }

    #[test]
    fn the_capacity_is_given_at_once_and_then_one_an_interval() {
        let mut kept = Kept::new(60, 2);
        for left in (0..62).rev() {
            let verdict = kept.take(0);
            assert!(verdict.allowed);
            assert_eq!((verdict.limit, verdict.remaining), (62, left));
            assert_eq!(verdict.retry_after, Duration::ZERO);
        }
        let refused = kept.take(0);
        assert!(!refused.allowed);
        assert_eq!(refused.remaining, 0);
        assert_eq!(refused.reset_after, Duration::from_secs(62));
        assert_eq!(refused.retry_after, Duration::from_secs(1));
        assert!(!kept.take(999_999).allowed);
        assert!(kept.take(1_000_000).allowed);
        assert!(!kept.take(1_000_000).allowed);
    }

    #[test]
    fn zero_a_minute_gives_nothing() {
        let quota = Quota::per_minute(0, 5);
        assert!(Gcra::of(quota).is_none());
        assert!(!never().allowed);
    }

    #[test]
    fn a_clock_set_back_refuses_for_no_longer_than_the_window() {
        let mut kept = Kept::new(60, 0);
        kept.full_at = 1_000_000 * 86_400;
        assert_eq!(kept.take(0).reset_after, Duration::from_secs(60));
        assert_eq!(kept.take(0).retry_after, Duration::from_secs(1));
    }

    #[test]
    fn the_largest_quotas_stay_exact_in_a_double() {
        for (per_minute, burst) in [(1, u32::MAX), (u32::MAX, u32::MAX), (7, u32::MAX)] {
            let gcra = Gcra::of(Quota::per_minute(per_minute, burst)).unwrap();
            assert!(gcra.window() <= LONGEST_WINDOW);
            assert!(gcra.spend(0).0);
        }
    }

    #[test]
    fn a_period_may_be_any() {
        let quota = Quota {
            permits: 5,
            period: Duration::from_secs(900),
            burst: 0,
        };
        let mut kept = Kept {
            gcra: Gcra::of(quota).unwrap(),
            full_at: 0,
        };
        for _ in 0..5 {
            assert!(kept.take(0).allowed);
        }
        let refused = kept.take(0);
        assert!(!refused.allowed);
        assert_eq!(refused.retry_after, Duration::from_secs(180));
    }

    proptest! {
        #[test]
        fn never_more_than_the_capacity_and_the_refill(
            per_minute in 1_u32..2_000,
            burst in 0_u32..50,
            gaps in prop::collection::vec(prop_oneof![Just(0_u64), 0_u64..100_000, 0_u64..90_000_000], 1..300),
            eagerness in 1_usize..40,
        ) {
            let mut kept = Kept::new(per_minute, burst);
            let mut now = 0;
            let mut given = Vec::new();
            for gap in gaps {
                now += gap;
                given.extend((0..eagerness).filter(|_| kept.take(now).allowed).map(|_| now));
            }
            // Between any two permits, not only since the start; in sixty-millionths of a permit, so that nothing is rounded.
            let capacity = u128::from(per_minute + burst) * u128::from(MINUTE);
            for (first, start) in given.iter().enumerate().step_by(1 + given.len() / 50) {
                for (last, end) in given.iter().enumerate().skip(first) {
                    let count = (last - first + 1) as u128 * u128::from(MINUTE);
                    prop_assert!(count <= capacity + u128::from(end - start) * u128::from(per_minute));
                }
            }
        }

        #[test]
        fn retry_after_is_the_first_moment_that_succeeds(
            per_minute in 1_u32..100_000,
            burst in 0_u32..1_000,
            ahead in 0_u64..200_000_000,
        ) {
            let mut kept = Kept::new(per_minute, burst);
            kept.full_at = ahead;
            let verdict = kept.take(0);
            if !verdict.allowed {
                kept.full_at = micros(verdict.reset_after);
                let wait = micros(verdict.retry_after);
                let (too_early, in_time) = (kept.take(wait - 1), kept.take(wait));
                prop_assert!(!too_early.allowed);
                prop_assert!(in_time.allowed);
            }
        }

        #[test]
        fn after_reset_after_it_is_full_again(
            per_minute in 1_u32..100_000,
            burst in 0_u32..1_000,
            ahead in 0_u64..200_000_000,
        ) {
            let mut kept = Kept::new(per_minute, burst);
            kept.full_at = ahead;
            let full = micros(kept.take(0).reset_after).max(ahead);
            let verdict = kept.take(full);
            prop_assert_eq!(verdict.remaining, verdict.limit - 1);
        }
    }
}
