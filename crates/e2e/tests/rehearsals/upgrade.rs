//! A rolling upgrade under load: the database is migrated while the version before serves, then each process is replaced, services first, gateways
//! last, and nobody notices.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oruma_e2e::{Balancer, Client, Deployment, Plan, PrivateServers, Process, free_port};
use oruma_service_runtime::Env;
use oruma_test_kit::within;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::audit::audit;
use crate::figures::{FaultFigures, Figures};
use crate::ledger::Ledger;
use crate::listeners::Listeners;
use crate::load::Load;
use crate::stranger::Stranger;
use crate::town::Town;

/// In the order in which they are replaced.
const SERVICES: [&str; 6] = [
    "media",
    "auth",
    "messaging",
    "marketplace",
    "events",
    "social",
];
/// How long the load goes on around each step.
const CALM: Duration = Duration::from_secs(4);
/// A cold start in a debug build, under load.
const START: Duration = Duration::from_secs(120);

/// O-009, O-012, O-093, O-149, O-214, K-15: two versions side by side over the migrated schema; no request fails, and no socket misses a frame.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes, and needs the binaries of the version before: scripts/rehearse-upgrade"]
async fn an_upgrade_is_not_noticed() {
    let servers = PrivateServers::start(&["postgres", "redis", "rabbitmq"]).await;
    let mut ways = BTreeMap::new();
    for name in SERVICES {
        ways.insert(name, Balancer::start().await);
    }
    let edge = Balancer::start().await;
    let before = Env::of_process().required("ORUMA_BIN_DIR_BEFORE");
    let before = PathBuf::from(
        before.expect("ORUMA_BIN_DIR_BEFORE names the binaries of the version before"),
    );
    let (plan, addresses) = plan(&servers, &ways);
    for (name, address) in &addresses {
        ways[name].send_to(&[*address]);
    }
    let old = plan.programs(&before).start().await;
    edge.send_to(&[old.gateway(0).address(), old.gateway(1).address()]);

    println!("people join …");
    let town = Town::build(&old, Client::new(vec![edge.address()])).await;
    let town = Arc::new(town);
    let stranger = Stranger::start(servers.url("RABBITMQ_URL")).await;
    let listeners = Listeners::start(&town, &[edge.address()]).await;
    let ledger = Arc::new(Ledger::default());
    ledger.fault_begins();
    let began = Instant::now();
    let load = Load::over(&town, &ledger);
    let mut figures = Figures::default();
    tokio::time::sleep(CALM).await;

    let (plan, addresses) = self::plan(&servers, &ways);
    let new = plan
        .env("UPLOAD_DIR", old.variable("UPLOAD_DIR"))
        .env("MAIL_DIR", old.variable("MAIL_DIR"))
        .prepare()
        .await;
    step(
        &mut figures,
        &ledger,
        began,
        "the database is migrated",
        new.migrate(),
    )
    .await;
    for name in SERVICES {
        let address = addresses[name];
        let replaced = async {
            new.service(name).start();
            serves(address).await;
            ways[name].send_to(&[address]);
            leaves(old.service(name)).await;
        };
        step(
            &mut figures,
            &ledger,
            began,
            &format!("{name} is replaced"),
            replaced,
        )
        .await;
    }
    for index in 0..2 {
        let replaced = async {
            new.gateway(index).start();
            new.gateway(index).ready().await;
            let stays = if index == 0 {
                old.gateway(1)
            } else {
                new.gateway(0)
            };
            edge.send_to(&[stays.address(), new.gateway(index).address()]);
            leaves(old.gateway(index)).await;
        };
        step(
            &mut figures,
            &ledger,
            began,
            &format!("gateway {} is replaced", index + 1),
            replaced,
        )
        .await;
    }
    load.end().await;
    figures.findings = audit(&servers, &town, &ledger, &listeners, &stranger).await;
    figures.statuses = ledger.statuses();
    figures.seconds = began.elapsed().as_secs_f64();
    figures.tell();
    let found = &figures.findings;
    let failed = ledger.errors();
    assert!(failed.is_empty(), "requests have failed: {failed:?}");
    assert!(found.lost.is_empty(), "{} lost", found.lost.len());
    assert!(found.doubled.is_empty(), "{} doubled", found.doubled.len());
    assert!(found.broken.is_empty(), "{} broken", found.broken.len());
}

/// A deployment on the servers whose services are reached over the balancers, and where each of them listens itself.
fn plan(
    servers: &PrivateServers,
    ways: &BTreeMap<&'static str, Balancer>,
) -> (Plan, BTreeMap<&'static str, SocketAddr>) {
    let mut plan = Deployment::distributed().gateways(2);
    for (variable, url) in servers.urls() {
        plan = plan.env(variable, url);
    }
    let mut addresses = BTreeMap::new();
    for (name, way) in ways {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let variable = format!("{}_GRPC_URL", name.to_uppercase());
        plan = plan
            .env(&format!("GRPC_ADDR@{name}"), &address.to_string())
            .env(&variable, &format!("http://{}", way.address()));
        addresses.insert(*name, address);
    }
    (plan, addresses)
}

/// Waits until a service says that it can work, as the probe of its pod does.
async fn serves(address: SocketAddr) {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a URL");
    within(START, "the new one can work", || async {
        let Ok(channel) = endpoint.connect().await else {
            return false;
        };
        let mut health = HealthClient::new(channel);
        let answer = health.check(HealthCheckRequest::default());
        let serving = i32::from(ServingStatus::Serving);
        answer
            .await
            .is_ok_and(|answer| answer.into_inner().status == serving)
    })
    .await;
}

/// Asks a process to stop; it finishes what is under way.
async fn leaves(process: &Process) {
    process.terminate();
    let status = process.end().await;
    assert!(status.success(), "{} ended with {status}", process.name());
}

/// Does one step, and lets the load go on for a while.
async fn step(
    figures: &mut Figures,
    ledger: &Ledger,
    began: Instant,
    name: &str,
    work: impl Future<Output = ()>,
) {
    let at = began.elapsed().as_secs_f64();
    work.await;
    let lasted = began.elapsed().as_secs_f64() - at;
    tokio::time::sleep(CALM).await;
    let errors = ledger.errors();
    println!("{at:>4.0} s  {name}: {lasted:.1} s; failed so far {errors:?}");
    figures.faults.push(FaultFigures {
        name: name.to_owned(),
        at,
        lasted,
        recovered: 0.0,
        errors,
    });
}
