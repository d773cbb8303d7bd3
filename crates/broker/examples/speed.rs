//! Measures the way from the outbox to the consumer: events a second, and latency at 1,000 events a second.
//!
//! `DATABASE_URL=… [RABBITMQ_URL=…] cargo run --release -p oruma-broker --example speed`; it works in a schema of its own, which it
//! drops in the end.
#![expect(clippy::print_stdout, reason = "figures are what this is for")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use oruma_broker::{
    Event, HandleError, Handler, InProcessBroker, Inbox, Outbox, RabbitMqBroker, Relay,
    SharedBroker, Subscription,
};
use oruma_postgres::{Database, DatabaseConfig};
use oruma_service_runtime::{Clock, Env, Random};
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

const SCHEMA: &str = "broker_speed";
const EVENTS: usize = 20_000;
const WRITERS: usize = 16;
const SECONDS: usize = 10;
const KIND: &str = "speed.thing.happened.v1";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let env = Env::of_process();
    let pool = Database::connect(&DatabaseConfig {
        pool_size: 40,
        ..DatabaseConfig::from_env(&env, SCHEMA)?
    })?;
    measure("in process", &pool, Arc::new(InProcessBroker::new(None))).await?;
    if let Some(url) = env.secret("RABBITMQ_URL")? {
        measure(
            "rabbitmq",
            &pool,
            Arc::new(RabbitMqBroker::new(&url, "speed")?),
        )
        .await?;
    }
    execute(&pool, &format!("DROP SCHEMA {SCHEMA} CASCADE")).await
}

async fn measure(name: &str, pool: &Database, broker: SharedBroker) -> anyhow::Result<()> {
    let tables = include_str!("../sql/outbox_and_inbox.sql").replace("{schema}", SCHEMA);
    let fresh = format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}; {tables}");
    execute(pool, &fresh).await?;
    let consumer = Arc::new(Consumer::new(pool));
    let handler: Arc<dyn Handler> = consumer.clone();
    broker
        .subscribe(Subscription::once("speed.things", [KIND]), handler)
        .await?;
    let stop = CancellationToken::new();
    let relay = Relay::new(pool.clone(), SCHEMA, Arc::clone(&broker));
    let relaying = AbortOnDropHandle::new(tokio::spawn(relay.run(stop.clone())));
    while consumer.count() == 0 {
        append(pool, 0).await?;
        sleep(Duration::from_millis(100)).await;
    }

    let begun = Instant::now();
    let before = consumer.count();
    at_once(pool).await?;
    consumer.reaches(before + EVENTS).await;
    let rate = EVENTS as f64 / begun.elapsed().as_secs_f64();
    println!("{name}: {rate:.0} events/s with {WRITERS} writers");

    let before = consumer.count();
    consumer.latencies.lock().await.clear();
    steadily(pool).await?;
    consumer.reaches(before + SECONDS * 1000).await;
    let mut latencies = consumer.latencies.lock().await;
    latencies.sort_unstable();
    let at = |share: usize| latencies.get(latencies.len() * share / 1000).copied();
    println!(
        "{name}: at 1,000 events/s p50 {:?}, p99 {:?}, p99.9 {:?}",
        at(500).context("none")?,
        at(990).context("none")?,
        at(999).context("none")?
    );
    stop.cancel();
    relaying.await?;
    broker.close().await;
    Ok(())
}

/// As many as the database commits.
async fn at_once(pool: &Database) -> anyhow::Result<()> {
    let writers = (0..WRITERS).map(async |writer| {
        for n in 0..EVENTS / WRITERS {
            append(pool, writer * EVENTS + n).await?;
        }
        anyhow::Ok(())
    });
    futures::future::try_join_all(writers).await?;
    Ok(())
}

/// A thousand a second, each on its own.
async fn steadily(pool: &Database) -> anyhow::Result<()> {
    let mut ticks = interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut appending = tokio::task::JoinSet::new();
    for n in 0..SECONDS * 1000 {
        ticks.tick().await;
        let pool = pool.clone();
        appending.spawn(async move { append(&pool, n).await });
    }
    appending.join_all().await.into_iter().collect()
}

async fn append(pool: &Database, n: usize) -> anyhow::Result<()> {
    let now = Clock::system().now();
    let event = Event {
        id: Random::system().id(now),
        kind: KIND.to_owned(),
        source: "/oruma/speed".to_owned(),
        subject: format!("subject {}", n % 1000),
        time: now,
        data: json!({ "n": n, "text": "a post of usual length, which is about a hundred characters or so, give or take some" }),
        trace: None,
    };
    let outbox = Outbox::new(SCHEMA);
    let mut conn = pool.writer().await?;
    conn.transaction(async |conn| outbox.append(conn, &event).await)
        .await?;
    Ok(())
}

struct Consumer {
    pool: Database,
    inbox: Inbox,
    count: AtomicUsize,
    latencies: Mutex<Vec<Duration>>,
}

impl Consumer {
    fn new(pool: &Database) -> Self {
        Self {
            pool: pool.clone(),
            inbox: Inbox::new(SCHEMA, "speed.things"),
            count: AtomicUsize::new(0),
            latencies: Mutex::default(),
        }
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    async fn reaches(&self, count: usize) {
        while self.count() < count {
            sleep(Duration::from_millis(1)).await;
        }
    }
}

#[async_trait]
impl Handler for Consumer {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let mut conn = self.pool.reader().await?;
        let first = conn
            .transaction(async |conn| self.inbox.first_time(conn, event.id).await)
            .await?;
        if first {
            let latency = (Clock::system().now() - event.time).to_std();
            self.latencies
                .lock()
                .await
                .push(latency.unwrap_or_default());
            self.count.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}

async fn execute(pool: &Database, sql: &str) -> anyhow::Result<()> {
    pool.writer().await?.batch_execute(sql).await?;
    Ok(())
}
