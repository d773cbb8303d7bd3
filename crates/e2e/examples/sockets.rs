//! What idle sockets cost: `cargo run -p oruma-e2e --example sockets -- 5000`, with binaries in `ORUMA_BIN_DIR` and the servers of the tests.
//!
//! Tells how long a message takes from one gateway to a socket on another; then opens that many sockets of some people on one gateway, and tells
//! the memory of the process before and after, and how long a broadcast to all takes.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a measurement, run by hand"
)]

use std::time::{Duration, Instant};

use futures::future::join_all;
use oruma_e2e::{Deployment, Member, Socket};
use serde_json::json;

/// Sockets of one person.
const EACH: usize = 40;
/// Opened at the same time.
const AT_ONCE: usize = 100;

#[tokio::main]
async fn main() {
    let wanted: usize = std::env::args()
        .nth(1)
        .map_or(5_000, |text| text.parse().expect("a number"));
    let deployment = Deployment::distributed().gateways(2).start().await;
    latency(&deployment).await;
    let api = deployment.client().only(0);
    let mut members: Vec<Member> = Vec::new();
    for _ in 0..wanted.div_ceil(EACH) {
        members.push(api.newcomer().await);
    }
    let before = memory(&deployment);
    let mut sockets: Vec<Socket> = Vec::new();
    while sockets.len() < wanted {
        let some = (sockets.len()..wanted.min(sockets.len() + AT_ONCE)).filter_map(|count| {
            let member = members.get(count / EACH)?;
            Some(Socket::open(api.gateway(), member))
        });
        sockets.extend(join_all(some).await);
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = memory(&deployment);
    println!(
        "{wanted} sockets: {before} KiB before, {after} KiB after, {} bytes a socket",
        (after - before) * 1024 / wanted
    );
    let began = Instant::now();
    let author = members.first().expect("somebody");
    let body = json!({"content": "to all"});
    let _ = api.post_as(author, "/api/posts", &body).await.must_be(201);
    join_all(sockets.iter_mut().map(|socket| socket.next_of("new_post"))).await;
    println!("a post reached all after {:?}", began.elapsed());
    println!("{} KiB after the broadcast", memory(&deployment));
}

/// Sends messages through the second gateway to a socket on the first.
async fn latency(deployment: &Deployment) {
    let api = deployment.client().only(1);
    let (sender, receiver) = (api.newcomer().await, api.newcomer().await);
    let mut socket = Socket::open(deployment.gateway(0).address(), &receiver).await;
    let mut took = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        let body = json!({"receiverId": receiver.id, "content": "hello"});
        let send = api.post_as(&sender, "/api/messages", &body);
        let (answer, _) = futures::join!(send, socket.next_of("message_received"));
        let _ = answer.must_be(201);
        took.push(began.elapsed());
    }
    took.sort_unstable();
    let at = |place: usize| took.get(place).copied().unwrap_or_default();
    let (median, p99) = (at(100), at(197));
    println!("from the request to the other gateway's socket: median {median:?}, p99 {p99:?}");
}

/// The resident memory of the gateway, in KiB.
fn memory(deployment: &Deployment) -> usize {
    let id = deployment.gateway(0).id().expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .expect("a number")
}
