//! Another team's consumer: it knows RabbitMQ and the envelope, and counts what comes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use oruma_broker::{Broker, Event, HandleError, Handler, RabbitMqBroker, Subscription};
use secrecy::SecretString;
use uuid::Uuid;

const QUEUE: &str = "stranger.everything";
/// What it wants to know.
const KINDS: [&str; 6] = [
    "social.post.created.v1",
    "social.comment.created.v1",
    "events.event.created.v1",
    "marketplace.item.created.v1",
    "messaging.message.sent.v1",
    "media.image.uploaded.v1",
];

/// The consumer, as long as it lives.
pub(crate) struct Stranger {
    heard: Arc<Heard>,
    broker: RabbitMqBroker,
}

/// Each event that came, and how often. It outlives every fault, so memory is enough.
#[derive(Default)]
struct Heard(Mutex<BTreeMap<Uuid, (Event, usize)>>);

impl Stranger {
    /// Subscribes at that RabbitMQ.
    pub(crate) async fn start(url: &str) -> Self {
        let broker = RabbitMqBroker::new(&SecretString::from(url), "stranger");
        let broker = broker.expect("a broker");
        let heard = Arc::<Heard>::default();
        let handler: Arc<Heard> = Arc::clone(&heard);
        broker
            .subscribe(Subscription::once(QUEUE, KINDS), handler)
            .await
            .expect("a subscription");
        Self { heard, broker }
    }

    /// Distinct events so far.
    pub(crate) fn count(&self) -> usize {
        self.heard
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    /// How often an event came that had come before.
    pub(crate) fn repeated(&self) -> usize {
        let heard = self.heard.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.values().map(|(_, times)| times - 1).sum()
    }

    /// How many distinct events of a kind each thing has, by the field with its id.
    pub(crate) fn by_noun(&self, kind: &str, field: &str) -> BTreeMap<String, usize> {
        let heard = self.heard.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counted = BTreeMap::new();
        for (event, _) in heard.values().filter(|(event, _)| event.kind == kind) {
            let id = event.data[field].as_str().unwrap_or_default();
            *counted.entry(id.to_owned()).or_default() += 1;
        }
        counted
    }

    /// Events that it could not be given.
    pub(crate) async fn dead_letters(&self) -> usize {
        let dead = self.broker.dead_letters(QUEUE, 10).await;
        dead.expect("an answer").len()
    }
}

#[async_trait]
impl Handler for Heard {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = heard.entry(event.id).or_insert_with(|| (event.clone(), 0));
        entry.1 += 1;
        Ok(())
    }
}
