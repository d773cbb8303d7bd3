//! The implementation for an installation of several processes, over RabbitMQ 3.10 to 4.

mod consumption;
mod dead_letters;
mod depth;
mod line;
mod message;
mod publisher;
mod topology;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use oruma_service_runtime::{ConfigError, Env};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use uuid::Uuid;

use crate::consumer::Consumer;
use crate::{Broker, BrokerError, DeadLetter, Event, Handler, PublishError, Subscription};
use consumption::Consumption;
pub use depth::Depth;
use line::{Dialer, Line};
use message::Message;
use publisher::Publisher;

/// Hands events to RabbitMQ, which keeps them for each queue until they are handled.
///
/// Publishing and consuming have a connection each: RabbitMQ holds back publishers when it lacks memory or disk, and consumers, who
/// give it room again, must not be held back with them.
pub struct RabbitMqBroker {
    publisher: Arc<Publisher>,
    line: Arc<Line>,
    consumptions: Mutex<Vec<Subscribed>>,
    stop: CancellationToken,
    tracker: TaskTracker,
}

struct Subscribed {
    queue: String,
    _task: AbortOnDropHandle<()>,
}

// === impl RabbitMqBroker ===

impl RabbitMqBroker {
    /// A broker at `amqp://` or `amqps://` (TLS, checked against the machine's certificate authorities). `name` is the
    /// service's, to tell its connections apart in RabbitMQ's own pages.
    ///
    /// Nothing is connected before it is needed, so a server that is away is no error.
    ///
    /// # Errors
    /// [`BrokerError::InvalidUrl`] for anything that is not the URL of an AMQP server.
    pub fn new(url: &SecretString, name: &str) -> Result<Self, BrokerError> {
        let publishing = Dialer::new(url, &format!("oruma {name} publish"))?;
        let consuming = Dialer::new(url, &format!("oruma {name} consume"))?;
        Ok(Self {
            publisher: Arc::new(Publisher::new(publishing)),
            line: Arc::new(Line::new(consuming)),
            consumptions: Mutex::default(),
            stop: CancellationToken::new(),
            tracker: TaskTracker::new(),
        })
    }

    /// A broker at the server named by `RABBITMQ_URL`.
    ///
    /// # Errors
    /// [`ConfigError`] naming the variable when it is missing or no such URL.
    pub fn from_env(env: &Env, name: &str) -> Result<Self, ConfigError> {
        Self::new(&env.required_secret("RABBITMQ_URL")?, name)
            .map_err(|error| ConfigError::new("RABBITMQ_URL", format!("can't be used: {error}")))
    }

    /// How much a queue holds and who consumes it; none when there is no such queue.
    ///
    /// # Errors
    /// [`BrokerError`] when the server can't be asked.
    pub async fn depth(&self, queue: &str) -> Result<Option<Depth>, BrokerError> {
        depth::of(&self.publisher, queue).await
    }

    /// As [`Broker::requeue_dead_letters`], for those of some ids among the oldest 1,000: each is safe in its queue before it is no dead letter any more.
    ///
    /// # Errors
    /// [`BrokerError`]; those that were not handed back stay dead letters.
    pub async fn requeue_some_dead_letters(
        &self,
        queue: &str,
        ids: &[Uuid],
    ) -> Result<usize, BrokerError> {
        dead_letters::requeue(&self.publisher, queue, Some(ids)).await
    }

    /// Removes dead letters of a queue for good: those of some ids, or all without, among the oldest 1,000. Returns how many.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub async fn discard_dead_letters(
        &self,
        queue: &str,
        only: Option<&[Uuid]>,
    ) -> Result<usize, BrokerError> {
        dead_letters::discard(&self.publisher, queue, only).await
    }

    fn start(&self, consumer: Consumer) -> Result<(), BrokerError> {
        let queue = consumer.subscription.queue.clone();
        let mut running = self
            .consumptions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if running.iter().any(|other| other.queue == queue) {
            return Err(BrokerError::AlreadySubscribed(queue));
        }
        let (line, publisher) = (Arc::clone(&self.line), Arc::clone(&self.publisher));
        let consumption = Consumption::new(consumer, line, publisher, self.stop.clone());
        let task = self.tracker.spawn(consumption.run());
        running.push(Subscribed {
            queue,
            _task: AbortOnDropHandle::new(task),
        });
        Ok(())
    }
}

#[async_trait]
impl Broker for RabbitMqBroker {
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), PublishError>> {
        if self.stop.is_cancelled() {
            return vec![Err(PublishError::Closed); events.len()];
        }
        let messages = events.iter().map(|event| Ok(Message::event(event)?));
        self.publisher.send(messages.collect()).await
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
        self.start(Consumer::new(subscription, handler))
    }

    async fn ping(&self) -> Result<(), BrokerError> {
        if self.stop.is_cancelled() {
            return Err(BrokerError::Closed);
        }
        self.publisher.ping().await
    }

    async fn dead_letters(
        &self,
        queue: &str,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, BrokerError> {
        dead_letters::oldest(&self.publisher, queue, limit).await
    }

    async fn requeue_dead_letters(&self, queue: &str) -> Result<usize, BrokerError> {
        dead_letters::requeue(&self.publisher, queue, None).await
    }

    async fn close(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
        self.line.close().await;
        self.publisher.close().await;
    }
}

impl Drop for RabbitMqBroker {
    fn drop(&mut self) {
        // Before the consumers are dropped one by one, which would mix up the order of what they hand back.
        self.line.drop_now();
    }
}
