//! Who takes part in which larger conversations: asked once for each person with a socket here, then followed through the log, so that joining and
//! leaving take effect on open sockets at exactly their place in the order of what happens.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use oruma_ids::UserId;
use oruma_proto::messaging::v1 as proto;
use oruma_service_runtime::{Caller, Contract};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use uuid::Uuid;

use super::happening::Move;
use crate::clients::read_in_job;
use crate::edge::Edge;

/// People who are asked about at the same time.
const AT_ONCE: usize = 16;
/// Pause before somebody is asked about again.
const PAUSE: Duration = Duration::from_millis(500);

/// A time in a conversation, between two positions of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spell {
    pub(crate) conversation: Uuid,
    /// What is behind this position is told …
    pub(crate) after: u64,
    /// … up to this one; [`u64::MAX`] while it lasts.
    pub(crate) until: u64,
}

/// The larger conversations of a person, as far back as the window goes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Spells(Vec<Spell>);

/// The larger conversations of the people who have sockets here.
#[derive(Default)]
pub(crate) struct Memberships {
    /// Of each; none until it is known.
    people: HashMap<UserId, Option<Spells>>,
    /// Who takes part now.
    members: HashMap<Uuid, HashSet<UserId>>,
    /// About whom is still to be asked.
    wanted: HashSet<UserId>,
    /// The log's moves up to here have been made.
    applied: u64,
}

// === impl Spells ===

impl Spells {
    /// Puts together where a person took part: `moves` is what the log tells of the person, in order; `listed` is how it was at some time. Where the log
    /// tells anything it is right: what the list knows better, the log is yet to tell.
    fn new(listed: &[Uuid], moves: &[(u64, Move)]) -> Self {
        let mut by_conversation: BTreeMap<Uuid, Vec<(u64, bool)>> = BTreeMap::new();
        for conversation in listed {
            by_conversation.entry(*conversation).or_default();
        }
        for (position, one) in moves {
            let (conversation, joins) = match *one {
                Move::Joined { conversation, .. } => (conversation, true),
                Move::Left { conversation, .. } | Move::Closed { conversation } => {
                    (conversation, false)
                }
            };
            let known = by_conversation.entry(conversation).or_default();
            known.push((*position, joins));
        }
        let listed: HashSet<&Uuid> = listed.iter().collect();
        let mut spells = Self::default();
        for (conversation, moves) in by_conversation {
            let is_listed = listed.contains(&conversation);
            let first = moves.first().map(|(_, joins)| *joins);
            // Whoever leaves first, or is there without having come, was there before the log began.
            if first == Some(false) || (first.is_none() && is_listed) {
                spells.join(conversation, 0);
            }
            for (position, joins) in &moves {
                spells.turn(conversation, *position, *joins);
            }
        }
        spells
    }

    fn turn(&mut self, conversation: Uuid, position: u64, joins: bool) {
        if joins {
            self.join(conversation, position);
        } else {
            self.leave(conversation, position);
        }
    }

    fn join(&mut self, conversation: Uuid, position: u64) {
        if !self.includes(conversation) {
            self.0.push(Spell {
                conversation,
                after: position,
                until: u64::MAX,
            });
        }
    }

    fn leave(&mut self, conversation: Uuid, position: u64) {
        let open = |spell: &&mut Spell| spell.conversation == conversation && spell.is_open();
        if let Some(spell) = self.0.iter_mut().find(open) {
            spell.until = position;
        }
    }

    fn includes(&self, conversation: Uuid) -> bool {
        self.current().any(|current| current == conversation)
    }

    fn current(&self) -> impl Iterator<Item = Uuid> {
        let open = self.0.iter().filter(|spell| spell.is_open());
        open.map(|spell| spell.conversation)
    }

    /// Drops what ended before the window begins.
    fn trim(&mut self, floor: u64) {
        self.0.retain(|spell| spell.until >= floor);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Spell> {
        self.0.iter()
    }
}

impl Spell {
    const fn is_open(&self) -> bool {
        self.until == u64::MAX
    }
}

// === impl Memberships ===

impl Memberships {
    /// A person has a socket that is told of conversations. True when it is to be asked which those are.
    pub(crate) fn want(&mut self, user: UserId) -> bool {
        let is_new = !self.people.contains_key(&user);
        if is_new {
            self.people.insert(user, None);
            self.wanted.insert(user);
        }
        is_new
    }

    /// A person could not be asked about, and has to be again.
    pub(crate) fn want_again(&mut self, user: UserId) {
        if self.people.contains_key(&user) {
            self.wanted.insert(user);
        }
    }

    /// Something of the log was lost: everybody has to be asked about again.
    pub(crate) fn want_all(&mut self) {
        self.wanted = self.people.keys().copied().collect();
    }

    /// Takes those about whom is to be asked.
    pub(crate) fn take_wanted(&mut self) -> HashSet<UserId> {
        std::mem::take(&mut self.wanted)
    }

    /// A person has no such socket any more.
    pub(crate) fn forget(&mut self, user: UserId) {
        self.wanted.remove(&user);
        if let Some(Some(spells)) = self.people.remove(&user) {
            for conversation in spells.current() {
                self.remove_member(conversation, user);
            }
        }
    }

    /// Somebody is asked about no more: this is where they take part. False when they have gone meanwhile.
    pub(crate) fn learn(&mut self, user: UserId, listed: &[Uuid], moves: &[(u64, Move)]) -> bool {
        if !self.people.contains_key(&user) {
            return false;
        }
        self.forget(user);
        let spells = Spells::new(listed, moves);
        for conversation in spells.current() {
            self.members.entry(conversation).or_default().insert(user);
        }
        self.people.insert(user, Some(spells));
        true
    }

    /// Makes a move of the log, once.
    pub(crate) fn apply(&mut self, position: u64, one: Option<Move>, floor: u64) {
        if position <= self.applied {
            return;
        }
        self.applied = position;
        match one {
            None => {}
            Some(Move::Joined { user, conversation }) => {
                if let Some(Some(spells)) = self.people.get_mut(&user) {
                    spells.join(conversation, position);
                    self.members.entry(conversation).or_default().insert(user);
                }
            }
            Some(Move::Left { user, conversation }) => {
                self.leave(user, conversation, position, floor);
                self.remove_member(conversation, user);
            }
            Some(Move::Closed { conversation }) => {
                for user in self.members.remove(&conversation).unwrap_or_default() {
                    self.leave(user, conversation, position, floor);
                }
            }
        }
    }

    fn leave(&mut self, user: UserId, conversation: Uuid, position: u64, floor: u64) {
        if let Some(Some(spells)) = self.people.get_mut(&user) {
            spells.leave(conversation, position);
            spells.trim(floor);
        }
    }

    fn remove_member(&mut self, conversation: Uuid, user: UserId) {
        if let Some(members) = self.members.get_mut(&conversation) {
            members.remove(&user);
            if members.is_empty() {
                self.members.remove(&conversation);
            }
        }
    }

    /// Where a person takes part; none until it is known.
    pub(crate) fn of(&self, user: UserId) -> Option<&Spells> {
        self.people.get(&user)?.as_ref()
    }

    /// Who takes part in a conversation now, of those who have sockets here.
    pub(crate) fn members(&self, conversation: Uuid) -> impl Iterator<Item = UserId> {
        let members = self.members.get(&conversation);
        members.into_iter().flatten().copied()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.people.is_empty() && self.members.is_empty() && self.wanted.is_empty()
    }
}

/// Asks about people until `stop`.
pub(super) async fn keep(edge: &Arc<Edge>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut asking = JoinSet::new();
    loop {
        tokio::select! {
            wanted = edge.realtime.hub.wanted() => for user in wanted {
                let (edge, places) = (Arc::clone(edge), Arc::clone(&places));
                asking.spawn(async move {
                    let _place = places.acquire_owned().await;
                    ask(&edge, user).await;
                });
            },
            Some(_) = asking.join_next(), if !asking.is_empty() => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn ask(edge: &Edge, user: UserId) {
    // The position comes first: what changes after it is told by the log.
    let at = edge.realtime.hub.head();
    match list(edge, user).await {
        Ok(listed) => edge.realtime.hub.subscribe(user, &listed, at),
        Err(status) => {
            tracing::debug!(error = status.message(), "memberships not known");
            tokio::time::sleep(PAUSE).await;
            edge.realtime.hub.want_again(user);
        }
    }
}

async fn list(edge: &Edge, user: UserId) -> Result<Vec<Uuid>, Status> {
    let message = proto::ListMembershipsRequest {
        user_id: user.to_string(),
    };
    let caller = Caller::anonymous(Contract::Oruma);
    let answer = read_in_job(|| {
        let mut conversations = edge.clients.conversations.clone();
        let request = caller.send(message.clone());
        async move { conversations.list_memberships(request).await }
    })
    .await?;
    let ids = answer.conversation_ids.iter();
    Ok(ids.filter_map(|id| id.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Uuid = Uuid::from_u128(1);
    const HALL: Uuid = Uuid::from_u128(2);

    fn ada() -> UserId {
        UserId::from_uuid(Uuid::from_u128(7))
    }

    fn joined(position: u64, conversation: Uuid) -> (u64, Move) {
        let user = ada();
        (position, Move::Joined { user, conversation })
    }

    fn left(position: u64, conversation: Uuid) -> (u64, Move) {
        let user = ada();
        (position, Move::Left { user, conversation })
    }

    fn closed(position: u64, conversation: Uuid) -> (u64, Move) {
        (position, Move::Closed { conversation })
    }

    /// Spells in one conversation as pairs of positions.
    fn spells(listed: &[Uuid], moves: &[(u64, Move)]) -> Vec<(u64, u64)> {
        let spells = Spells::new(listed, moves);
        let of_room = spells.iter().filter(|spell| spell.conversation == ROOM);
        of_room.map(|spell| (spell.after, spell.until)).collect()
    }

    #[test]
    fn what_the_log_tells_and_what_the_list_says_fit_together() {
        const OPEN: u64 = u64::MAX;
        for (listed, moves, expected) in [
            (&[][..], vec![], vec![]),
            (&[ROOM], vec![], vec![(0, OPEN)]),
            (&[ROOM], vec![joined(50, ROOM)], vec![(50, OPEN)]),
            (&[], vec![left(50, ROOM)], vec![(0, 50)]),
            (&[], vec![closed(50, ROOM)], vec![(0, 50)]),
            (
                &[ROOM],
                vec![left(50, ROOM), joined(60, ROOM)],
                vec![(0, 50), (60, OPEN)],
            ),
            (&[ROOM], vec![joined(150, ROOM)], vec![(150, OPEN)]),
            (&[ROOM], vec![left(150, ROOM)], vec![(0, 150)]),
            (
                &[],
                vec![joined(120, ROOM), left(150, ROOM)],
                vec![(120, 150)],
            ),
            // It was done, and the log has yet to tell.
            (&[], vec![joined(50, ROOM)], vec![(50, OPEN)]),
            (&[ROOM], vec![left(50, ROOM)], vec![(0, 50)]),
            (&[ROOM], vec![left(50, HALL)], vec![(0, OPEN)]),
        ] {
            assert_eq!(spells(listed, &moves), expected, "{listed:?} {moves:?}");
        }
    }

    #[test]
    fn moves_are_made_once_and_leave_nothing_behind() {
        let mut memberships = Memberships::default();
        assert!(memberships.want(ada()) && !memberships.want(ada()));
        assert_eq!(memberships.take_wanted(), [ada()].into());
        assert!(memberships.of(ada()).is_none());
        assert!(memberships.learn(ada(), &[ROOM], &[]));
        let members = |memberships: &Memberships, place| memberships.members(place).count();
        assert_eq!(members(&memberships, ROOM), 1);
        for (position, one) in [joined(110, HALL), left(120, ROOM)] {
            memberships.apply(position, Some(one), 0);
        }
        // Another reader of the log tells it again.
        memberships.apply(110, Some(joined(110, ROOM).1), 0);
        assert_eq!(
            (members(&memberships, ROOM), members(&memberships, HALL)),
            (0, 1)
        );
        memberships.apply(130, Some(closed(130, HALL).1), 125);
        let spells = memberships.of(ada()).unwrap();
        let ended = Spell {
            conversation: HALL,
            after: 110,
            until: 130,
        };
        assert_eq!(spells.iter().collect::<Vec<_>>(), [&ended]);
        memberships.want_all();
        memberships.forget(ada());
        assert!(memberships.is_empty());
        assert!(!memberships.learn(ada(), &[ROOM], &[]) && memberships.is_empty());
    }
}
