//! A bounded map whose entries end.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// A map whose entries end at a time of the caller's clock. When it is full, the entry closest to its end makes room.
pub(super) struct Expiring<V> {
    entries: HashMap<Arc<str>, Entry<V>>,
    by_end: BTreeSet<(Duration, Arc<str>)>,
    capacity: usize,
}

struct Entry<V> {
    value: V,
    end: Duration,
}

impl<V> Expiring<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: HashMap::new(),
            by_end: BTreeSet::new(),
            capacity,
        }
    }

    /// Drops what ends now or ended before; readers rely on it having been called.
    pub(super) fn drop_expired(&mut self, now: Duration) {
        while self.by_end.first().is_some_and(|(end, _)| *end <= now) {
            self.drop_first();
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    pub(super) fn insert(&mut self, key: &str, value: V, end: Duration) {
        self.remove(key);
        if self.entries.len() >= self.capacity {
            self.drop_first();
        }
        let key: Arc<str> = Arc::from(key);
        self.by_end.insert((end, Arc::clone(&key)));
        self.entries.insert(key, Entry { value, end });
    }

    /// True when there was an entry.
    pub(super) fn remove(&mut self, key: &str) -> bool {
        let Some((key, entry)) = self.entries.remove_entry(key) else {
            return false;
        };
        self.by_end.remove(&(entry.end, key))
    }

    fn drop_first(&mut self) {
        if let Some((_, key)) = self.by_end.pop_first() {
            self.entries.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn expired_entries_go_without_being_asked_for() {
        let mut map = Expiring::new(10);
        map.insert("short", 1, second(1));
        map.insert("long", 2, second(2));
        map.drop_expired(second(1));
        assert_eq!((map.entries.len(), map.by_end.len()), (1, 1));
        assert_eq!(map.get("short"), None);
        assert_eq!(map.get("long"), Some(&2));
    }

    #[test]
    fn the_entry_closest_to_its_end_makes_room() {
        let mut map = Expiring::new(2);
        map.insert("late", 1, second(9));
        map.insert("early", 2, second(3));
        map.insert("new", 3, second(5));
        assert_eq!(map.get("early"), None);
        assert_eq!(map.get("late"), Some(&1));
        assert_eq!(map.get("new"), Some(&3));
        assert_eq!((map.entries.len(), map.by_end.len()), (2, 2));
    }

    #[test]
    fn inserting_again_replaces_the_value_and_its_end() {
        let mut map = Expiring::new(2);
        map.insert("other", 0, second(1));
        map.insert("key", 1, second(2));
        map.insert("key", 2, second(5));
        assert_eq!(map.get("other"), Some(&0));
        map.drop_expired(second(2));
        assert_eq!(map.get("key"), Some(&2));
        assert_eq!((map.entries.len(), map.by_end.len()), (1, 1));
    }

    #[test]
    fn removing_leaves_nothing_behind() {
        let mut map = Expiring::new(2);
        map.insert("key", 1, second(2));
        assert!(map.remove("key"));
        assert!(!map.remove("key"));
        assert_eq!((map.entries.len(), map.by_end.len()), (0, 0));
    }
}
