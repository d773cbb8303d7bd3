//! Whether people are there and want to be spoken to: what they said, what they do, and whether they have sockets, made into one of five words.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use oruma_ids::UserId;
use oruma_proto::auth::v1::{UserCard, UserStatus};
use serde::{Deserialize, Serialize};

use super::presence::Sighting;
use super::{idleness, presence};
use crate::edge::Edge;

/// Whether somebody is there and wants to be spoken to (C-125).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Availability {
    /// There.
    Online,
    /// There, but not looking.
    Away,
    /// Not to be disturbed.
    Busy,
    /// In a meeting.
    InMeeting,
    /// Not there, or not wanting to be seen.
    Offline,
}

/// How somebody is, and since when not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) availability: Availability,
    /// When the person was last seen; now for whoever is there.
    pub(crate) last_seen: Option<DateTime<Utc>>,
}

impl Availability {
    /// Its name, as contracts and events have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away => "away",
            Self::Busy => "busy",
            Self::InMeeting => "inmeeting",
            Self::Offline => "offline",
        }
    }

    /// The one of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let all = [
            Self::Online,
            Self::Away,
            Self::Busy,
            Self::InMeeting,
            Self::Offline,
        ];
        all.into_iter().find(|one| one.name() == name)
    }

    /// What a person said of itself; whoever said nothing wants to be spoken to.
    pub(crate) fn chosen(card: &UserCard) -> Self {
        match card.status() {
            UserStatus::Unspecified | UserStatus::Online => Self::Online,
            UserStatus::Away => Self::Away,
            UserStatus::Busy => Self::Busy,
            UserStatus::InMeeting => Self::InMeeting,
            UserStatus::Offline => Self::Offline,
        }
    }

    /// As auth is told it.
    pub(crate) const fn to_proto(self) -> UserStatus {
        match self {
            Self::Online => UserStatus::Online,
            Self::Away => UserStatus::Away,
            Self::Busy => UserStatus::Busy,
            Self::InMeeting => UserStatus::InMeeting,
            Self::Offline => UserStatus::Offline,
        }
    }

    /// What others see: whoever is not there is offline; whoever said nothing else is away while idle (C-161, K-23).
    const fn effective(self, is_here: bool, is_active: bool) -> Self {
        match self {
            _ if !is_here => Self::Offline,
            Self::Online if !is_active => Self::Away,
            said => said,
        }
    }
}

/// Somebody has signed in: from now on the person is there, with a socket or without (C-116).
pub(crate) async fn arrived(edge: &Edge, user: UserId) {
    if let Err(error) = idleness::hold(edge, &[user]).await {
        tracing::debug!(%error, "an arrival is not known");
    }
}

/// Somebody has signed out: whoever has no socket left is not there any more (C-119).
pub(crate) async fn left(edge: &Edge, user: UserId) {
    let sightings = presence::sightings(edge, &[user]).await;
    if sightings.iter().any(|sighting| sighting.is_here) {
        return;
    }
    match idleness::end(edge, user).await {
        Ok(()) => edge.realtime.statuses.changed(user),
        Err(error) => tracing::debug!(%error, "a departure is not known"),
    }
}

/// How some people are, by their ids: one look-up for all. Whoever has a socket is there, and whoever does something without one, unless it was closed
/// only just now. While what gateways share is away, nobody is there.
pub(crate) async fn of_people(
    edge: &Edge,
    cards: &HashMap<String, Arc<UserCard>>,
) -> HashMap<String, Shown> {
    let people: Vec<(&String, UserId, &Arc<UserCard>)> = cards
        .iter()
        .filter_map(|(id, card)| Some((id, id.parse().ok()?, card)))
        .collect();
    let ids: Vec<UserId> = people.iter().map(|(_, user, _)| *user).collect();
    let (here, active) = futures::join!(
        presence::sightings(edge, &ids),
        idleness::active(edge, &ids)
    );
    let now = edge.clock.now();
    let idle = TimeDelta::from_std(edge.config.presence_away).unwrap_or(TimeDelta::MAX);
    let sights = people.into_iter().zip(here).zip(active);
    sights
        .map(|(((id, _, card), here), is_active)| {
            let said = Availability::chosen(card);
            let availability = said.effective(is_there(here, is_active, now, idle), is_active);
            let last_seen = match availability {
                Availability::Offline => here.last_seen.or_else(|| last_seen(card)),
                _ => Some(now),
            };
            let shown = Shown {
                availability,
                last_seen,
            };
            (id.clone(), shown)
        })
        .collect()
}

/// Whoever has a socket is there, and whoever does something without one: but what was done before the last socket closed counts no more.
fn is_there(here: Sighting, is_active: bool, now: DateTime<Utc>, idle: TimeDelta) -> bool {
    let since_then = here.last_seen.is_none_or(|left| now - left > idle);
    here.is_here || (is_active && since_then)
}

/// When auth last heard of somebody.
fn last_seen(card: &UserCard) -> Option<DateTime<Utc>> {
    card.last_seen_at.and_then(|time| time.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-116, C-161: with a socket, or by doing something since the last one closed.
    #[test]
    fn whoever_does_something_is_there_without_a_socket() {
        let (now, idle) = (DateTime::<Utc>::UNIX_EPOCH, TimeDelta::minutes(5));
        let sighting = |is_here, left: Option<i64>| Sighting {
            is_here,
            last_seen: left.map(|minutes| now - TimeDelta::minutes(minutes)),
        };
        for (here, is_active, expected) in [
            (sighting(true, None), false, true),
            (sighting(false, None), true, true),
            (sighting(false, None), false, false),
            (sighting(false, Some(1)), true, false),
            (sighting(false, Some(6)), true, true),
        ] {
            let is_there = is_there(here, is_active, now, idle);
            assert_eq!(is_there, expected, "{here:?} {is_active}");
        }
    }

    /// C-161: idleness makes away only of whoever said nothing else, and whoever says so is not there.
    #[test]
    fn what_others_see_is_what_was_said_as_far_as_it_is_true() {
        use Availability::{Away, Busy, InMeeting, Offline, Online};
        for (said, here, active, seen) in [
            (Online, true, true, Online),
            (Online, true, false, Away),
            (Online, false, true, Offline),
            (Away, true, true, Away),
            (Busy, true, false, Busy),
            (InMeeting, true, false, InMeeting),
            (Busy, false, false, Offline),
            (Offline, true, true, Offline),
        ] {
            assert_eq!(
                said.effective(here, active),
                seen,
                "{said:?} {here} {active}"
            );
        }
    }

    #[test]
    fn names_go_both_ways() {
        for name in ["online", "away", "busy", "inmeeting", "offline"] {
            assert_eq!(Availability::from_name(name).unwrap().name(), name);
        }
        assert_eq!(Availability::from_name("asleep"), None);
    }
}
