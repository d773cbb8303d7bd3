//! Presence inside the process.

use std::collections::HashMap;
use std::time::Duration;

use super::expiring::Expiring;
use crate::{Departure, Lease, Presence};

/// Departures that are remembered.
const REMEMBERED: usize = 100_000;
/// Departures told at a time.
const BATCH: usize = 500;

/// The groups of this process.
#[derive(Default)]
pub(super) struct Groups(HashMap<String, Group>);

/// One of them.
pub(super) struct Group {
    members: HashMap<String, Member>,
    left: Expiring<Duration>,
}

struct Member {
    /// When each hold ends.
    holds: HashMap<String, Duration>,
    /// When the member has left, unless held again.
    due: Duration,
}

impl Groups {
    pub(super) fn of(&mut self, name: &str) -> &mut Group {
        self.0.entry(name.to_owned()).or_insert_with(|| Group {
            members: HashMap::new(),
            left: Expiring::new(REMEMBERED),
        })
    }
}

impl Group {
    /// Those who came.
    pub(super) fn hold(
        &mut self,
        holder: &str,
        members: &[String],
        lease: Lease,
        now: Duration,
    ) -> Vec<String> {
        let mut came = Vec::new();
        for name in members {
            let member = self.members.entry(name.clone()).or_insert_with(|| {
                came.push(name.clone());
                Member {
                    holds: HashMap::new(),
                    due: now,
                }
            });
            member.holds.retain(|_, end| *end > now);
            member.holds.insert(holder.to_owned(), now + lease.length);
            member.due = now + lease.length + lease.grace;
        }
        came
    }

    pub(super) fn release(
        &mut self,
        holder: &str,
        members: &[String],
        lease: Lease,
        now: Duration,
    ) {
        for name in members {
            if let Some(member) = self.members.get_mut(name)
                && member.holds.remove(holder).is_some()
            {
                let latest = member.holds.values().max().copied().unwrap_or(now);
                member.due = latest.max(now) + lease.grace;
            }
        }
    }

    pub(super) fn departed(&mut self, lease: Lease, now: Duration) -> Vec<Departure> {
        self.left.drop_expired(now);
        let due = self.members.iter().filter(|(_, member)| member.due <= now);
        let departed: Vec<Departure> = due
            .take(BATCH)
            .map(|(name, member)| Departure {
                member: name.clone(),
                last_seen: member.due.saturating_sub(lease.grace),
            })
            .collect();
        for Departure { member, last_seen } in &departed {
            self.members.remove(member);
            self.left.insert(member, *last_seen, now + lease.memory);
        }
        departed
    }

    pub(super) fn presence(&self, member: &str) -> Presence {
        if self.members.contains_key(member) {
            Presence::Here
        } else {
            Presence::Gone(self.left.get(member).copied())
        }
    }
}
