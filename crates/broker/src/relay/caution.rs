//! Finding the one event that the broker refuses.

use crate::PublishError;

/// How many events are published together.
const BATCH: u16 = 256;
/// How often the broker must refuse an event that is sent alone: the refusal of a neighbour's event looks the same.
const REFUSALS: u32 = 3;

/// RabbitMQ refuses an event by closing the channel, with all that were sent together. After that they are sent one by one,
/// as many as were together, until it shows which one it was.
#[derive(Default)]
pub(super) struct Caution {
    alone: u16,
    refusals: u32,
}

impl Caution {
    /// How many events to send together.
    pub(super) const fn batch(&self) -> u16 {
        if self.alone > 0 { 1 } else { BATCH }
    }

    /// Learns from what was sent; true when the refused one is hopeless.
    pub(super) fn learn(&mut self, results: &[Result<(), PublishError>]) -> bool {
        let refused = results
            .iter()
            .any(|result| matches!(result, Err(PublishError::Refused(_))));
        if refused && self.alone == 0 {
            self.alone = BATCH;
            return false;
        }
        if refused {
            self.refusals += 1;
            return self.refusals >= REFUSALS;
        }
        if results.iter().all(Result::is_ok) {
            self.alone = self.alone.saturating_sub(1);
            self.refusals = 0;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Result<(), PublishError> {
        Err(PublishError::Refused("too large".to_owned()))
    }

    #[test]
    fn a_refused_event_is_given_up_only_after_it_was_alone() {
        let mut caution = Caution::default();
        assert_eq!(caution.batch(), BATCH);
        assert!(!caution.learn(&[refused(), refused(), refused()]));
        assert_eq!(caution.batch(), 1);
        assert!(!caution.learn(&[Ok(())]));
        assert!(!caution.learn(&[refused()]));
        assert!(!caution.learn(&[refused()]));
        assert!(caution.learn(&[refused()]));
    }

    #[test]
    fn batches_come_back_when_nothing_is_refused() {
        let mut caution = Caution::default();
        caution.learn(&[refused()]);
        for _ in 0..BATCH {
            assert_eq!(caution.batch(), 1);
            caution.learn(&[Ok(())]);
        }
        assert_eq!(caution.batch(), BATCH);
    }

    #[test]
    fn an_outage_is_no_refusal() {
        let mut caution = Caution::default();
        for _ in 0..10 {
            assert!(!caution.learn(&[Err(PublishError::Timeout)]));
        }
        assert_eq!(caution.batch(), BATCH);
    }
}
