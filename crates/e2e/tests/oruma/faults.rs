//! Processes and servers that end as in a crash, while people join: what was answered is done, and happened once.

mod consumer;
mod sockets;
mod storm;

use std::collections::BTreeSet;

use oruma_e2e::{Client, Deployment, Person, PrivateServers, rabbitmq_corner};
use oruma_postgres::Database;
use oruma_test_kit::{eventually, within};
use std::time::Duration;

use crate::support::{database, texts};
use consumer::Consumer;
use storm::Storm;

/// A RabbitMQ that starts again beside a storm.
const PATIENCE: Duration = Duration::from_secs(90);

/// Everybody who was told that the account is made can sign in.
async fn all_sign_in(api: &Client, joined: &[Person]) {
    // A few at a time, since the queue in front of the passwords is short.
    for some in joined.chunks(4) {
        let sign_ins = some.iter().map(|person| api.signed_in(person));
        futures::future::join_all(sign_ins).await;
    }
}

async fn accounts(database: &Database) -> BTreeSet<String> {
    texts(database, "SELECT id FROM auth.users")
        .await
        .into_iter()
        .collect()
}

/// Nothing waits to be published, and nothing was given up.
async fn outbox_is_empty(database: &Database) {
    within(PATIENCE, "all events are published", || async {
        texts(database, "SELECT id FROM auth.outbox")
            .await
            .is_empty()
    })
    .await;
    let dead = texts(database, "SELECT reason FROM auth.dead_letters").await;
    assert!(dead.is_empty(), "{dead:?}");
}

/// Each account has had its event in effect once, and nobody else has.
async fn each_account_was_told_once(accounts: &BTreeSet<String>, consumer: &Consumer) {
    within(PATIENCE, "each account's event arrives", || async {
        consumer.told().await.len() >= accounts.len()
    })
    .await;
    let told = consumer.told().await;
    let distinct: BTreeSet<String> = told.iter().cloned().collect();
    assert_eq!(&distinct, accounts);
    assert_eq!(
        told.len(),
        accounts.len(),
        "some event had its effect twice"
    );
    let dead = consumer.dead_letters().await;
    assert!(dead.is_empty(), "{dead:?}");
}

/// O-009, O-120, O-153, O-214, O-216, O-219, O-223: each process and each server is killed in turn under load and comes back; nothing that was answered is
/// lost, nothing happens twice, and what was not killed goes on by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_killed_nothing_is_lost() {
    let servers = PrivateServers::start(&["postgres", "redis", "rabbitmq"]).await;
    let mut plan = Deployment::distributed().gateways(2);
    for (variable, url) in servers.urls() {
        plan = plan.env(variable, url);
    }
    let deployment = plan.start().await;
    let consumer = Consumer::start(servers.url("RABBITMQ_URL")).await;
    let stays = deployment.gateway(1).id();
    let storm = Storm::over(&deployment);
    storm.progress(4).await;
    within(PATIENCE, "the first events arrive", || async {
        !consumer.told().await.is_empty()
    })
    .await;

    for _ in 0..2 {
        deployment.auth().kill();
        deployment.auth().start();
        storm.progress(3).await;
    }

    deployment.gateway(0).kill();
    storm.progress(3).await;
    deployment.gateway(0).start();
    deployment.gateway(0).ready().await;

    // Its queues were declared long ago: 3.10 forgets those of the last second.
    servers.kill("rabbitmq").await;
    storm.progress(4).await;
    let before = consumer.told().await.len();
    servers.restart("rabbitmq").await;
    within(PATIENCE, "events arrive again", || async {
        consumer.told().await.len() > before + 3
    })
    .await;

    servers.kill("redis").await;
    storm.progress(4).await;
    servers.restart("redis").await;

    let auth = deployment.auth().id();
    servers.kill("postgres").await;
    servers.restart("postgres").await;
    storm.progress(4).await;

    // All at once, as when the power fails.
    deployment.auth().kill();
    servers.kill("rabbitmq").await;
    deployment.gateway(0).kill();
    assert!(auth.is_some() && deployment.auth().id().is_none());
    servers.restart("rabbitmq").await;
    deployment.auth().start();
    deployment.gateway(0).start();
    storm.progress(4).await;

    let joined = storm.end().await;
    assert_eq!(
        deployment.gateway(1).id(),
        stays,
        "it was never started again"
    );
    for index in 0..2 {
        deployment.gateway(index).ready().await;
    }
    all_sign_in(&deployment.client(), &joined).await;
    let database = database(&deployment);
    outbox_is_empty(&database).await;
    let accounts = accounts(&database).await;
    assert!(accounts.len() >= joined.len());
    each_account_was_told_once(&accounts, &consumer).await;
    println!(
        "{} accounts, {} of them answered",
        accounts.len(),
        joined.len()
    );
}

/// O-009, O-214, O-223: the process that is all of the platform, with the servers' work done inside; and its PostgreSQL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standalone_process_is_killed() {
    let servers = PrivateServers::start(&["postgres"]).await;
    let plan = Deployment::standalone().env("DATABASE_URL", servers.url("DATABASE_URL"));
    let deployment = plan.start().await;
    let api = deployment.client();
    let left = api.newcomer().await;
    let _ = api.sign_out(&left).await.must_be(200);
    let storm = Storm::over(&deployment);
    for _ in 0..3 {
        storm.progress(3).await;
        deployment.gateway(0).kill();
        deployment.gateway(0).start();
    }
    deployment.gateway(0).ready().await;
    storm.progress(3).await;
    let process = deployment.gateway(0).id();
    servers.kill("postgres").await;
    eventually("it is not ready", || async { not_ready(&api).await }).await;
    assert_eq!(api.get("/livez").send().await.status, 200);
    servers.restart("postgres").await;
    storm.progress(3).await;
    let joined = storm.end().await;
    assert_eq!(
        deployment.gateway(0).id(),
        process,
        "it was never started again"
    );
    deployment.gateway(0).ready().await;
    all_sign_in(&api, &joined).await;
    assert_eq!(api.me(&left.token).await.status, 401);
    outbox_is_empty(&database(&deployment)).await;
}

async fn not_ready(api: &Client) -> bool {
    let answer = api.get("/readyz").attempt().await;
    answer.is_ok_and(|answer| answer.status == 503)
}

/// O-009, O-120, O-223: the same process with a RabbitMQ, where others listen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standalone_process_with_a_broker_is_killed() {
    let url = rabbitmq_corner().await;
    let deployment = Deployment::standalone()
        .env("RABBITMQ_URL", &url)
        .start()
        .await;
    let consumer = Consumer::start(&url).await;
    let storm = Storm::over(&deployment);
    for _ in 0..4 {
        storm.progress(3).await;
        deployment.gateway(0).kill();
        deployment.gateway(0).start();
    }
    storm.progress(3).await;
    let joined = storm.end().await;
    deployment.gateway(0).ready().await;
    all_sign_in(&deployment.client(), &joined).await;
    let database = database(&deployment);
    outbox_is_empty(&database).await;
    each_account_was_told_once(&accounts(&database).await, &consumer).await;
}
