//! Which sign-ins have ended: known here, so that no request has to ask.
//!
//! Three ways lead here: auth's announcement over the ephemeral bus, at once; the event `auth.session.revoked.v1` from the broker; and
//! auth's own list, read whenever the line was down and every few seconds in any case. While the line is down the gateway trusts nothing
//! that it remembers, and asks auth about each token.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use oruma_ephemeral::{Signal, Subscription};
use oruma_ids::SessionId;
use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::session_service_client::SessionServiceClient;
use oruma_service_runtime::{Clock, GrpcClient};
use prost::Message;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::clients::read;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::realtime::hub::Hub;

/// Where auth announces.
const TOPIC: &str = "auth.session.revoked";
/// Where it waits to be told that the announcement was heard.
const HEARD_TOPIC: &str = "auth.session.revoked.heard";
/// How often auth's list is read without need.
const READ_LIST_EVERY: Duration = Duration::from_secs(5);
/// A transaction that ended this long ago has committed: what the list shows up to then is complete.
const SETTLED: TimeDelta = TimeDelta::seconds(30);
/// Pause after a list that could not be read.
const PAUSE: Duration = Duration::from_millis(500);

/// The sign-ins that ended and whose access tokens would otherwise still hold.
pub struct Revocations {
    ended: RwLock<HashMap<SessionId, DateTime<Utc>>>,
    /// Whether what stands in `ended` is all there is.
    complete: AtomicBool,
    list_wanted: Notify,
    sessions: SessionServiceClient<GrpcClient>,
    /// What loses its sockets.
    hub: Arc<Hub>,
    clock: Clock,
}

impl Revocations {
    pub(crate) fn new(
        sessions: SessionServiceClient<GrpcClient>,
        hub: Arc<Hub>,
        clock: Clock,
    ) -> Self {
        Self {
            ended: RwLock::default(),
            complete: AtomicBool::new(false),
            list_wanted: Notify::new(),
            sessions,
            hub,
            clock,
        }
    }

    /// Whether a sign-in has ended.
    ///
    /// # Errors
    /// Unavailable when nobody can tell: the line is down and auth too.
    pub(crate) async fn is_revoked(&self, session: SessionId) -> Result<bool, Failure> {
        let known = self.is_known_to_have_ended(session);
        if known || self.complete.load(Ordering::Acquire) {
            return Ok(known);
        }
        let request = proto::CheckSessionRequest {
            session_id: session.to_string(),
        };
        let answer =
            read(async || self.sessions.clone().check_session(request.clone()).await).await?;
        Ok(!answer.active)
    }

    /// Notes that a sign-in ended.
    pub(crate) fn insert(&self, session: &proto::RevokedSession) {
        let Ok(id) = session.session_id.parse() else {
            return;
        };
        let forget_at = session.forget_at.and_then(|time| time.try_into().ok());
        let forget_at = forget_at.unwrap_or_else(|| self.clock.now() + TimeDelta::days(7));
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        let is_news = ended.insert(id, forget_at).is_none();
        drop(ended);
        if is_news {
            self.hub.close_session(id);
        }
    }

    /// Whether a sign-in has ended, as far as that is known here.
    pub(crate) fn is_known_to_have_ended(&self, session: SessionId) -> bool {
        let ended = self.ended.read().unwrap_or_else(PoisonError::into_inner);
        ended.contains_key(&session)
    }

    /// Something may have been missed: reads auth's list soon.
    pub(crate) fn want_list(&self) {
        self.list_wanted.notify_one();
    }

    fn forget(&self) {
        let now = self.clock.now();
        let mut ended = self.ended.write().unwrap_or_else(PoisonError::into_inner);
        ended.retain(|_, forget_at| *forget_at > now);
    }

    /// Reads auth's list from a time on. Returns from when on to read the next time.
    async fn read_list(&self, since: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, Status> {
        let began = self.clock.now();
        let mut page_token = String::new();
        loop {
            let request = proto::ListRevokedSessionsRequest {
                since: since.map(Into::into),
                page_size: 10_000,
                page_token,
            };
            let page = self
                .sessions
                .clone()
                .list_revoked_sessions(request)
                .await?
                .into_inner();
            page.sessions
                .iter()
                .for_each(|session| self.insert(session));
            if page.next_page_token.is_empty() {
                return Ok(began - SETTLED);
            }
            page_token = page.next_page_token;
        }
    }
}

/// Listens to auth's announcements until `stop`.
pub(crate) async fn listen(edge: &Edge, stop: CancellationToken) {
    let mut line: Option<Subscription> = None;
    let mut line_is_up = false;
    let mut since = None;
    loop {
        let revocations = &edge.revocations;
        if line.is_none() {
            line = edge.ephemeral.subscribe(TOPIC).await.ok();
        }
        let next = async {
            match &mut line {
                Some(line) => line.next().await,
                None => {
                    tokio::time::sleep(PAUSE).await;
                    None
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            signal = next => match signal {
                Some(Signal::Message(message)) => {
                    if let Ok(session) = proto::RevokedSession::decode(message) {
                        revocations.insert(&session);
                        // Whoever signs out waits for it, but not for long.
                        let _ = edge.ephemeral.publish(HEARD_TOPIC, session.session_id.into()).await;
                    }
                    continue;
                }
                Some(Signal::Connected) => line_is_up = true,
                Some(Signal::Disconnected) => {
                    line_is_up = false;
                    revocations.complete.store(false, Ordering::Release);
                    continue;
                }
                None => {
                    line = None;
                    line_is_up = false;
                    revocations.complete.store(false, Ordering::Release);
                    continue;
                }
            },
            () = tokio::time::sleep(READ_LIST_EVERY) => {}
            () = revocations.list_wanted.notified() => {}
        }
        // What was announced while the list was read waits in the line, so nothing falls between the two.
        match revocations.read_list(since).await {
            Ok(next) => {
                since = Some(next);
                revocations.forget();
                revocations.complete.store(line_is_up, Ordering::Release);
            }
            Err(status) => {
                tracing::warn!(error = status.message(), "revoked sign-ins can't be listed");
                if !revocations.complete.load(Ordering::Acquire) {
                    tokio::time::sleep(PAUSE).await;
                    revocations.want_list();
                }
            }
        }
    }
}
