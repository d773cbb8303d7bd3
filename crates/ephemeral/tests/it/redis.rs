//! The suite over Redis, and what the keys there look like.

use std::time::Duration;

use bytes::Bytes;
use oruma_ephemeral::{EphemeralError, Quota, redis};
use secrecy::SecretString;

use crate::server::{Server, connect, shared_url};
use crate::suite::{Installation, whole_suite_holds_for};
use crate::support::{eventually, soon};

async fn installation() -> Installation<Option<Server>> {
    let (url, server) = match shared_url() {
        Some(url) => (url, None),
        None => {
            let server = Server::start();
            (server.url(), Some(server))
        }
    };
    Installation {
        one: connect(&url).await,
        other: connect(&url).await,
        _guard: server,
    }
}

whole_suite_holds_for!(installation().await);

async fn plain(server: &Server) -> ::redis::aio::MultiplexedConnection {
    let client = ::redis::Client::open(server.url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

#[tokio::test]
async fn every_key_has_the_prefix_and_an_end() {
    let server = Server::start();
    let ephemeral = connect(&server.url()).await;
    let quota = Quota::per_minute(60, 0);
    let (value, ttl) = (Bytes::from_static(b"value"), Duration::from_millis(1_500));
    ephemeral.put("one", value.clone(), ttl).await.unwrap();
    ephemeral.put_if_absent("two", value, ttl).await.unwrap();
    ephemeral.take("three", quota).await.unwrap();

    let mut plain = plain(&server).await;
    let mut keys: Vec<String> = ::redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut plain)
        .await
        .unwrap();
    keys.sort();
    assert_eq!(
        keys,
        ["oruma:rate:three", "oruma:value:one", "oruma:value:two"]
    );
    for (key, longest) in keys.iter().zip([1_000, 1_500, 1_500]) {
        let left: i64 = ::redis::cmd("PTTL")
            .arg(key)
            .query_async(&mut plain)
            .await
            .unwrap();
        assert!((1..=longest).contains(&left), "{key} ends in {left} ms");
    }
}

#[tokio::test]
async fn a_server_that_forgot_the_script_gets_it_again() {
    let server = Server::start();
    let ephemeral = connect(&server.url()).await;
    let quota = Quota::per_minute(1, 1);
    assert_eq!(ephemeral.take("key", quota).await.unwrap().remaining, 1);
    let mut flush = ::redis::cmd("SCRIPT");
    flush
        .arg("FLUSH")
        .exec_async(&mut plain(&server).await)
        .await
        .unwrap();
    assert_eq!(ephemeral.take("key", quota).await.unwrap().remaining, 0);
}

#[tokio::test]
async fn topics_without_subscribers_are_left_on_the_server() {
    let server = Server::start();
    let ephemeral = connect(&server.url()).await;
    let mut plain = plain(&server).await;
    let mut subscription = ephemeral.subscribe("topic").await.unwrap();
    soon(subscription.next()).await;
    let mut channels = ::redis::cmd("PUBSUB");
    channels.arg("CHANNELS");
    let listed: Vec<String> = channels.query_async(&mut plain).await.unwrap();
    assert_eq!(listed, ["oruma:topic:topic"]);

    drop(subscription);
    eventually(|| {
        let (channels, mut plain) = (channels.clone(), plain.clone());
        async move {
            let listed: Vec<String> = channels.query_async(&mut plain).await.unwrap();
            listed.is_empty()
        }
    })
    .await;
}

#[tokio::test]
async fn dropping_the_last_handle_ends_subscriptions_and_closes_the_lines() {
    let server = Server::start();
    let ephemeral = connect(&server.url()).await;
    let mut subscription = ephemeral.subscribe("topic").await.unwrap();
    soon(subscription.next()).await;
    drop(ephemeral);
    assert_eq!(soon(subscription.next()).await, None);
    let plain = plain(&server).await;
    eventually(|| {
        let mut plain = plain.clone();
        async move {
            let mut list = ::redis::cmd("CLIENT");
            let clients: String = list.arg("LIST").query_async(&mut plain).await.unwrap();
            clients.lines().count() == 1
        }
    })
    .await;
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_repeating_it() {
    for url in [
        "",
        "hunter2",
        "http://:hunter2@host",
        "redis://:hunter2@host/hunter2",
    ] {
        let error = redis(&SecretString::from(url)).await.err().unwrap();
        assert_eq!(error, EphemeralError::InvalidUrl);
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
