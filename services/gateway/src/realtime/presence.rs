//! Who is online, over all gateways: each holds the people of its sockets on a lease, so that they leave with it when it ends.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::StreamExt;
use moka::sync::Cache;
use oruma_ephemeral::{EphemeralError, Lease, Presence};
use oruma_ids::UserId;
use oruma_proto::messaging::v1 as proto;
use oruma_service_runtime::{Caller, Contract, Random};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::availability::Availability;
use super::dialect::Signal;
use super::happening::Address;
use super::idleness;
use super::inbox::user_ids;
use super::signals::{self, Addressed};
use super::socket::Socket;
use crate::clients::read_in_job;
use crate::config::PresenceAudience;
use crate::edge::Edge;

/// Everybody who is online.
const GROUP: &str = "people";
/// How often people are held anew: thrice within a lease.
const RENEW_EVERY: Duration = Duration::from_secs(10);
const LEASE: Duration = Duration::from_secs(30);
/// How long it is remembered when somebody was last seen.
const MEMORY: Duration = Duration::from_hours(30 * 24);
/// How often somebody looks for those who have left.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Announcements at the same time.
const AT_ONCE: usize = 16;
/// Who knows whom is asked again after this: new conversations bring new peers.
const FRESH: Duration = Duration::from_secs(5);
const MOST_PEOPLE: u64 = 10_000;

/// Who has a conversation with whom, and under which name this gateway holds people.
pub(crate) struct Peers {
    known: Cache<UserId, Arc<[UserId]>>,
    holder: String,
    /// The latest of each person that is still to be told.
    news: Mutex<HashMap<UserId, Signal>>,
    noted: Notify,
}

impl Peers {
    pub(crate) fn new(random: &Random) -> Self {
        Self {
            known: Cache::builder()
                .max_capacity(MOST_PEOPLE)
                .time_to_live(FRESH)
                .build(),
            holder: hex::encode(random.bytes::<8>()),
            news: Mutex::default(),
            noted: Notify::new(),
        }
    }

    /// Somebody came or left: that is told soon.
    fn note(&self, user: UserId, signal: Signal) {
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        news.insert(user, signal);
        self.noted.notify_one();
    }

    /// Waits for something to tell, and takes it.
    async fn news(&self) -> HashMap<UserId, Signal> {
        self.noted.notified().await;
        std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn of(&self, edge: &Edge, user: UserId) -> Result<Arc<[UserId]>, Status> {
        if let Some(known) = self.known.get(&user) {
            return Ok(known);
        }
        let message = proto::ListPeersRequest {
            user_id: user.to_string(),
        };
        let caller = Caller::anonymous(Contract::Oruma);
        let answer = read_in_job(|| {
            let mut conversations = edge.clients.conversations.clone();
            let request = caller.send(message.clone());
            async move { conversations.list_peers(request).await }
        })
        .await?;
        let peers: Arc<[UserId]> = user_ids(&answer.user_ids).into();
        self.known.insert(user, Arc::clone(&peers));
        Ok(peers)
    }
}

/// Keeps the people of this gateway present until `stop`.
pub(super) async fn keep(edge: &Edge, stop: CancellationToken) {
    let mut renewal = tokio::time::interval(RENEW_EVERY);
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        let done = tokio::select! {
            moved = edge.realtime.hub.moved() => follow(edge, moved).await,
            _ = renewal.tick() => hold(edge, &edge.realtime.hub.people()).await,
            _ = look.tick() => announce_departed(edge).await,
            () = stop.cancelled() => break,
        };
        if let Err(error) = done {
            tracing::debug!(%error, "presence not kept");
        }
    }
    // Their sockets are closed now; within the grace they may be back elsewhere.
    edge.realtime.hub.drain();
    let gone: Vec<UserId> = edge.realtime.hub.take_moved().into_iter().collect();
    if let Err(error) = release(edge, &gone).await {
        tracing::debug!(%error, "presence not given up");
    }
}

/// People came or went on this gateway.
async fn follow(edge: &Edge, moved: HashSet<UserId>) -> Result<(), EphemeralError> {
    let (here, gone): (Vec<UserId>, Vec<UserId>) = moved
        .into_iter()
        .partition(|user| edge.realtime.hub.has(*user));
    // Whoever comes is not idle.
    idleness::hold(edge, &here).await?;
    hold(edge, &here).await?;
    release(edge, &gone).await
}

async fn hold(edge: &Edge, people: &[UserId]) -> Result<(), EphemeralError> {
    if people.is_empty() {
        return Ok(());
    }
    let members: Vec<String> = people.iter().map(UserId::to_string).collect();
    let holder = &edge.realtime.peers.holder;
    let came = edge
        .ephemeral
        .hold(GROUP, holder, &members, lease(edge))
        .await?;
    for user in visible(edge, user_ids(&came)).await {
        edge.realtime.peers.note(user, online(user));
    }
    for user in user_ids(&came) {
        edge.realtime.statuses.changed(user);
    }
    Ok(())
}

async fn release(edge: &Edge, people: &[UserId]) -> Result<(), EphemeralError> {
    if people.is_empty() {
        return Ok(());
    }
    let members: Vec<String> = people.iter().map(UserId::to_string).collect();
    let holder = &edge.realtime.peers.holder;
    edge.ephemeral
        .release(GROUP, holder, &members, lease(edge))
        .await
}

async fn announce_departed(edge: &Edge) -> Result<(), EphemeralError> {
    let departed = edge.ephemeral.departed(GROUP, lease(edge)).await?;
    for departure in departed {
        if let Ok(user) = departure.member.parse() {
            let signal = Signal::Presence {
                user,
                is_online: false,
                last_seen: time(departure.last_seen),
            };
            edge.realtime.peers.note(user, signal);
            edge.realtime.statuses.changed(user);
        }
    }
    Ok(())
}

/// Tells everybody who is to know, until `stop`. Beside the leases, which are not to wait for anybody.
pub(super) async fn tell(edge: &Edge, stop: CancellationToken) {
    loop {
        let news = tokio::select! {
            news = edge.realtime.peers.news() => news,
            () = stop.cancelled() => return,
        };
        futures::stream::iter(news)
            .for_each_concurrent(AT_ONCE, |(user, signal)| tell_one(edge, user, signal))
            .await;
    }
}

async fn tell_one(edge: &Edge, user: UserId, signal: Signal) {
    let to = match edge.config.presence_audience {
        PresenceAudience::Everyone => Ok(vec![Address::Everyone]),
        PresenceAudience::Peers => peers(edge, user).await,
    };
    match to {
        Ok(to) => {
            let except = Some(user);
            signals::publish(edge, &Addressed { to, except, signal }).await;
        }
        Err(status) => tracing::debug!(error = status.message(), "peers not known"),
    }
}

async fn peers(edge: &Edge, user: UserId) -> Result<Vec<Address>, Status> {
    let peers = edge.realtime.peers.of(edge, user).await?;
    Ok(peers.iter().map(|peer| Address::Person(*peer)).collect())
}

/// Somebody said how they are. Whoever is there and does not want to be seen has left for those who know only coming and leaving (K-23).
pub(super) async fn chosen(edge: &Edge, user: UserId, said: Availability) {
    edge.realtime.statuses.changed(user);
    if present(edge, &[user]).await.is_empty() {
        return;
    }
    let signal = match said {
        Availability::Offline => Signal::Presence {
            user,
            is_online: false,
            last_seen: Some(edge.clock.now()),
        },
        _ => online(user),
    };
    edge.realtime.peers.note(user, signal);
}

/// Tells a new socket who of its peers is online, where its contract has words for that.
pub(super) async fn greet(edge: &Edge, socket: &Socket) {
    let Some(dialect) = edge.realtime.hub.dialect(socket) else {
        return;
    };
    if dialect.signal(&online(socket.user)).is_none() {
        return;
    }
    let Ok(peers) = edge.realtime.peers.of(edge, socket.user).await else {
        return;
    };
    let here = visible(edge, present(edge, &peers).await).await;
    let frames: Vec<_> = here
        .into_iter()
        .filter_map(|user| dialect.signal(&online(user)))
        .collect();
    if !frames.is_empty() {
        let now = edge.clock.now().timestamp_millis();
        socket.send(frames.concat().into(), now);
    }
}

/// Tells the members of a new conversation of each other.
pub(super) async fn introduce(edge: &Edge, member_ids: &[String]) {
    let members = user_ids(member_ids);
    members
        .iter()
        .for_each(|member| edge.realtime.peers.known.invalidate(member));
    for user in visible(edge, present(edge, &members).await).await {
        let others = members.iter().filter(|member| **member != user);
        let to = others.map(|member| Address::Person(*member)).collect();
        let addressed = Addressed {
            to,
            except: Some(user),
            signal: online(user),
        };
        signals::publish(edge, &addressed).await;
    }
}

/// Whether somebody has a socket, and since when not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) is_here: bool,
    pub(super) last_seen: Option<DateTime<Utc>>,
}

/// How it is with each of these people. While what gateways share is away, nobody is there.
pub(super) async fn sightings(edge: &Edge, people: &[UserId]) -> Vec<Sighting> {
    let members: Vec<String> = people.iter().map(UserId::to_string).collect();
    let known = edge.ephemeral.presence(GROUP, &members).await;
    let known = known.unwrap_or_else(|_| vec![Presence::Gone(None); people.len()]);
    let sighting = |one| match one {
        Presence::Here => Sighting {
            is_here: true,
            last_seen: None,
        },
        Presence::Gone(since) => Sighting {
            is_here: false,
            last_seen: since.and_then(time),
        },
    };
    known.into_iter().map(sighting).collect()
}

/// Who of these people is online.
async fn present(edge: &Edge, people: &[UserId]) -> Vec<UserId> {
    let known = sightings(edge, people).await;
    let here = people.iter().zip(known).filter(|(_, known)| known.is_here);
    here.map(|(user, _)| *user).collect()
}

/// Who of these people wants to be seen. While nobody can tell, all do.
async fn visible(edge: &Edge, people: Vec<UserId>) -> Vec<UserId> {
    if people.is_empty() {
        return people;
    }
    let caller = Caller::anonymous(Contract::Oruma);
    let ids = people.iter().map(UserId::to_string);
    let Ok(cards) = edge.people.cards(&caller, ids).await else {
        return people;
    };
    let hides = |user: &UserId| {
        let card = cards.get(&user.to_string());
        card.is_some_and(|card| Availability::chosen(card) == Availability::Offline)
    };
    people.into_iter().filter(|user| !hides(user)).collect()
}

fn online(user: UserId) -> Signal {
    Signal::Presence {
        user,
        is_online: true,
        last_seen: None,
    }
}

fn lease(edge: &Edge) -> Lease {
    Lease {
        length: LEASE,
        grace: edge.config.presence_grace,
        memory: MEMORY,
    }
}

fn time(since_epoch: Duration) -> Option<DateTime<Utc>> {
    let millis = i64::try_from(since_epoch.as_millis()).ok()?;
    DateTime::from_timestamp_millis(millis)
}
