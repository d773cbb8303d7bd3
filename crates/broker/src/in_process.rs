//! The implementation for an installation of one process.

mod graveyard;
mod queue;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::future::join_all;
use oruma_postgres::Database;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::broker::MAX_LETTERS;
use crate::consumer::Consumer;
use crate::{Broker, BrokerError, DeadLetter, Event, Handler, PublishError, Subscription};
use graveyard::Graveyard;
use queue::{Pending, Queue};

/// Hands events to the subscriptions of the same process.
///
/// It keeps nothing itself: [`Broker::publish`] answers for an event when all that wanted it have handled it, so until then it is
/// in the outbox of whoever told it.
pub struct InProcessBroker {
    queues: Mutex<Vec<Arc<Queue>>>,
    graveyard: Arc<Graveyard>,
    flowing: watch::Sender<bool>,
    stop: CancellationToken,
}

// === impl InProcessBroker ===

impl InProcessBroker {
    /// A broker that keeps dead letters in the table `dead_letters` of the database's schema, or without one the last 1,000 of
    /// them in memory, for tests.
    #[must_use]
    pub fn new(dead_letters: Option<Database>) -> Self {
        Self {
            queues: Mutex::default(),
            graveyard: Arc::new(Graveyard::new(dead_letters)),
            flowing: watch::Sender::new(true),
            stop: CancellationToken::new(),
        }
    }

    /// The same, but publishing waits for [`Self::release`].
    ///
    /// What an outbox holds from before must not be published until all consumers of the process have subscribed: nothing
    /// else remembers who wanted it.
    #[must_use]
    pub fn holding(dead_letters: Option<Database>) -> Self {
        let broker = Self::new(dead_letters);
        broker.flowing.send_replace(false);
        broker
    }

    /// Lets events flow: all consumers have subscribed.
    pub fn release(&self) {
        self.flowing.send_replace(true);
    }

    /// Gives the event to all who want it, without waiting for what they make of it.
    async fn hand_out(&self, event: &Event) -> Result<Vec<Pending>, PublishError> {
        // What RabbitMQ would refuse is refused here too.
        event.to_json()?;
        let event = Arc::new(event.clone());
        let mut pending = Vec::new();
        for queue in self.wanting(&event.kind) {
            pending.extend(queue.take(Arc::clone(&event)).await?);
        }
        Ok(pending)
    }

    fn wanting(&self, kind: &str) -> Vec<Arc<Queue>> {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues
            .iter()
            .filter(|queue| queue.wants(kind))
            .cloned()
            .collect()
    }

    fn queue(&self, name: &str) -> Result<Arc<Queue>, BrokerError> {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues
            .iter()
            .find(|queue| queue.name() == name)
            .cloned()
            .ok_or_else(|| BrokerError::UnknownQueue(name.to_owned()))
    }

    /// Waits until events may flow; false when the broker is closed.
    async fn flows(&self) -> bool {
        let mut flowing = self.flowing.subscribe();
        let open = self
            .stop
            .run_until_cancelled(flowing.wait_for(|flows| *flows))
            .await;
        matches!(open, Some(Ok(_)))
    }
}

#[async_trait]
impl Broker for InProcessBroker {
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), PublishError>> {
        if !self.flows().await {
            return vec![Err(PublishError::Closed); events.len()];
        }
        let mut handed_out = Vec::with_capacity(events.len());
        for event in events {
            handed_out.push(self.hand_out(event).await);
        }
        let mut results = Vec::with_capacity(events.len());
        for pending in handed_out {
            results.push(match pending {
                Ok(pending) => join_all(pending.into_iter().map(Pending::end))
                    .await
                    .into_iter()
                    .collect(),
                Err(error) => Err(error),
            });
        }
        results
    }

    async fn subscribe(
        &self,
        subscription: Subscription,
        handler: Arc<dyn Handler>,
    ) -> Result<(), BrokerError> {
        subscription.check()?;
        if self.stop.is_cancelled() {
            return Err(BrokerError::Closed);
        }
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if queues
            .iter()
            .any(|queue| queue.name() == subscription.queue)
        {
            return Err(BrokerError::AlreadySubscribed(subscription.queue));
        }
        let consumer = Consumer::new(subscription, handler);
        let graveyard = Arc::clone(&self.graveyard);
        queues.push(Arc::new(Queue::start(consumer, graveyard, &self.stop)));
        Ok(())
    }

    async fn ping(&self) -> Result<(), BrokerError> {
        if self.stop.is_cancelled() {
            return Err(BrokerError::Closed);
        }
        Ok(())
    }

    async fn dead_letters(
        &self,
        queue: &str,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, BrokerError> {
        let buried = self.graveyard.oldest(queue, limit.min(MAX_LETTERS)).await?;
        Ok(buried.into_iter().map(|(_, letter)| letter).collect())
    }

    async fn requeue_dead_letters(&self, queue: &str) -> Result<usize, BrokerError> {
        let consumer = self.queue(queue)?;
        let buried = self.graveyard.oldest(queue, MAX_LETTERS).await?;
        let mut returned = Vec::with_capacity(buried.len());
        for (id, letter) in buried {
            let event = Event::from_json(letter.body.as_bytes()).map_err(PublishError::from)?;
            returned.push((id, consumer.take(Arc::new(event)).await?));
        }
        let count = returned.len();
        for (id, pending) in returned {
            join_all(pending.into_iter().map(Pending::end))
                .await
                .into_iter()
                .collect::<Result<(), _>>()?;
            // One that died again has another row by now.
            self.graveyard.remove(id).await?;
        }
        Ok(count)
    }

    async fn close(&self) {
        self.stop.cancel();
        let queues: Vec<_> = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            queues.drain(..).collect()
        };
        join_all(queues.iter().map(|queue| queue.stopped())).await;
    }
}

impl Drop for InProcessBroker {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
