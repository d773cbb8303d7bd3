//! How the installation is, as far as the gateway can tell.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oruma_proto::auth::v1 as auth;
use tokio::sync::Mutex;
use tonic::Request;
use uuid::Uuid;

use crate::edge::Edge;

/// A report is shown again for so long: a route that anybody may ask must not multiply work.
const FRESH: Duration = Duration::from_secs(1);
/// What takes longer is away.
const DEADLINE: Duration = Duration::from_secs(2);
/// The service without which nobody gets in.
pub(crate) const AUTH: &str = "auth";
/// The service of files and pictures.
const MEDIA: &str = "media";

/// The last report, and since when the gateway runs.
pub struct Health {
    began: Instant,
    last: Mutex<Option<(Instant, Arc<Report>)>>,
}

/// How something is.
#[derive(Debug)]
pub(crate) struct Part {
    /// Whether it answers.
    pub(crate) is_up: bool,
    /// After how long.
    pub(crate) took: Duration,
}

/// How all is.
#[derive(Debug)]
pub(crate) struct Report {
    /// The services with their databases; the time is that of one question that goes through to a database.
    pub(crate) database: Part,
    /// What gateways share and may lose.
    pub(crate) ephemeral: Part,
    /// Files and pictures.
    pub(crate) storage: Part,
    /// Whether sockets are told what happens.
    pub(crate) sockets: bool,
    /// Sockets of this gateway.
    pub(crate) connections: usize,
}

impl Report {
    /// Whether people can work. Without what gateways share, or files, they can in part.
    pub(crate) fn can_work(&self) -> bool {
        self.database.is_up
    }
}

impl Health {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            last: Mutex::const_new(None),
        }
    }

    /// Seconds since the start.
    pub(crate) fn uptime(&self) -> u64 {
        self.began.elapsed().as_secs()
    }

    /// How all is now, or was a moment ago. Whoever asks meanwhile waits for the same report.
    pub(crate) async fn report(&self, edge: &Edge) -> Arc<Report> {
        let mut last = self.last.lock().await;
        match &*last {
            Some((at, report)) if at.elapsed() < FRESH => Arc::clone(report),
            _ => {
                let report = Arc::new(measure(edge).await);
                *last = Some((Instant::now(), Arc::clone(&report)));
                report
            }
        }
    }
}

async fn measure(edge: &Edge) -> Report {
    let (services, database, ephemeral) = tokio::join!(
        edge.clients.health(),
        timed(ask_database(edge)),
        timed(async { edge.ephemeral.ping().await.is_ok() }),
    );
    let serves = |wanted: &str| {
        let mut found = services.iter();
        found.any(|(name, serving)| *name == wanted && *serving)
    };
    let others = services
        .iter()
        .all(|(name, serving)| *serving || *name == MEDIA);
    Report {
        database: Part {
            is_up: database.is_up && serves(AUTH) && others,
            ..database
        },
        storage: Part {
            is_up: serves(MEDIA),
            took: Duration::ZERO,
        },
        sockets: edge.realtime.hub.is_ready(),
        connections: edge.realtime.hub.connections(),
        ephemeral,
    }
}

/// A sign-in that there can't be is looked up in the database.
async fn ask_database(edge: &Edge) -> bool {
    let mut request = Request::new(auth::CheckSessionRequest {
        session_id: Uuid::nil().to_string(),
    });
    request.set_timeout(DEADLINE);
    let mut sessions = edge.clients.sessions.clone();
    sessions.check_session(request).await.is_ok()
}

async fn timed(asked: impl Future<Output = bool>) -> Part {
    let began = Instant::now();
    let is_up = tokio::time::timeout(DEADLINE, asked).await.unwrap_or(false);
    Part {
        is_up,
        took: began.elapsed(),
    }
}
