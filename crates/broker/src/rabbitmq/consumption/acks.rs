//! Telling the server what was handled: as many deliveries in one step as there are.
//!
//! A quorum queue writes each step to its log, so that 64 deliveries in one step cost it little more than one.

use std::collections::BTreeSet;

use lapin::message::Delivery;
use lapin::options::BasicAckOptions;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::GOODBYE;

/// Acknowledges the deliveries of one channel, each once its effect is committed.
pub(super) struct Acks {
    handled: mpsc::UnboundedSender<Delivery>,
    task: AbortOnDropHandle<()>,
}

/// Where a delivery goes that was handled. There is room for all that can be here, so that nobody waits.
#[derive(Clone)]
pub(super) struct Handled(mpsc::UnboundedSender<Delivery>);

/// Which deliveries of a channel were acknowledged. The server numbers them from 1 on.
#[derive(Default)]
struct Ledger {
    /// All up to here.
    up_to: u64,
    /// Those behind it, which were handled before others that came earlier.
    ahead: BTreeSet<u64>,
}

/// What the server is told at once.
#[derive(Debug, Default, PartialEq, Eq)]
struct Step {
    /// This one and all before it.
    up_to: Option<u64>,
    /// And these.
    each: Vec<u64>,
}

impl Acks {
    pub(super) fn start() -> Self {
        let (handled, deliveries) = mpsc::unbounded_channel();
        Self {
            handled,
            task: AbortOnDropHandle::new(tokio::spawn(acknowledge(deliveries))),
        }
    }

    pub(super) fn handled(&self) -> Handled {
        Handled(self.handled.clone())
    }

    /// Waits until all is told that was handled. Nobody may hold a [`Handled`] any more.
    pub(super) async fn told(self) {
        drop(self.handled);
        let _ = timeout(GOODBYE, self.task).await;
    }
}

impl Handled {
    pub(super) fn note(&self, delivery: Delivery) {
        // Without a task there is no line either, and the event comes again.
        let _ = self.0.send(delivery);
    }
}

impl Ledger {
    /// Takes note of deliveries that were handled, and tells which to acknowledge. None of them was handled before.
    fn enter(&mut self, handled: &[u64]) -> Step {
        self.ahead.extend(handled);
        while self.ahead.remove(&(self.up_to + 1)) {
            self.up_to += 1;
        }
        // The server must not be told of one again, not even as the last of several.
        let below = handled.iter().copied().filter(|tag| *tag <= self.up_to);
        let each = handled.iter().copied().filter(|tag| *tag > self.up_to);
        Step {
            up_to: below.max(),
            each: each.collect(),
        }
    }
}

async fn acknowledge(mut handled: mpsc::UnboundedReceiver<Delivery>) {
    let mut ledger = Ledger::default();
    let mut some = Vec::new();
    while handled.recv_many(&mut some, usize::MAX).await > 0 {
        let tags: Vec<u64> = some.iter().map(|delivery| delivery.delivery_tag).collect();
        let step = ledger.enter(&tags);
        for delivery in some.drain(..) {
            let tag = delivery.delivery_tag;
            let multiple = step.up_to == Some(tag);
            if multiple || step.each.contains(&tag) {
                tell(&delivery, BasicAckOptions { multiple }).await;
            }
        }
    }
}

/// An acknowledgement that does not arrive has the event delivered again, and the inbox drop it. On a line that breaks just then
/// the library may never tell.
async fn tell(delivery: &Delivery, options: BasicAckOptions) {
    let acknowledged = timeout(GOODBYE, delivery.ack(options));
    if !matches!(acknowledged.await, Ok(Ok(true))) {
        tracing::debug!("an acknowledgement was lost");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn step(up_to: Option<u64>, each: &[u64]) -> Step {
        Step {
            up_to,
            each: each.to_vec(),
        }
    }

    #[test]
    fn what_has_no_gap_is_told_at_once() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.enter(&[2, 1, 3]), step(Some(3), &[]));
        assert_eq!(ledger.enter(&[5, 7]), step(None, &[5, 7]));
        // 5 was told before, so 4 stands for itself.
        assert_eq!(ledger.enter(&[4]), step(Some(4), &[]));
        assert_eq!(ledger.enter(&[6, 8]), step(Some(8), &[]));
    }

    proptest! {
        #[test]
        fn each_is_told_once_and_only_when_it_was_handled(
            order in Just((1..=64u64).collect::<Vec<_>>()).prop_shuffle(), size in 1..9usize,
        ) {
            let mut ledger = Ledger::default();
            let mut outstanding: BTreeSet<u64> = order.iter().copied().collect();
            let mut handled = BTreeSet::new();
            for some in order.chunks(size) {
                handled.extend(some.iter().copied());
                let Step { up_to, each } = ledger.enter(some);
                for tag in each {
                    prop_assert!(outstanding.remove(&tag) && handled.contains(&tag));
                }
                if let Some(up_to) = up_to {
                    prop_assert!(outstanding.contains(&up_to));
                    let told: Vec<u64> = outstanding.iter().copied().filter(|tag| *tag <= up_to).collect();
                    for tag in told {
                        prop_assert!(outstanding.remove(&tag) && handled.contains(&tag));
                    }
                }
                prop_assert_eq!(outstanding.len() + handled.len(), 64);
            }
            prop_assert!(outstanding.is_empty());
        }
    }
}
