//! Servers and processes that end while events flow: each committed event takes effect once, no other does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use diesel::result::Error;
use diesel_async::AsyncConnection;
use oruma_broker::{Event, HandleError, Handler, Outbox, PublishError, Subscription};
use tokio::time::timeout;

use crate::support::effects::{Effects, count, effects};
use crate::support::servers::PrivateServers;
use crate::support::{SCHEMA, World, eventually};

/// Commits and rolls back until told to end; the numbers of what was committed.
async fn append_until(world: &World, task: i64, end: &AtomicBool) -> BTreeSet<i64> {
    let outbox = Outbox::new(SCHEMA);
    let mut committed = BTreeSet::new();
    for n in 0.. {
        if end.load(Ordering::SeqCst) {
            break;
        }
        let number = n * 10 + task;
        let event = world.thing(&format!("subject {}", number % 7), number);
        let mut conn = world.pool.writer().await.unwrap();
        let outcome = conn
            .transaction(async |conn| {
                outbox.append(conn, &event).await?;
                if n % 5 == 0 {
                    Err(Error::RollbackTransaction)
                } else {
                    Ok(())
                }
            })
            .await;
        if outcome.is_ok() {
            committed.insert(number);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    committed
}

/// Appends in four tasks at a time while `trouble` lasts, and then checks the effects.
async fn nothing_is_lost_over(world: &World, trouble: impl Future<Output = ()>) {
    let end = AtomicBool::new(false);
    let trouble = async {
        trouble.await;
        end.store(true, Ordering::SeqCst);
    };
    let (a, b, c, d, ()) = tokio::join!(
        append_until(world, 0, &end),
        append_until(world, 1, &end),
        append_until(world, 2, &end),
        append_until(world, 3, &end),
        trouble,
    );
    let committed: BTreeSet<_> = [a, b, c, d].into_iter().flatten().collect();
    assert!(committed.len() > 20);
    eventually("all took effect", async || {
        count(&world.pool, "effects").await.unwrap_or_default() >= committed.len() as i64
    })
    .await;
    eventually("the outbox is empty", async || {
        count(&world.pool, "outbox").await == Some(0)
    })
    .await;
    let effects: Vec<_> = effects(&world.pool)
        .await
        .into_iter()
        .map(|effect| effect.n)
        .collect();
    assert_eq!(effects.len(), committed.len());
    assert_eq!(effects.into_iter().collect::<BTreeSet<_>>(), committed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ends_loses_nothing() {
    let world = World::in_process().await;
    let subscription = world.things();
    let processes = async {
        for _ in 0..6 {
            let mut process = world.process();
            let effect = Effects::handler(&process.pool);
            world
                .subscribe(&process.broker, subscription.clone(), effect)
                .await;
            process.start_relay();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let mut last = world.process();
    nothing_is_lost_over(&world, async {
        processes.await;
        let effect = Effects::handler(&last.pool);
        world
            .subscribe(&last.broker, subscription.clone(), effect)
            .await;
        last.start_relay();
    })
    .await;
}

/// Counts how often it is told that it missed something.
#[derive(Default)]
struct Cache(AtomicUsize);

#[async_trait]
impl Handler for Cache {
    async fn handle(&self, _: &Event) -> Result<(), HandleError> {
        Ok(())
    }

    async fn missed(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rabbitmq_that_crashes_loses_nothing() {
    let (server, url) = PrivateServers::start("rabbitmq").await;
    let world = World::new(Some(url)).await;
    let mut process = world.process();
    let effect = Effects::handler(&process.pool);
    let subscription = world.things();
    let queue = subscription.queue.clone();
    world.subscribe(&process.broker, subscription, effect).await;
    let cache = Arc::new(Cache::default());
    let caching = Subscription::each_process("cache", ["#"]);
    let handler: Arc<dyn Handler> = cache.clone();
    world.subscribe(&process.broker, caching, handler).await;
    eventually("the cache is told at first", async || {
        cache.0.load(Ordering::SeqCst) == 1
    })
    .await;
    process.start_relay();

    nothing_is_lost_over(&world, async {
        eventually("events flow", async || {
            count(&world.pool, "effects").await > Some(50)
        })
        .await;
        eventually("the queue is on disk", async || {
            server.has_written_down(&queue)
        })
        .await;
        server.kill("rabbitmq").await;
        let direct = [world.thing("direct", 0)];
        let published = timeout(Duration::from_secs(10), process.broker.publish(&direct));
        let published = published.await.unwrap();
        assert!(matches!(
            published[..],
            [Err(PublishError::Unreachable(_) | PublishError::Timeout)]
        ));
        assert!(process.broker.ping().await.is_err());
        server.restart("rabbitmq").await;
        let before = count(&world.pool, "effects").await;
        eventually("events flow again", async || {
            count(&world.pool, "effects").await > before
        })
        .await;
    })
    .await;
    eventually("the cache is told again", async || {
        cache.0.load(Ordering::SeqCst) == 2
    })
    .await;
    process.broker.ping().await.unwrap();
    process.stop_relay().await;
    process.broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_starts_before_its_server() {
    let (server, url) = PrivateServers::start("rabbitmq").await;
    server.kill("rabbitmq").await;
    let world = World::new(Some(url)).await;
    let mut process = world.process();
    let effect = Effects::handler(&process.pool);
    // Returns at once, as does all else that a service does when it starts.
    let subscribed = process.broker.subscribe(world.things(), effect);
    timeout(Duration::from_secs(1), subscribed)
        .await
        .unwrap()
        .unwrap();
    process.start_relay();
    let wanted = world.thing("s", 1);
    server.restart("rabbitmq").await;
    // What is published before the first declaration is for nobody.
    eventually("it arrived", async || {
        world
            .append(std::slice::from_ref(&wanted_again(&wanted)))
            .await;
        !effects(&world.pool).await.is_empty()
    })
    .await;
    process.broker.close().await;
}

/// The same fact under another id.
fn wanted_again(event: &Event) -> Event {
    let random = oruma_service_runtime::Random::system();
    Event {
        id: random.id(event.time),
        ..event.clone()
    }
}
