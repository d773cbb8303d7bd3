//! The script for Redis against the Rust arithmetic, over the same sequence on the same clock.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use oruma_ephemeral::Quota;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::in_process::on_a_clock;
use crate::server::{Server, connect};

/// Where a real server's clock stands, so that the numbers are as large as they get.
const TODAY: u64 = 1_800_000_000_000_000;

/// The script, with its clock in the test's hand.
fn script_on_a_clock() -> ::redis::Script {
    let script = include_str!("../../src/redis/take.lua");
    let clocked = script.replace("redis.call('TIME')", "{ARGV[3], ARGV[4]}");
    assert_ne!(script, clocked);
    ::redis::Script::new(&clocked)
}

#[tokio::test]
async fn the_script_and_the_rust_agree() {
    let server = Server::start();
    let client = ::redis::Client::open(server.url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let mut refused = 0;
    for (per_minute, burst) in [(1, 0), (1, 4), (7, 3), (60, 10), (6_001, 0), (1, u32::MAX)] {
        refused += compare(&mut redis, Quota::per_minute(per_minute, burst)).await;
    }
    assert!(refused > 100, "the sequences refuse often enough to tell");
}

/// Takes from both at the same moments of one clock; how often both refused.
async fn compare(redis: &mut MultiplexedConnection, quota: Quota) -> usize {
    let script = script_on_a_clock();
    let key = format!("{quota:?}");
    let (ephemeral, clock) = on_a_clock();
    clock.store(TODAY, Ordering::Relaxed);
    let interval = 60_000_000_u64.div_ceil(u64::from(quota.permits));
    let capacity = u64::from(quota.permits) + u64::from(quota.burst);
    let window = interval * capacity.min((1 << 50) / interval);
    let mut random = StdRng::seed_from_u64(capacity);
    let mut refused = 0;
    for step in 0..400 {
        if step % 3 == 0 {
            clock.fetch_add(random.random_range(0..=interval * 2), Ordering::Relaxed);
        }
        let now = clock.load(Ordering::Relaxed);
        let (seconds, micros) = (now / 1_000_000, now % 1_000_000);
        let mut take = script.key(&key);
        take.arg(interval).arg(window).arg(seconds).arg(micros);
        let (allowed, ahead): (bool, u64) = take.invoke_async(redis).await.unwrap();
        let verdict = ephemeral.take("key", quota).await.unwrap();
        assert_eq!(allowed, verdict.allowed);
        assert_eq!(Duration::from_micros(ahead), verdict.reset_after);
        refused += usize::from(!allowed);
    }
    refused
}

#[tokio::test]
async fn the_untouched_script_counts_as_the_rust_does() {
    let server = Server::start();
    let redis = connect(&server.url()).await;
    let (ephemeral, _clock) = on_a_clock();
    let quota = Quota::per_minute(2, 3);
    for _ in 0..7 {
        let real = redis.take("key", quota).await.unwrap();
        let mut modelled = ephemeral.take("key", quota).await.unwrap();
        // The server's clock has moved on a little, the model's has not.
        let passed = modelled.reset_after - real.reset_after;
        assert!(passed.as_secs() < 10);
        modelled.reset_after -= passed;
        modelled.retry_after -= passed.min(modelled.retry_after);
        assert_eq!(real, modelled);
    }
}
