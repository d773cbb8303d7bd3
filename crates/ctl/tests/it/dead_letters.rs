//! Events that did not have their effect.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use diesel_async::AsyncConnection;
use oruma_broker::{
    Broker, Event, HandleError, Handler, InProcessBroker, Inbox, RabbitMqBroker, Relay,
    Subscription,
};
use oruma_postgres::Database;
use oruma_service_runtime::{Clock, Random};
use oruma_test_kit::{Server, eventually, server_url};
use secrecy::SecretString;
use serde_json::json;

use crate::support::Installation;

/// Refuses until it is mended; then each event has its effect once.
struct Mendable {
    database: Database,
    inbox: Inbox,
    is_mended: AtomicBool,
    effects: AtomicUsize,
}

#[async_trait]
impl Handler for Mendable {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        if !self.is_mended.load(Ordering::SeqCst) {
            return Err(HandleError::poison("not understood"));
        }
        let mut conn = self.database.writer().await?;
        let first = conn
            .transaction(async |conn| self.inbox.first_time(conn, event.id).await)
            .await?;
        if first {
            self.effects.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}

impl Mendable {
    fn of(installation: &Installation) -> Arc<Self> {
        Arc::new(Self {
            database: installation.database.connect(),
            inbox: Inbox::new("auth", "test"),
            is_mended: AtomicBool::new(false),
            effects: AtomicUsize::new(0),
        })
    }

    fn effects(&self) -> usize {
        self.effects.load(Ordering::SeqCst)
    }
}

fn event(kind: &str) -> Event {
    let now = Clock::system().now();
    let id = Random::system().id(now);
    Event::new(
        id,
        kind,
        "/oruma/auth",
        "s1".to_owned(),
        now,
        &json!({"n": 1}),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_event_comes_back_from_rabbitmq_and_has_its_effect_once() {
    let url = server_url(Server::RabbitMq);
    let installation = Installation::new().await.with("RABBITMQ_URL", &url);
    let own = format!("{:x}", u64::from_be_bytes(Random::system().bytes()));
    let (queue, kind) = (format!("ctl.test_{own}"), format!("ctl.thing{own}.made.v1"));
    let broker = RabbitMqBroker::new(&SecretString::from(url), "ctl test").unwrap();
    let handler = Mendable::of(&installation);
    let wanted = Subscription::once(&queue, [&kind]);
    broker
        .subscribe(wanted, Arc::clone(&handler) as _)
        .await
        .unwrap();
    eventually("the queue is there", async || {
        broker
            .depth(&queue)
            .await
            .unwrap()
            .is_some_and(|depth| depth.consumers == 1)
    })
    .await;
    let (first, second) = (event(&kind), event(&kind));
    let published = broker.publish(&[first.clone(), second.clone()]).await;
    assert_eq!(published, [Ok(()), Ok(())]);
    eventually("both were given up", async || {
        let depth = broker.depth(&queue).await.unwrap();
        depth.is_some_and(|depth| depth.dead_letters == 2)
    })
    .await;

    let listed = installation.json(&["dead-letters", "list", "--queue", &queue]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[0]["id"], first.id.to_string());
    assert_eq!(listed[0]["reason"], "not understood");
    assert_eq!(listed[0]["place"], "rabbitmq");
    let (one, other) = (first.id.to_string(), second.id.to_string());
    let shown = installation.json(&["dead-letters", "show", &one, "--queue", &queue]);
    assert_eq!(shown["event"]["data"]["n"], 1);

    handler.is_mended.store(true, Ordering::SeqCst);
    let requeue = ["dead-letters", "requeue", "--queue", &queue, "--id", &one];
    assert_eq!(
        installation.json(&requeue),
        json!({"done": "requeued", "letters": 1})
    );
    eventually("its effect", async || handler.effects() == 1).await;
    installation
        .ctl(&requeue)
        .failed(1, &format!("there is no dead letter {one}"));

    // It comes once more, and has no effect.
    assert_eq!(broker.publish(&[first]).await, [Ok(())]);
    let all = ["dead-letters", "requeue", "--queue", &queue, "--all"];
    assert_eq!(installation.json(&all)["letters"], 1);
    eventually("the other's effect", async || handler.effects() == 2).await;
    eventually("nothing is left", async || {
        let depth = broker.depth(&queue).await.unwrap().unwrap();
        depth.messages == 0 && depth.dead_letters == 0
    })
    .await;
    assert_eq!(handler.effects(), 2);

    handler.is_mended.store(false, Ordering::SeqCst);
    assert_eq!(broker.publish(&[second]).await, [Ok(())]);
    eventually("it was given up", async || {
        let depth = broker.depth(&queue).await.unwrap();
        depth.is_some_and(|depth| depth.dead_letters == 1)
    })
    .await;
    let discard = ["dead-letters", "discard", "--queue", &queue, "--id", &other];
    installation.ctl(&discard).failed(
        1,
        "1 dead letters would be removed for good: add --yes to do it",
    );
    let discarded = installation.json(&[&discard[..], &["--yes"]].concat());
    assert_eq!(discarded, json!({"done": "discarded", "letters": 1}));
    eventually("it is gone", async || {
        broker.depth(&queue).await.unwrap().unwrap().dead_letters == 0
    })
    .await;
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_event_comes_back_from_a_table_and_has_its_effect_once() {
    let installation = Installation::new().await;
    let broker = Arc::new(InProcessBroker::new(Some(installation.database.connect())));
    let handler = Mendable::of(&installation);
    let wanted = Subscription::once("test.made", ["auth.test.made.v1"]);
    broker
        .subscribe(wanted, Arc::clone(&handler) as _)
        .await
        .unwrap();
    let made = event("auth.test.made.v1");
    assert_eq!(broker.publish(std::slice::from_ref(&made)).await, [Ok(())]);
    let listed = installation.json(&["dead-letters", "list"]);
    assert_eq!(listed[0]["id"], made.id.to_string());
    assert_eq!(listed[0]["place"], "auth.dead_letters");
    assert_eq!(
        installation.json(&["outbox", "--service", "auth"])["outboxes"][0]["dead_letters"],
        1
    );

    handler.is_mended.store(true, Ordering::SeqCst);
    assert_eq!(
        installation.json(&["dead-letters", "requeue", "--all"])["letters"],
        1
    );
    let waiting = installation.json(&["outbox", "--service", "auth"]);
    assert_eq!(waiting["outboxes"][0]["waiting"], 1);
    assert_eq!(waiting["queues"], json!(null));
    let relay = Relay::new(installation.database.connect(), "auth", broker);
    assert_eq!(relay.drain().await.unwrap(), 1);
    assert_eq!(handler.effects(), 1);
    // Once more by hand.
    let again = format!(
        "INSERT INTO auth.dead_letters (queue, event_id, event, reason, attempts) VALUES ('test.made', '{}', '{}', 'no', 1)",
        made.id,
        made.to_json().unwrap()
    );
    installation.tables.execute(&again).await;
    assert_eq!(
        installation.json(&["dead-letters", "requeue", "--all"])["letters"],
        1
    );
    assert_eq!(relay.drain().await.unwrap(), 1);
    assert_eq!(handler.effects(), 1);
    assert_eq!(installation.json(&["dead-letters", "list"]), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_stays_until_it_is_discarded() {
    let installation = Installation::new().await;
    let broken = "INSERT INTO social.dead_letters (queue, event, reason, attempts) VALUES ('outbox', '{}', 'no event', 1)";
    installation.tables.execute(broken).await;
    let refused = installation.ctl(&["dead-letters", "requeue", "--all"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.problem.contains("#1 stays a dead letter"),
        "{refused:?}"
    );
    assert_eq!(installation.tables.count("social.dead_letters").await, 1);
    let discard = ["dead-letters", "discard", "--id", "#1", "--yes"];
    assert_eq!(installation.json(&discard)["letters"], 1);
    assert_eq!(installation.tables.count("social.dead_letters").await, 0);
    // Which ones must be said.
    assert_eq!(installation.ctl(&["dead-letters", "requeue"]).code, 2);
}
