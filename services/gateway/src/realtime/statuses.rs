//! How people are, told to all sockets of the contracts that show it (C-161): of each person only the last state, and of a storm only so much at a time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use oruma_ids::UserId;
use oruma_service_runtime::{Caller, Contract};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::availability::{self, Availability};
use super::dialect::{Signal, StatusChange};
use super::happening::Address;
use super::signals::{self, Addressed};
use crate::edge::Edge;

/// People who are told of at a time.
const AT_ONCE: usize = 200;
/// Pause between two of those: what changes meanwhile is told as it is then.
const PAUSE: Duration = Duration::from_millis(250);

/// People whose state may have changed.
#[derive(Default)]
pub(crate) struct Statuses {
    /// Each with whether it matters only while the person is there.
    changed: Mutex<HashMap<UserId, bool>>,
    noted: Notify,
}

impl Statuses {
    /// Somebody's state may have changed: that is told soon.
    pub(crate) fn changed(&self, user: UserId) {
        self.note(user, false);
    }

    /// Somebody does something again, or nothing any more: that is told soon if the person is there at all.
    pub(crate) fn stirred(&self, user: UserId) {
        self.note(user, true);
    }

    fn note(&self, user: UserId, only_while_here: bool) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = changed.entry(user).or_insert(only_while_here);
        *known = *known && only_while_here;
        drop(changed);
        self.noted.notify_one();
    }

    fn take(&self) -> Vec<(UserId, bool)> {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *changed).into_iter().collect()
    }
}

/// Tells all gateways until `stop`.
pub(super) async fn tell(edge: &Edge, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = edge.realtime.statuses.noted.notified() => {}
            () = stop.cancelled() => return,
        }
        for some in edge.realtime.statuses.take().chunks(AT_ONCE) {
            tell_some(edge, some).await;
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}

async fn tell_some(edge: &Edge, people: &[(UserId, bool)]) {
    let caller = Caller::anonymous(Contract::Connectbest);
    let ids = people.iter().map(|(user, _)| user.to_string());
    let cards = match edge.people.cards(&caller, ids).await {
        Ok(cards) => cards,
        Err(status) => {
            tracing::debug!(error = status.message(), "statuses not told");
            return;
        }
    };
    let shown = availability::of_people(edge, &cards).await;
    let changes = people.iter().filter_map(|(user, only_while_here)| {
        let shown = shown.get(&user.to_string())?;
        let is_away = shown.availability == Availability::Offline;
        (!(is_away && *only_while_here)).then_some(StatusChange {
            user: *user,
            status: shown.availability,
            last_seen: shown.last_seen,
        })
    });
    let changes: Vec<StatusChange> = changes.collect();
    if changes.is_empty() {
        return;
    }
    let addressed = Addressed {
        to: vec![Address::Everyone],
        except: None,
        signal: Signal::Statuses(changes),
    };
    signals::publish(edge, &addressed).await;
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn of_each_person_there_is_one_change_and_coming_counts_more_than_stirring() {
        let statuses = Statuses::default();
        let user = |number| UserId::from_uuid(Uuid::from_u128(number));
        for _ in 0..1_000 {
            statuses.stirred(user(1));
            statuses.changed(user(2));
            statuses.stirred(user(2));
        }
        let mut taken = statuses.take();
        taken.sort_unstable();
        assert_eq!(taken, [(user(1), true), (user(2), false)]);
        assert_eq!(statuses.take(), []);
    }
}
