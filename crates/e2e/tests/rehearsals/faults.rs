//! Processes and servers that end as in a crash, a full disk, a slow database, lines that are cut and lines that hang, while people do all
//! kinds of things: then the audit.

mod disk;
mod keeper;
mod stage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use oruma_e2e::Process;
use oruma_service_runtime::Random;
use oruma_test_kit::within;

use crate::audit::audit;
use crate::figures::{FaultFigures, Figures};
use crate::ledger::Ledger;
use crate::listeners::Listeners;
use crate::load::Load;
use crate::stranger::Stranger;
use crate::town::Town;
use stage::Stage;

/// Before the first fault, and between two.
const CALM: Duration = Duration::from_secs(3);
/// After how long a process that was killed is started again.
const AWAY: Duration = Duration::from_secs(1);
/// How long servers, lines and the disk are not as they should be.
const HELD: Duration = Duration::from_secs(4);
/// How long a line hangs: longer than it takes to notice.
const HANGS: Duration = Duration::from_secs(20);
/// What each piece to and from a slow database waits for.
const SLOW: Duration = Duration::from_millis(150);
const LOOKS: Duration = Duration::from_millis(20);
/// How long a fault may be felt.
const RECOVERY: Duration = Duration::from_secs(240);

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Kill(&'static str),
    KillGateway(usize),
    Crash(&'static str),
    FullDisk,
    SlowDatabase,
    CutFromSocial,
    HangingAuth,
}

const FAULTS: [Fault; 15] = [
    Fault::Kill("auth"),
    Fault::Kill("social"),
    Fault::Kill("events"),
    Fault::Kill("marketplace"),
    Fault::Kill("messaging"),
    Fault::Kill("media"),
    Fault::KillGateway(0),
    Fault::KillGateway(1),
    Fault::Crash("postgres"),
    Fault::Crash("rabbitmq"),
    Fault::Crash("redis"),
    Fault::FullDisk,
    Fault::SlowDatabase,
    Fault::CutFromSocial,
    Fault::HangingAuth,
];

/// O-009, O-012, O-074, O-093, O-120, O-153, O-214, O-216, O-219, O-223, K-15: nothing acknowledged is lost, nothing is there twice, no event has
/// its effect twice, counters equal rows, no place is given twice, and no socket is starved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: scripts/faults"]
async fn nothing_acknowledged_is_lost() {
    let stage = Stage::set().await;
    println!("people join …");
    let town = Arc::new(Town::build(&stage.deployment, stage.deployment.client()).await);
    let stranger = Stranger::start(stage.servers.url("RABBITMQ_URL")).await;
    let gateways = [0, 1].map(|index| stage.deployment.gateway(index).address());
    let listeners = Listeners::start(&town, &gateways).await;
    let ledger = Arc::new(Ledger::default());
    let keeper = stage.keeper();
    let began = Instant::now();
    let load = Load::over(&town, &ledger);
    settles(&ledger).await;

    let mut figures = Figures::default();
    for fault in in_some_order() {
        if matches!(fault, Fault::FullDisk) && !stage.disk.is_small() {
            println!(
                "{}: left out, since only root may mount a small disk",
                fault.name()
            );
            continue;
        }
        tokio::time::sleep(CALM).await;
        let at = began.elapsed();
        println!("{:>4.0} s  {} …", at.as_secs_f64(), fault.name());
        let lasted = happen(fault, &stage, &ledger).await;
        let recovered = is_over(&ledger).await;
        let errors = ledger.errors();
        println!(
            "        {:.1} s, recovered {:.1} s later; {errors:?}",
            lasted.as_secs_f64(),
            recovered.as_secs_f64(),
        );
        figures.faults.push(FaultFigures {
            name: fault.name(),
            at: at.as_secs_f64(),
            lasted: lasted.as_secs_f64(),
            recovered: recovered.as_secs_f64(),
            errors,
        });
    }
    tokio::time::sleep(CALM).await;
    load.end().await;
    figures.restarts = keeper.restarts();
    figures.findings = audit(&stage.servers, &town, &ledger, &listeners, &stranger).await;
    figures.statuses = ledger.statuses();
    figures.seconds = began.elapsed().as_secs_f64();
    figures.tell();
    let found = &figures.findings;
    assert!(figures.faults.len() >= 10, "too few faults");
    assert!(found.lost.is_empty(), "{} lost", found.lost.len());
    assert!(found.doubled.is_empty(), "{} doubled", found.doubled.len());
    assert!(found.broken.is_empty(), "{} broken", found.broken.len());
}

/// Each run has another order.
fn in_some_order() -> Vec<Fault> {
    let random = Random::system();
    let mut faults: Vec<(u64, Fault)> = FAULTS
        .into_iter()
        .map(|fault| (u64::from_be_bytes(random.bytes()), fault))
        .collect();
    faults.sort_by_key(|(place, _)| *place);
    faults.into_iter().map(|(_, fault)| fault).collect()
}

/// Lets it happen. Gives how long its cause lasted.
async fn happen(fault: Fault, stage: &Stage, ledger: &Ledger) -> Duration {
    ledger.fault_begins();
    let began = Instant::now();
    match fault {
        Fault::Kill(name) => die(stage.deployment.service(name)).await,
        Fault::KillGateway(index) => die(stage.deployment.gateway(index)).await,
        Fault::Crash(server) => {
            stage.servers.kill(server).await;
            tokio::time::sleep(HELD).await;
            stage.servers.restart(server).await;
        }
        Fault::FullDisk => {
            stage.disk.fill();
            tokio::time::sleep(HELD).await;
            stage.disk.clear();
        }
        Fault::SlowDatabase => {
            stage.to_database.slow_down(SLOW);
            tokio::time::sleep(HELD * 2).await;
            stage.to_database.mend();
        }
        Fault::CutFromSocial => {
            stage.to_social.cut();
            tokio::time::sleep(HELD).await;
            stage.to_social.mend();
        }
        Fault::HangingAuth => {
            stage.to_auth.hang();
            tokio::time::sleep(HANGS).await;
            stage.to_auth.mend();
        }
    }
    ledger.mended();
    began.elapsed()
}

async fn die(process: &Process) {
    process.kill();
    tokio::time::sleep(AWAY).await;
    process.start();
}

/// The load goes well from the beginning.
async fn settles(ledger: &Ledger) {
    ledger.fault_begins();
    ledger.mended();
    is_over(ledger).await;
}

/// Waits until all kinds of work have succeeded again, which took as long as it gives, and then until hardly anything fails.
async fn is_over(ledger: &Ledger) -> Duration {
    let what = "all kinds of work succeed again";
    let is_back = tokio::time::timeout(RECOVERY, async {
        while ledger.recovery().is_none() {
            tokio::time::sleep(LOOKS).await;
        }
    });
    if is_back.await.is_err() {
        let (missing, errors) = (ledger.missing(), ledger.errors());
        panic!("not within {RECOVERY:?}: {what}; missing {missing:?}, failed {errors:?}");
    }
    let recovery = ledger.recovery().unwrap_or_default();
    let calm = within(RECOVERY, "hardly anything fails", || async {
        ledger.is_calm()
    });
    calm.await;
    recovery
}

impl Fault {
    fn name(self) -> String {
        match self {
            Self::Kill(name) => format!("kill -9 of {name}"),
            Self::KillGateway(index) => format!("kill -9 of gateway {}", index + 1),
            Self::Crash(server) => format!("kill -9 of {server}"),
            Self::FullDisk => "disk for uploads full".to_owned(),
            Self::SlowDatabase => "slow database".to_owned(),
            Self::CutFromSocial => "line to social cut".to_owned(),
            Self::HangingAuth => "line to auth hangs".to_owned(),
        }
    }
}
