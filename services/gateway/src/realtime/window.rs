//! What happened lately, by who is to know.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use oruma_ephemeral::LogBounds;
use oruma_ids::UserId;
use uuid::Uuid;

use super::dialect::{Dialect, DialectId, Rendered};
use super::happening::{Address, Entry, Move};
use super::memberships::Spells;

/// How much is kept: in the log, and in each gateway for its sockets.
pub(crate) const BOUNDS: LogBounds = LogBounds {
    age: Duration::from_mins(5),
    entries: 20_000,
    bytes: 32 << 20,
};

/// An entry, and its frames as far as somebody wanted them.
pub(crate) struct Kept {
    pub(crate) position: u64,
    pub(crate) entry: Entry,
    bytes: usize,
    frames: Box<[OnceLock<Option<Rendered>>]>,
}

/// The entries of the last minutes.
pub(crate) struct Window {
    bounds: LogBounds,
    dialects: usize,
    entries: VecDeque<Arc<Kept>>,
    by_address: HashMap<Address, VecDeque<u64>>,
    ids: HashSet<Uuid>,
    bytes: usize,
    /// Every entry behind this position is here.
    floor: u64,
    /// The newest position that was seen.
    head: u64,
}

impl Kept {
    /// The frame of a contract, made when it is first wanted.
    pub(crate) fn rendered(&self, id: DialectId, dialect: &dyn Dialect) -> Option<&Rendered> {
        let Entry {
            happening, faces, ..
        } = &self.entry;
        let render = || dialect.happening(happening, faces, self.position);
        self.frames.get(id.0)?.get_or_init(render).as_ref()
    }
}

impl Window {
    pub(crate) fn new(bounds: LogBounds, dialects: usize) -> Self {
        Self {
            bounds,
            dialects,
            entries: VecDeque::new(),
            by_address: HashMap::new(),
            ids: HashSet::new(),
            bytes: 0,
            floor: 0,
            head: 0,
        }
    }

    pub(crate) fn floor(&self) -> u64 {
        self.floor
    }

    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    /// Begins anew behind a position.
    pub(crate) fn restart(&mut self, after: u64) {
        *self = Self {
            floor: after,
            head: self.head.max(after),
            ..Self::new(self.bounds, self.dialects)
        };
    }

    /// Takes note of a position without an entry that this version understands.
    pub(crate) fn pass(&mut self, position: u64) {
        self.head = self.head.max(position);
    }

    /// Adds an entry of so many bytes; none when it is here already.
    pub(crate) fn push(&mut self, position: u64, entry: Entry, bytes: usize) -> Option<Arc<Kept>> {
        self.pass(position);
        if !self.ids.insert(entry.id) {
            return None;
        }
        for address in &entry.audience {
            let positions = self.by_address.entry(address.clone()).or_default();
            positions.push_back(position);
        }
        let kept = Arc::new(Kept {
            position,
            entry,
            bytes,
            frames: (0..self.dialects).map(|_| OnceLock::new()).collect(),
        });
        self.bytes += bytes;
        self.entries.push_back(Arc::clone(&kept));
        self.trim();
        Some(kept)
    }

    /// The entries behind a position for some addresses, and for larger conversations while they lasted, oldest first.
    pub(crate) fn behind(
        &self,
        addresses: &[Address],
        spells: Option<&Spells>,
        position: u64,
        limit: usize,
    ) -> Vec<Arc<Kept>> {
        let mut found: Vec<u64> = Vec::new();
        let mut find = |address: &Address, after: u64, until: u64| {
            if let Some(positions) = self.by_address.get(address) {
                let start = positions.partition_point(|at| *at <= after);
                let some = positions.range(start..).take_while(|at| **at <= until);
                found.extend(some.take(limit));
            }
        };
        for address in addresses {
            find(address, position, u64::MAX);
        }
        for spell in spells.into_iter().flat_map(Spells::iter) {
            let address = Address::Conversation(spell.conversation);
            find(&address, position.max(spell.after), spell.until);
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
        found.iter().filter_map(|at| self.at(*at)).collect()
    }

    /// How a person's part in larger conversations changed, in order: what was for the person, and the end of those conversations.
    pub(crate) fn moves(&self, user: UserId, conversations: &[Uuid]) -> Vec<(u64, Move)> {
        let mine = self.moves_for(Address::Person(user));
        let mine = mine.filter(|(_, change)| match change {
            Move::Joined { user: who, .. } | Move::Left { user: who, .. } => *who == user,
            Move::Closed { .. } => true,
        });
        let mine: Vec<(u64, Move)> = mine.collect();
        let named = mine.iter().map(|(_, change)| change.conversation());
        let named: HashSet<Uuid> = named.chain(conversations.iter().copied()).collect();
        let ends = named.iter().flat_map(|conversation| {
            let all = self.moves_for(Address::Conversation(*conversation));
            all.filter(|(_, change)| matches!(change, Move::Closed { .. }))
        });
        let mut moves: Vec<(u64, Move)> = mine.iter().copied().chain(ends).collect();
        moves.sort_unstable_by_key(|(position, _)| *position);
        moves.dedup();
        moves
    }

    fn moves_for(&self, address: Address) -> impl Iterator<Item = (u64, Move)> {
        let positions = self.by_address.get(&address).into_iter().flatten();
        positions.filter_map(|position| {
            let kept = self.at(*position)?;
            Some((*position, kept.entry.happening.r#move()?))
        })
    }

    fn at(&self, position: u64) -> Option<Arc<Kept>> {
        let place = self
            .entries
            .binary_search_by_key(&position, |kept| kept.position);
        self.entries.get(place.ok()?).map(Arc::clone)
    }

    fn trim(&mut self) {
        // A position holds its time: 1,024 a millisecond.
        let age = u64::try_from(self.bounds.age.as_millis()).unwrap_or(u64::MAX);
        let oldest = self.head.saturating_sub(age.saturating_mul(1_024));
        while self.entries.len() > 1
            && self.entries.front().is_some_and(|first| {
                first.position < oldest
                    || self.entries.len() > self.bounds.entries
                    || self.bytes > self.bounds.bytes
            })
        {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        let Some(first) = self.entries.pop_front() else {
            return;
        };
        self.floor = first.position;
        self.bytes -= first.bytes;
        self.ids.remove(&first.entry.id);
        for address in &first.entry.audience {
            if let Slot::Occupied(mut positions) = self.by_address.entry(address.clone()) {
                positions.get_mut().pop_front();
                if positions.get().is_empty() {
                    positions.remove();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use oruma_ids::UserId;
    use oruma_proto::social::v1::PostLikedV1;

    use super::super::happening::Happening;
    use super::*;
    use crate::faces::Faces;

    fn person(number: u128) -> Address {
        Address::Person(UserId::from_uuid(Uuid::from_u128(number)))
    }

    fn entry(id: u128, audience: &[Address]) -> Entry {
        Entry {
            id: Uuid::from_u128(id),
            audience: audience.to_vec(),
            happening: Happening::PostLiked(PostLikedV1::default()),
            faces: Faces::default(),
            trace: None,
        }
    }

    fn positions(window: &Window, addresses: &[Address], after: u64) -> Vec<u64> {
        let entries = window.behind(addresses, None, after, 100);
        entries.iter().map(|kept| kept.position).collect()
    }

    #[test]
    fn entries_are_found_by_their_audience_once_and_in_order() {
        let mut window = Window::new(BOUNDS, 0);
        let (ada, ben) = (person(1), person(2));
        for (position, audience) in [
            (10, vec![ada.clone()]),
            (11, vec![ben.clone(), Address::Everyone]),
            (12, vec![ada.clone(), Address::Everyone]),
            (13, vec![ben.clone()]),
        ] {
            assert!(
                window
                    .push(position, entry(position.into(), &audience), 1)
                    .is_some()
            );
        }
        assert_eq!(
            positions(&window, &[ada.clone(), Address::Everyone], 0),
            [10, 11, 12]
        );
        assert_eq!(positions(&window, &[ben, Address::Everyone], 11), [12, 13]);
        assert_eq!(
            window.behind(&[ada, Address::Everyone], None, 0, 2).len(),
            2
        );
    }

    #[test]
    fn an_event_that_comes_twice_is_kept_once() {
        let mut window = Window::new(BOUNDS, 0);
        assert!(window.push(10, entry(1, &[person(1)]), 1).is_some());
        assert!(window.push(11, entry(1, &[person(1)]), 1).is_none());
        assert_eq!(
            (window.head(), positions(&window, &[person(1)], 0)),
            (11, vec![10])
        );
    }

    #[test]
    fn what_is_too_much_goes_first_and_leaves_nothing_behind() {
        let bounds = LogBounds {
            entries: 3,
            bytes: 50,
            ..BOUNDS
        };
        let mut window = Window::new(bounds, 0);
        for position in 1..=10 {
            window.push(
                position,
                entry(position.into(), &[person(position.into())]),
                10,
            );
        }
        assert_eq!((window.floor(), window.entries.len()), (7, 3));
        assert_eq!(
            (window.by_address.len(), window.ids.len(), window.bytes),
            (3, 3, 30)
        );
        window.push(11, entry(11, &[person(1)]), 45);
        assert_eq!((window.entries.len(), window.bytes), (1, 45));
    }

    #[test]
    fn what_is_too_old_goes() {
        let mut window = Window::new(BOUNDS, 0);
        window.push(1_024, entry(1, &[person(1)]), 1);
        window.push(2_048 + 300_000 * 1_024, entry(2, &[person(1)]), 1);
        assert_eq!((window.floor(), window.entries.len()), (1_024, 1));
    }

    #[test]
    fn a_restart_forgets_all_up_to_a_position() {
        let mut window = Window::new(BOUNDS, 0);
        window.push(10, entry(1, &[person(1)]), 1);
        window.restart(20);
        assert_eq!((window.floor(), window.head()), (20, 20));
        assert_eq!(positions(&window, &[person(1)], 0), Vec::<u64>::new());
    }
}
