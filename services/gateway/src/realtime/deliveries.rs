//! Which messages reached a device: collected here, told to messaging in batches.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use oruma_ids::UserId;
use oruma_proto::messaging::v1 as proto;
use oruma_service_runtime::{Caller, Contract};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::happening::Receipt;
use crate::edge::Edge;

/// What comes within this goes together.
const PAUSE: Duration = Duration::from_millis(200);
/// Pause after a report that was not taken.
const LONG_PAUSE: Duration = Duration::from_secs(2);
/// Deliveries of one call.
const AT_ONCE: usize = 1_000;
/// Deliveries that are kept while messaging is away; a message that is fetched counts as delivered in any case.
const MOST: usize = 100_000;

/// The last delivery of each person in each conversation since the last report.
#[derive(Default)]
pub(crate) struct Deliveries {
    latest: Mutex<HashMap<(UserId, Uuid), i64>>,
    noted: Notify,
}

impl Deliveries {
    pub(crate) fn note(&self, receipt: Receipt) {
        self.keep(receipt);
        self.noted.notify_one();
    }

    fn keep(&self, receipt: Receipt) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = latest.len() >= MOST;
        match latest.entry((receipt.receiver, receipt.conversation)) {
            Entry::Occupied(mut known) => {
                let sequence = receipt.sequence.max(*known.get());
                known.insert(sequence);
            }
            Entry::Vacant(free) if !is_full => drop(free.insert(receipt.sequence)),
            Entry::Vacant(_) => {}
        }
    }

    fn take(&self) -> Vec<Receipt> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut *latest);
        let receipt = |((receiver, conversation), sequence)| Receipt {
            receiver,
            conversation,
            sequence,
        };
        taken.into_iter().map(receipt).collect()
    }
}

/// Reports until `stop`, and once more then.
pub(super) async fn report(edge: &Edge, stop: CancellationToken) {
    loop {
        let deliveries = &edge.realtime.deliveries;
        tokio::select! {
            () = deliveries.noted.notified() => {}
            () = stop.cancelled() => {
                report_once(edge).await;
                return;
            }
        }
        tokio::time::sleep(PAUSE).await;
        if !report_once(edge).await {
            tokio::time::sleep(LONG_PAUSE).await;
            deliveries.noted.notify_one();
        }
    }
}

/// Whether all was taken; what was not is kept for the next time.
async fn report_once(edge: &Edge) -> bool {
    let receipts = edge.realtime.deliveries.take();
    let mut is_taken = true;
    for some in receipts.chunks(AT_ONCE) {
        let message = proto::RecordDeliveriesRequest {
            deliveries: some.iter().map(delivery).collect(),
        };
        let request = Caller::anonymous(Contract::Oruma).send(message);
        let mut conversations = edge.clients.conversations.clone();
        if let Err(status) = conversations.record_deliveries(request).await {
            tracing::debug!(error = status.message(), "deliveries not recorded");
            some.iter()
                .for_each(|receipt| edge.realtime.deliveries.keep(*receipt));
            is_taken = false;
        }
    }
    is_taken
}

fn delivery(receipt: &Receipt) -> proto::Delivery {
    proto::Delivery {
        user_id: receipt.receiver.to_string(),
        conversation_id: receipt.conversation.to_string(),
        sequence: receipt.sequence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_delivery_of_a_conversation_is_told() {
        let deliveries = Deliveries::default();
        for sequence in [3, 7, 5] {
            deliveries.note(Receipt {
                receiver: UserId::from_uuid(Uuid::from_u128(1)),
                conversation: Uuid::from_u128(2),
                sequence,
            });
        }
        let taken = deliveries.take();
        assert_eq!(taken.len(), 1);
        assert!(taken.iter().all(|receipt| receipt.sequence == 7));
        assert!(deliveries.take().is_empty());
    }
}
