//! Who has been doing something lately, over all gateways (C-161, C-203): whoever does holds a lease that lasts as long as somebody may do nothing
//! before that counts as being away.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use oruma_ephemeral::{EphemeralError, Lease, Presence};
use oruma_ids::UserId;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::inbox::user_ids;
use crate::edge::Edge;

/// Everybody who does something.
const GROUP: &str = "active";
/// What somebody did counts whichever gateway it passed, also once that one has ended.
const HOLDER: &str = "everywhere";
/// How often somebody looks for those who no longer do anything.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How much longer than a lease those who no longer do anything are kept in mind, so that somebody can still tell of them.
const MEMORY: Duration = Duration::from_hours(1);
/// Leases are renewed no more often than the time to be away divided by this …
const RENEWALS: i64 = 10;
/// … and at least as often as this, in milliseconds.
const LONGEST_WAIT: i64 = 30_000;

/// What people did on this gateway since their leases were last renewed.
#[derive(Default)]
pub(crate) struct Idleness {
    people: Mutex<HashMap<UserId, Doing>>,
    noted: Notify,
}

#[derive(Default)]
struct Doing {
    /// When the lease was last renewed, in milliseconds; none for never.
    held_at: Option<i64>,
    /// Whether something was done since then.
    is_news: bool,
}

impl Idleness {
    /// Somebody did something.
    pub(crate) fn noted(&self, user: UserId) {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let doing = people.entry(user).or_default();
        doing.is_news = true;
        let is_first = doing.held_at.is_none();
        drop(people);
        if is_first {
            self.noted.notify_one();
        }
    }

    /// Takes those whose leases are to be renewed, and forgets whose ran out.
    fn due(&self, now: i64, wait: i64, length: i64) -> Vec<UserId> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.retain(|_, doing| {
            doing.is_news || doing.held_at.is_some_and(|held_at| now - held_at < length)
        });
        let due = people.iter_mut().filter(|(_, doing)| {
            let has_waited = doing.held_at.is_none_or(|held_at| now - held_at >= wait);
            doing.is_news && has_waited
        });
        due.map(|(user, doing)| {
            *doing = Doing {
                held_at: Some(now),
                is_news: false,
            };
            *user
        })
        .collect()
    }

    fn forget(&self, user: UserId) {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        people.remove(&user);
    }

    /// What could not be renewed is to be.
    fn again(&self, people: &[UserId]) {
        let mut known = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        for user in people {
            let doing = Doing {
                held_at: None,
                is_news: true,
            };
            known.insert(*user, doing);
        }
    }
}

/// Keeps leases, and tells who is idle and who no longer is, until `stop`.
pub(super) async fn keep(edge: &Edge, stop: CancellationToken) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        let done = tokio::select! {
            () = edge.activity.idleness.noted.notified() => renew(edge).await,
            _ = look.tick() => match renew(edge).await {
                Ok(()) => announce_idle(edge).await,
                error => error,
            },
            () = stop.cancelled() => return,
        };
        if let Err(error) = done {
            tracing::debug!(%error, "idleness not kept");
        }
    }
}

/// These people do something right now, whatever else is known of them.
pub(super) async fn hold(edge: &Edge, people: &[UserId]) -> Result<(), EphemeralError> {
    if people.is_empty() {
        return Ok(());
    }
    let members: Vec<String> = people.iter().map(UserId::to_string).collect();
    let came = edge
        .ephemeral
        .hold(GROUP, HOLDER, &members, lease(edge))
        .await?;
    for user in user_ids(&came) {
        edge.realtime.statuses.stirred(user);
    }
    Ok(())
}

/// Somebody does nothing from now on.
pub(super) async fn end(edge: &Edge, user: UserId) -> Result<(), EphemeralError> {
    edge.activity.idleness.forget(user);
    let members = [user.to_string()];
    edge.ephemeral
        .release(GROUP, HOLDER, &members, lease(edge))
        .await?;
    // Until somebody looks, whoever left still counts.
    announce_idle(edge).await
}

async fn renew(edge: &Edge) -> Result<(), EphemeralError> {
    let length = i64::try_from(edge.config.presence_away.as_millis()).unwrap_or(i64::MAX);
    let wait = (length / RENEWALS).min(LONGEST_WAIT);
    let now = edge.clock.now().timestamp_millis();
    let due = edge.activity.idleness.due(now, wait, length);
    let done = hold(edge, &due).await;
    if done.is_err() {
        edge.activity.idleness.again(&due);
    }
    done
}

async fn announce_idle(edge: &Edge) -> Result<(), EphemeralError> {
    for departure in edge.ephemeral.departed(GROUP, lease(edge)).await? {
        if let Ok(user) = departure.member.parse() {
            edge.realtime.statuses.stirred(user);
        }
    }
    Ok(())
}

/// Who of these people does something. While nobody can tell, all do.
pub(super) async fn active(edge: &Edge, people: &[UserId]) -> Vec<bool> {
    let members: Vec<String> = people.iter().map(UserId::to_string).collect();
    match edge.ephemeral.presence(GROUP, &members).await {
        Ok(known) => known.into_iter().map(|one| one == Presence::Here).collect(),
        Err(_) => vec![true; people.len()],
    }
}

fn lease(edge: &Edge) -> Lease {
    let length = edge.config.presence_away;
    Lease {
        length,
        grace: Duration::ZERO,
        memory: length + MEMORY,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn leases_are_renewed_at_once_for_the_first_time_and_then_in_steps() {
        let idleness = Idleness::default();
        let ada = UserId::from_uuid(Uuid::from_u128(1));
        assert_eq!(idleness.due(0, 30_000, 300_000), []);
        idleness.noted(ada);
        assert_eq!(idleness.due(0, 30_000, 300_000), [ada]);
        idleness.noted(ada);
        assert_eq!(idleness.due(29_999, 30_000, 300_000), []);
        // What was done meanwhile is not forgotten.
        assert_eq!(idleness.due(30_000, 30_000, 300_000), [ada]);
        assert_eq!(idleness.due(90_000, 30_000, 300_000), []);
        idleness.again(&[ada]);
        assert_eq!(idleness.due(90_000, 30_000, 300_000), [ada]);
        idleness.due(400_000, 30_000, 300_000);
        assert!(idleness.people.lock().unwrap().is_empty());
    }
}
