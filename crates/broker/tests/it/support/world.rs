//! One test's surroundings: a database, names of its own, and brokers of one implementation.

use std::sync::{Arc, Mutex};

use diesel_async::AsyncConnection;
use lapin::options::{QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::{Connection as Amqp, ConnectionProperties};
use oruma_broker::{
    Audience, Event, Handler, InProcessBroker, Outbox, RabbitMqBroker, Relay, SharedBroker,
    Subscription,
};
use oruma_postgres::Database;
use oruma_service_runtime::{Clock, Random};
use secrecy::SecretString;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::{SCHEMA, TestDatabase, eventually, servers};

/// One test's surroundings.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) pool: Database,
    /// The RabbitMQ server, or none for the implementation inside the process.
    pub(crate) rabbitmq: Option<String>,
    prefix: String,
    queues: Mutex<Vec<String>>,
}

/// What a process of a service has. Dropping it is a crash.
pub(crate) struct Process {
    // Dropped in this order.
    relaying: Option<Relaying>,
    pub(crate) broker: SharedBroker,
    pub(crate) pool: Database,
}

/// A relay at work; dropping it is a crash.
pub(crate) struct Relaying {
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl World {
    pub(crate) async fn in_process() -> Self {
        Self::new(None).await
    }

    pub(crate) async fn rabbitmq() -> Self {
        let url = servers::rabbitmq_url().await;
        Self::new(Some(url.to_owned())).await
    }

    pub(crate) async fn new(rabbitmq: Option<String>) -> Self {
        let database = TestDatabase::create().await;
        Self {
            pool: database.pool(),
            database,
            rabbitmq,
            prefix: format!(
                "t{:012x}",
                u64::from_be_bytes(Random::system().bytes()) >> 16
            ),
            queues: Mutex::default(),
        }
    }

    /// A broker.
    pub(crate) fn broker(&self) -> SharedBroker {
        self.broker_over(&self.pool)
    }

    /// A process that consumes and publishes, with connections of its own.
    pub(crate) fn process(&self) -> Process {
        let pool = self.database.pool();
        Process {
            relaying: None,
            broker: self.broker_over(&pool),
            pool,
        }
    }

    fn broker_over(&self, pool: &Database) -> SharedBroker {
        match &self.rabbitmq {
            None => Arc::new(InProcessBroker::new(Some(pool.clone()))),
            Some(url) => {
                let url = SecretString::from(url.clone());
                Arc::new(RabbitMqBroker::new(&url, "test").unwrap())
            }
        }
    }

    /// A kind that no other test has.
    pub(crate) fn kind(&self, rest: &str) -> String {
        format!("{}.{rest}", self.prefix)
    }

    pub(crate) fn queue(&self, rest: &str) -> String {
        let name = format!("{}.{rest}", self.prefix);
        self.queues.lock().unwrap().push(name.clone());
        name
    }

    /// Wants `thing.happened.v1`, once.
    pub(crate) fn things(&self) -> Subscription {
        Subscription::once(self.queue("things"), [self.kind("thing.happened.v1")])
    }

    /// A `thing.happened.v1`.
    pub(crate) fn thing(&self, subject: &str, n: i64) -> Event {
        self.event("thing.happened.v1", subject, n)
    }

    pub(crate) fn event(&self, kind: &str, subject: &str, n: i64) -> Event {
        let now = Clock::system().now();
        Event {
            id: Random::system().id(now),
            kind: self.kind(kind),
            source: "/oruma/test".to_owned(),
            subject: subject.to_owned(),
            time: now,
            data: json!({ "n": n }),
            trace: None,
        }
    }

    /// Subscribes, and waits until it is up.
    pub(crate) async fn subscribe(
        &self,
        broker: &SharedBroker,
        subscription: Subscription,
        handler: Arc<dyn Handler>,
    ) {
        let (queue, audience) = (subscription.queue.clone(), subscription.audience);
        broker.subscribe(subscription, handler).await.unwrap();
        if audience == Audience::Once {
            self.is_up(&queue).await;
        }
    }

    async fn is_up(&self, queue: &str) {
        let Some(url) = &self.rabbitmq else { return };
        let amqp = amqp(url).await;
        eventually("the consumer is up", async || {
            let channel = amqp.create_channel().await.unwrap();
            let passive = QueueDeclareOptions {
                passive: true,
                ..QueueDeclareOptions::default()
            };
            let queue = channel
                .queue_declare(queue.into(), passive, FieldTable::default())
                .await;
            queue.is_ok_and(|queue| queue.consumer_count() > 0)
        })
        .await;
    }

    pub(crate) fn outbox(&self) -> Outbox {
        Outbox::new(SCHEMA)
    }

    /// Appends events in one transaction.
    pub(crate) async fn append(&self, events: &[Event]) {
        let outbox = self.outbox();
        let mut conn = self.pool.writer().await.unwrap();
        conn.transaction(async |conn| {
            for event in events {
                outbox.append(conn, event).await?;
            }
            diesel::QueryResult::Ok(())
        })
        .await
        .unwrap();
    }

    pub(crate) fn relay(&self, broker: &SharedBroker) -> Relay {
        Relay::new(self.pool.clone(), SCHEMA, Arc::clone(broker))
    }

    /// Takes away what the test left on a server that others use too.
    pub(crate) async fn end(self) {
        let Some(url) = &self.rabbitmq else { return };
        let channel = amqp(url).await.create_channel().await.unwrap();
        let queues = self.queues.into_inner().unwrap();
        for queue in queues {
            for name in [format!("{queue}.dead"), queue] {
                let options = QueueDeleteOptions::default();
                channel.queue_delete(name.into(), options).await.unwrap();
            }
        }
    }
}

impl Process {
    /// Starts its relay.
    pub(crate) fn start_relay(&mut self) {
        let relay = Relay::new(self.pool.clone(), SCHEMA, Arc::clone(&self.broker));
        self.relaying = Some(Relaying::start(relay));
    }

    /// Stops its relay as a service does.
    pub(crate) async fn stop_relay(&mut self) {
        if let Some(relaying) = self.relaying.take() {
            relaying.stop().await;
        }
    }
}

impl Relaying {
    pub(crate) fn start(relay: Relay) -> Self {
        let stop = CancellationToken::new();
        let task = AbortOnDropHandle::new(tokio::spawn(relay.run(stop.clone())));
        Self { stop, task }
    }

    /// Stops it as a service does.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

pub(crate) async fn amqp(url: &str) -> Amqp {
    Amqp::connect(url, ConnectionProperties::default())
        .await
        .unwrap()
}
