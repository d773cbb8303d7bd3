//! Redis away, silent, locked, and back.

use std::time::{Duration, Instant};

use bytes::Bytes;
use oruma_ephemeral::{EphemeralError, LogSignal, Quota, SharedEphemeral, Signal};

use crate::server::{Server, connect};
use crate::suite::logs::{append, caught_up, entry, next as next_of};
use crate::support::{assert_connects, assert_receives, eventually, next};

/// What a command promises, and some for a machine that is busy.
const QUICKLY: Duration = Duration::from_millis(1_500);
/// How soon a silent line is noticed, and some.
const NOTICED: Duration = Duration::from_secs(8);

async fn works(ephemeral: &SharedEphemeral) -> bool {
    ephemeral.ping().await.is_ok()
}

async fn assert_fails_quickly(ephemeral: &SharedEphemeral) {
    let quota = Quota::per_minute(1, 1);
    let start = Instant::now();
    assert!(ephemeral.take("key", quota).await.is_err());
    assert!(start.elapsed() < QUICKLY);
    let start = Instant::now();
    assert!(ephemeral.publish("topic", Bytes::new()).await.is_err());
    assert!(start.elapsed() < QUICKLY);
}

async fn assert_works_again(ephemeral: &SharedEphemeral) {
    eventually(async || works(ephemeral).await).await;
    let quota = Quota::per_minute(1, 1);
    assert!(ephemeral.take("key", quota).await.unwrap().allowed);
}

#[tokio::test]
async fn a_killed_server_comes_back() {
    let mut server = Server::start();
    let ephemeral = connect(&server.url()).await;
    let mut first = ephemeral.subscribe("topic").await.unwrap();
    let mut second = ephemeral.subscribe("another").await.unwrap();
    assert_connects(&mut first).await;
    assert_connects(&mut second).await;

    for _ in 0..2 {
        server.kill();
        assert_eq!(next(&mut first).await, Signal::Disconnected);
        assert_eq!(next(&mut second).await, Signal::Disconnected);
        assert_fails_quickly(&ephemeral).await;
        // A subscriber that comes meanwhile is served like the others.
        let mut third = ephemeral.subscribe("third").await.unwrap();

        server.resume();
        for subscription in [&mut first, &mut second, &mut third] {
            assert_connects(subscription).await;
        }
        assert_works_again(&ephemeral).await;
        for topic in ["topic", "another", "third"] {
            ephemeral
                .publish(topic, Bytes::from_static(b"back"))
                .await
                .unwrap();
        }
        for subscription in [&mut first, &mut second, &mut third] {
            assert_receives(subscription, b"back").await;
        }
    }
}

#[tokio::test]
async fn a_server_that_is_away_at_the_start_is_no_error() {
    let mut server = Server::stopped();
    let start = Instant::now();
    let ephemeral = connect(&server.url()).await;
    assert!(start.elapsed() < QUICKLY);
    assert_fails_quickly(&ephemeral).await;
    let mut subscription = ephemeral.subscribe("topic").await.unwrap();

    server.resume();
    assert_connects(&mut subscription).await;
    assert_works_again(&ephemeral).await;
    ephemeral
        .publish("topic", Bytes::from_static(b"hello"))
        .await
        .unwrap();
    assert_receives(&mut subscription, b"hello").await;
}

#[tokio::test]
async fn a_silent_server_is_noticed() {
    let server = Server::start();
    let ephemeral = connect(&server.url()).await;
    let mut subscription = ephemeral.subscribe("topic").await.unwrap();
    assert_connects(&mut subscription).await;

    server.freeze();
    let start = Instant::now();
    assert_fails_quickly(&ephemeral).await;
    assert_eq!(next(&mut subscription).await, Signal::Disconnected);
    assert!(start.elapsed() < NOTICED);
    assert_fails_quickly(&ephemeral).await;

    server.thaw();
    assert_connects(&mut subscription).await;
    assert_works_again(&ephemeral).await;
    ephemeral
        .publish("topic", Bytes::from_static(b"back"))
        .await
        .unwrap();
    assert_receives(&mut subscription, b"back").await;
}

#[tokio::test]
async fn commands_wait_for_nothing_while_the_server_is_known_to_be_away() {
    let server = Server::stopped();
    let ephemeral = connect(&server.url()).await;
    let start = Instant::now();
    for _ in 0..100 {
        assert!(!works(&ephemeral).await);
    }
    assert!(start.elapsed() < QUICKLY);
}

#[tokio::test]
async fn a_refused_password_is_tried_again_and_never_shown() {
    let server = Server::start_with(&["--requirepass", "correct"]);
    let ephemeral = connect(&format!("redis://:hunter2@127.0.0.1:{}", server.port())).await;
    let mut subscription = ephemeral.subscribe("topic").await.unwrap();
    let error = ephemeral.ping().await.unwrap_err();
    assert!(
        matches!(error, EphemeralError::Unreachable { .. }),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("hunter2"));

    let url = format!("redis://:correct@127.0.0.1:{}", server.port());
    let client = redis::Client::open(url).unwrap();
    let mut plain = client.get_multiplexed_async_connection().await.unwrap();
    let mut change = redis::cmd("CONFIG");
    change.arg("SET").arg("requirepass").arg("hunter2");
    change.exec_async(&mut plain).await.unwrap();
    assert_connects(&mut subscription).await;
    assert_works_again(&ephemeral).await;
}

#[tokio::test]
async fn a_refused_command_names_only_the_code() {
    let server = Server::start_with(&["--maxmemory", "1"]);
    let ephemeral = connect(&server.url()).await;
    let (value, ttl) = (Bytes::from_static(b"secret"), Duration::from_secs(1));
    let error = ephemeral.put("key", value, ttl).await.unwrap_err();
    let code = "OOM".to_owned();
    assert_eq!(error, EphemeralError::Refused { code });
    assert!(works(&ephemeral).await);
}

#[tokio::test]
async fn a_log_that_was_lost_with_its_server_is_told_to_be() {
    let mut server = Server::start();
    let ephemeral = connect(&server.url()).await;
    let mut reader = ephemeral.follow("log").await.unwrap();
    caught_up(&mut reader).await;
    let before = append(&ephemeral, "log", "before").await;
    assert_eq!(entry(&mut reader).await, (before, "before".to_owned()));

    server.kill();
    server.resume();
    let LogSignal::Lost { after } = next_of(&mut reader).await else {
        panic!("the loss is told");
    };
    assert!(after > before);
    eventually(async || works(&ephemeral).await).await;
    let again = append(&ephemeral, "log", "again").await;
    assert!(again > after);
    assert_eq!(entry(&mut reader).await, (again, "again".to_owned()));
    // Whoever comes now knows that it does not know what was before.
    let mut late = ephemeral.follow("log").await.unwrap();
    let (floor, entries) = caught_up(&mut late).await;
    assert!(floor > before && floor < again);
    assert_eq!(entries, ["again"]);
}

#[tokio::test]
async fn a_line_that_is_cut_loses_no_entry() {
    let server = Server::start();
    let ephemeral = connect(&server.url()).await;
    let mut reader = ephemeral.follow("log").await.unwrap();
    caught_up(&mut reader).await;
    let client = redis::Client::open(server.url()).unwrap();
    let mut plain = client.get_multiplexed_async_connection().await.unwrap();
    for round in 0..5 {
        let mut cut = redis::cmd("CLIENT");
        cut.arg("KILL")
            .arg("TYPE")
            .arg("normal")
            .arg("SKIPME")
            .arg("yes");
        cut.exec_async(&mut plain).await.unwrap();
        eventually(async || works(&ephemeral).await).await;
        for count in 0..50 {
            append(&ephemeral, "log", &format!("{round} {count}")).await;
        }
        for count in 0..50 {
            assert_eq!(entry(&mut reader).await.1, format!("{round} {count}"));
        }
    }
}

#[tokio::test]
async fn a_log_that_was_deleted_is_told_to_be_lost() {
    let server = Server::start();
    let ephemeral = connect(&server.url()).await;
    let mut reader = ephemeral.follow("log").await.unwrap();
    caught_up(&mut reader).await;
    let before = append(&ephemeral, "log", "before").await;
    entry(&mut reader).await;
    let client = redis::Client::open(server.url()).unwrap();
    let mut plain = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL").exec_async(&mut plain).await.unwrap();
    // Positions are only known to rise from one millisecond to the next where nothing is left of the log.
    tokio::time::sleep(Duration::from_millis(2)).await;
    append(&ephemeral, "log", "again").await;
    assert_eq!(
        next_of(&mut reader).await,
        LogSignal::Lost { after: before }
    );
    assert_eq!(entry(&mut reader).await.1, "again");
}

#[tokio::test]
async fn a_reader_begins_once_its_server_is_there() {
    let mut server = Server::stopped();
    let ephemeral = connect(&server.url()).await;
    let mut reader = ephemeral.follow("log").await.unwrap();
    server.resume();
    assert!(caught_up(&mut reader).await.1.is_empty());
}
