//! Telling the edges that sign-ins have ended, and waiting until they know: who is told that it is done may ask any edge the next moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use oruma_ephemeral::Signal;
use oruma_ids::SessionId;
use oruma_proto::auth::v1 as proto;
use prost::Message;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::domain::session::RevokedSession;

/// Where edges hear of sign-ins that ended: each message is a `RevokedSession`.
pub const REVOCATIONS_TOPIC: &str = "auth.session.revoked";
/// Where each edge says so when it has: each message is the id of the sign-in.
pub const HEARD_TOPIC: &str = "auth.session.revoked.heard";
/// How long edges have for that. One that takes longer hears of it nevertheless, only the person does not wait for it.
const PATIENCE: Duration = Duration::from_secs(1);
/// Pause before an announcement that failed is tried again.
const AGAIN: Duration = Duration::from_millis(50);
/// Pause after a line that could not be opened.
const PAUSE: Duration = Duration::from_millis(500);

/// What is waited for: a permit for each edge that has heard.
#[derive(Default)]
pub struct Announcements(Mutex<HashMap<SessionId, Arc<Semaphore>>>);

/// One sign-in that edges are told of; forgotten with this value, also when whoever waited has gone.
struct Told<'a> {
    announcements: &'a Announcements,
    session: SessionId,
    heard: Arc<Semaphore>,
}

impl Announcements {
    fn expect(&self, session: SessionId) -> Told<'_> {
        let heard = Arc::new(Semaphore::new(0));
        self.waiting().insert(session, Arc::clone(&heard));
        Told {
            announcements: self,
            session,
            heard,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<SessionId, Arc<Semaphore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.announcements.waiting().remove(&self.session);
    }
}

/// Tells the edges, after the commit. An edge that misses it hears of it from the broker, or asks.
pub(super) async fn announce(app: &App, revoked: &[RevokedSession]) {
    let all_heard = async {
        let mut told = Vec::with_capacity(revoked.len());
        for session in revoked {
            told.push(tell(app, session).await);
        }
        for (told, edges) in told {
            // Nobody closes it.
            drop(told.heard.acquire_many(edges).await);
        }
    };
    if tokio::time::timeout(PATIENCE, all_heard).await.is_err() {
        tracing::warn!("some edge has not said that it heard of a revocation");
    }
}

/// Tells how many edges there are. Tries again while the line is down: those of the edges may be up already, so that they ask nobody;
/// meanwhile the broker tells them.
async fn tell<'a>(app: &'a App, session: &RevokedSession) -> (Told<'a>, u32) {
    let told = app.announcements.expect(session.id);
    let message = Bytes::from(proto::RevokedSession::from(session).encode_to_vec());
    loop {
        let sent = app.ephemeral.publish(REVOCATIONS_TOPIC, message.clone());
        match sent.await {
            Ok(edges) => return (told, u32::try_from(edges).unwrap_or(u32::MAX)),
            Err(error) => {
                tracing::debug!(session.id = %session.id, error = %error, "revocation not announced");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Listens to the edges until `stop`.
pub async fn listen(app: &App, stop: CancellationToken) {
    let listening = async {
        loop {
            if let Ok(mut line) = app.ephemeral.subscribe(HEARD_TOPIC).await {
                while let Some(signal) = line.next().await {
                    note(app, &signal);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    stop.run_until_cancelled(listening).await;
}

/// What another replica waits for is not ours to count.
fn note(app: &App, signal: &Signal) {
    let Signal::Message(message) = signal else {
        return;
    };
    let session = std::str::from_utf8(message).ok();
    if let Some(session) = session.and_then(|text| text.parse().ok())
        && let Some(heard) = app.announcements.waiting().get(&session)
    {
        heard.add_permits(1);
    }
}
