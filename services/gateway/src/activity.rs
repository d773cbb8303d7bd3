//! Who was seen lately (O-186): collected here, told to auth twice a minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use oruma_ids::UserId;
use oruma_proto::auth::v1 as proto;
use oruma_service_runtime::{Caller, Contract};
use tokio_util::sync::CancellationToken;

use crate::edge::Edge;
use crate::realtime::idleness::Idleness;

const EVERY: Duration = Duration::from_secs(30);
/// People of one call.
const AT_ONCE: usize = 1_000;

/// The last sighting of each person since the last report.
#[derive(Default)]
pub struct Activity {
    seen: Mutex<HashMap<UserId, DateTime<Utc>>>,
    /// Who is not idle.
    pub(crate) idleness: Idleness,
}

impl Activity {
    pub(crate) fn saw(&self, user: UserId, at: DateTime<Utc>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(user, at);
        drop(seen);
        self.idleness.noted(user);
    }

    fn take(&self) -> HashMap<UserId, DateTime<Utc>> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reports until `stop`, and once more then.
pub(crate) async fn report(edge: &Edge, stop: CancellationToken) {
    loop {
        let last = tokio::select! {
            () = tokio::time::sleep(EVERY) => false,
            () = stop.cancelled() => true,
        };
        report_once(edge).await;
        if last {
            return;
        }
    }
}

/// What auth does not take now is not kept: the next sighting is worth more.
async fn report_once(edge: &Edge) {
    let activities: Vec<proto::Activity> = edge
        .activity
        .take()
        .into_iter()
        .map(|(user, at)| proto::Activity {
            user_id: user.to_string(),
            seen_at: Some(at.into()),
        })
        .collect();
    for some in activities.chunks(AT_ONCE) {
        let request = proto::RecordActivityRequest {
            activities: some.to_vec(),
        };
        let request = Caller::anonymous(Contract::Oruma).send(request);
        if let Err(status) = edge.clients.users.clone().record_activity(request).await {
            tracing::debug!(error = status.message(), "activity not recorded");
        }
    }
}
