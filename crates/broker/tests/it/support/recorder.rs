//! A broker that only takes notes, and fails as it is told.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oruma_broker::{Broker, BrokerError, DeadLetter, Event, Handler, PublishError, Subscription};

type Answer = dyn Fn(&Event) -> Result<(), PublishError> + Send + Sync;

/// A broker that only takes notes.
pub(crate) struct Recorder {
    answer: Box<Answer>,
    published: Mutex<Vec<Event>>,
}

impl Recorder {
    /// Takes what `answer` finds good.
    pub(crate) fn new(
        answer: impl Fn(&Event) -> Result<(), PublishError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            published: Mutex::default(),
        })
    }

    /// The numbers of the events that it took.
    pub(crate) fn numbers(&self) -> Vec<i64> {
        let published = self.published.lock().unwrap();
        published
            .iter()
            .map(|event| event.data["n"].as_i64().unwrap())
            .collect()
    }

    /// The events that it took.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.published.lock().unwrap().clone()
    }
}

#[async_trait]
impl Broker for Recorder {
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), PublishError>> {
        // As over a network: others get a turn in between.
        tokio::task::yield_now().await;
        // One refused event has all fail, as with RabbitMQ.
        let answers: Vec<_> = events.iter().map(|event| (self.answer)(event)).collect();
        if let Some(refused) = answers.iter().find(|answer| answer.is_err()) {
            return vec![refused.clone(); events.len()];
        }
        self.published.lock().unwrap().extend_from_slice(events);
        answers
    }

    async fn subscribe(&self, _: Subscription, _: Arc<dyn Handler>) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn ping(&self) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn dead_letters(&self, _: &str, _: usize) -> Result<Vec<DeadLetter>, BrokerError> {
        Ok(Vec::new())
    }

    async fn requeue_dead_letters(&self, _: &str) -> Result<usize, BrokerError> {
        Ok(0)
    }

    async fn close(&self) {}
}
