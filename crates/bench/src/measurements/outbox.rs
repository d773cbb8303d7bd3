//! The way of an event: from the transaction that tells of something to the transaction that heeds it. Both ends are in this process, and the outbox is
//! one of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use diesel_async::AsyncConnection;
use oruma_broker::{
    Event, HandleError, Handler, Inbox, Outbox, RabbitMqBroker, Relay, SharedBroker, Subscription,
};
use oruma_postgres::{Database, DatabaseConfig};
use oruma_service_runtime::{Clock, Random};
use secrecy::SecretString;
use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::load::{Measured, Outcome, at_rate};
use crate::raw_broker;
use crate::sockets::{Arrivals, marked};

const SCHEMA: &str = "bench_outbox";
const QUEUE: &str = "bench.things";
const KIND: &str = "bench.thing.happened.v1";
/// Events in a second.
const RATE: f64 = 1_000.0;
/// Different subjects: events of one are handled one after the other.
const SUBJECTS: u64 = 1_000;
/// Connections for those who tell, the relay and the consumer.
const CONNECTIONS: usize = 24;
/// How long a backlog may take.
const DRAINED: Duration = Duration::from_secs(120);

/// How long an event takes at a fixed rate, and how fast a backlog goes.
///
/// # Errors
/// When the database or the broker fails, or an event does not arrive.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let tables =
        include_str!("../../../broker/sql/outbox_and_inbox.sql").replace("{schema}", SCHEMA);
    let fresh = format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}; {tables}");
    lab.sql(&fresh).await?;
    let url = lab.servers.url("RABBITMQ_URL");
    let figures = figures(lab, effort, url).await;
    raw_broker::remove(url, &[QUEUE, &format!("{QUEUE}.dead")]).await?;
    lab.sql(&format!("DROP SCHEMA {SCHEMA} CASCADE")).await?;
    figures
}

async fn figures(lab: &Lab, effort: &Effort, url: &str) -> Result<Vec<Figure>> {
    let way = Way::open(lab, url)?;
    let heeding = way.heed().await?;
    let relaying = way.relay()?;
    way.begin().await?;
    let _ = way.at_rate(1 << 32, effort.warm_up).await;
    let before = lab.usage();
    let steady = way.at_rate(2 << 32, effort.run).await;
    let usage = lab.usage() - before;
    ensure!(
        steady.failed == 0,
        "{} events did not arrive",
        steady.failed
    );
    relaying.stop().await?;
    heeding.close().await;

    way.pile_up(lab, effort.backlog).await?;
    let before = lab.usage();
    let begun = Instant::now();
    let relaying = way.relay()?;
    way.drained(lab).await?;
    let drained = begun.elapsed();
    let drain_usage = lab.usage() - before;
    relaying.stop().await?;

    let heeded = way.effects.count.load(Ordering::Relaxed);
    let begun = Instant::now();
    let before = lab.usage();
    let heeding = way.heed().await?;
    let end = begun + effort.run;
    while way.effects.count.load(Ordering::Relaxed) < heeded + effort.backlog
        && Instant::now() < end
    {
        sleep(Duration::from_millis(5)).await;
    }
    let heeded = way.effects.count.load(Ordering::Relaxed) - heeded;
    let (heeding_took, heed_usage) = (begun.elapsed(), lab.usage() - before);
    heeding.close().await;
    ensure!(heeded > 0, "no event of the backlog had its effect");

    let raw = raw_broker::publish(url, 256, effort.run / 4).await?;
    let inside = "the relay and the consumer are in the process that makes the load";
    Ok(vec![
        Figure::time("half of the events at 1,000/s", steady.at(0.5)).wanted(10.0),
        Figure::time("99 of 100 events at 1,000/s", steady.at(0.99))
            .wanted(40.0)
            .cpu(usage.per(steady.done.len()))
            .times(&steady)
            .note(inside),
        Figure::higher(
            &format!("a backlog of {} leaving the outbox", effort.backlog),
            per_second(effort.backlog, drained),
            "/s",
        )
        .against("raw publish, 256 in flight", raw.rate())
        .cpu(drain_usage.per(effort.backlog))
        .note(inside),
        Figure::higher(
            "a backlog having its effect",
            per_second(heeded, heeding_took),
            "/s",
        )
        .cpu(heed_usage.per(heeded))
        .note("each in a transaction with its row of the inbox"),
    ])
}

/// What both ends have in common.
struct Way {
    url: SecretString,
    database: Database,
    outbox: Outbox,
    effects: Arc<Effects>,
}

/// A relay at work.
struct Relaying {
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
    broker: SharedBroker,
}

/// What events have as their effect here: that they are known to have come.
struct Effects {
    database: Database,
    inbox: Inbox,
    arrivals: Arrivals,
    count: AtomicU64,
}

impl Way {
    fn open(lab: &Lab, url: &str) -> Result<Self> {
        let database = Database::connect(&DatabaseConfig {
            url: lab.servers.url("DATABASE_URL").into(),
            pool_size: CONNECTIONS,
            schema: SCHEMA,
            trace_statements: false,
        })?;
        let effects = Effects {
            database: database.clone(),
            inbox: Inbox::new(SCHEMA, QUEUE),
            arrivals: Arrivals::default(),
            count: AtomicU64::new(0),
        };
        Ok(Self {
            url: url.into(),
            database,
            outbox: Outbox::new(SCHEMA),
            effects: Arc::new(effects),
        })
    }

    fn broker(&self) -> Result<SharedBroker> {
        Ok(Arc::new(RabbitMqBroker::new(&self.url, "bench")?))
    }

    /// Consumes until the answer is closed.
    async fn heed(&self) -> Result<SharedBroker> {
        let broker = self.broker()?;
        let handler: Arc<dyn Handler> = self.effects.clone();
        let subscription = Subscription::once(QUEUE, [KIND]);
        broker.subscribe(subscription, handler).await?;
        Ok(broker)
    }

    fn relay(&self) -> Result<Relaying> {
        let (broker, stop) = (self.broker()?, CancellationToken::new());
        let relay = Relay::new(self.database.clone(), SCHEMA, Arc::clone(&broker));
        let task = AbortOnDropHandle::new(tokio::spawn(relay.run(stop.clone())));
        Ok(Relaying { stop, task, broker })
    }

    /// Tells of things until one arrives: a queue has nothing of what was told before it was there.
    async fn begin(&self) -> Result<()> {
        for number in 0.. {
            if self.effects.count.load(Ordering::Relaxed) > 0 {
                break;
            }
            ensure!(number < 600, "no event arrives");
            append(&self.database, &self.outbox, number).await?;
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    async fn at_rate(&self, first: u64, time: Duration) -> Measured {
        let (database, outbox) = (self.database.clone(), self.outbox.clone());
        let effects = Arc::clone(&self.effects);
        at_rate(RATE, time, move |number| {
            let (database, outbox) = (database.clone(), outbox.clone());
            let effects = Arc::clone(&effects);
            let number = first + number;
            async move {
                let arrival = effects.arrivals.expect(number, 1);
                if append(&database, &outbox, number).await.is_err() {
                    return Outcome::Failed;
                }
                match arrival.came().await {
                    true => Outcome::Done,
                    false => Outcome::Failed,
                }
            }
        })
        .await
    }

    /// Fills the outbox while nobody empties it.
    async fn pile_up(&self, lab: &Lab, events: u64) -> Result<()> {
        let event = serde_json::to_value(&thing(0).to_json()?)?;
        let event = event.as_str().context("JSON")?.replace('\'', "''");
        lab.sql(&format!(
            "INSERT INTO {SCHEMA}.outbox (id, kind, subject, event)
             SELECT id, '{KIND}', n::text,
                    '{event}'::jsonb || jsonb_build_object('id', id, 'subject', 'subject ' || n % {SUBJECTS})
             FROM (SELECT n, gen_random_uuid() AS id FROM generate_series(1, {events}) AS n) AS told"
        ))
        .await
    }

    async fn drained(&self, lab: &Lab) -> Result<()> {
        let end = Instant::now() + DRAINED;
        let left = format!("SELECT count(*) FROM {SCHEMA}.outbox");
        while lab.count(&left).await? > 0 {
            ensure!(Instant::now() < end, "the backlog does not go");
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

impl Relaying {
    async fn stop(self) -> Result<()> {
        self.stop.cancel();
        self.task.await?;
        self.broker.close().await;
        Ok(())
    }
}

#[async_trait]
impl Handler for Effects {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let mut conn = self.database.reader().await?;
        let is_first = conn
            .transaction(async |conn| self.inbox.first_time(conn, event.id).await)
            .await?;
        if is_first {
            self.count.fetch_add(1, Ordering::Relaxed);
            if let Some(number) = event.data.get("n").and_then(serde_json::Value::as_u64) {
                self.arrivals.note(number);
            }
        }
        Ok(())
    }
}

fn thing(number: u64) -> Event {
    let now = Clock::system().now();
    Event {
        id: Random::system().id(now),
        kind: KIND.to_owned(),
        source: "/oruma/bench".to_owned(),
        subject: format!("subject {}", number % SUBJECTS),
        time: now,
        data: json!({"n": number, "text": marked(number)}),
        trace: None,
    }
}

async fn append(database: &Database, outbox: &Outbox, number: u64) -> Result<()> {
    let event = thing(number);
    let mut conn = database.writer().await?;
    conn.transaction(async |conn| outbox.append(conn, &event).await)
        .await?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64().max(f64::EPSILON)
}
