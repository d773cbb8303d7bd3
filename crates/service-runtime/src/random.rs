//! Randomness and ids as things that are passed in.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::{Builder, Uuid};

/// Gives random bytes and ids. Tests hold one that always gives the same.
#[derive(Clone)]
pub struct Random(Option<Arc<Mutex<StdRng>>>);

impl Random {
    /// Seeded by the operating system, safe for secrets.
    #[must_use]
    pub const fn system() -> Self {
        Self(None)
    }

    /// The same sequence for the same seed: for tests only.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Some(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            None => rand::rng().fill_bytes(&mut bytes),
            Some(seeded) => seeded
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .fill_bytes(&mut bytes),
        }
        bytes
    }

    /// A UUIDv7 of the given time: ids of later times sort after it.
    #[must_use]
    pub fn id(&self, now: DateTime<Utc>) -> Uuid {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_sort_by_time() {
        let random = Random::system();
        let early = DateTime::from_timestamp_millis(1_000).unwrap();
        let late = DateTime::from_timestamp_millis(1_001).unwrap();
        assert!(random.id(early) < random.id(late));
        assert_eq!(random.id(early).get_version_num(), 7);
        assert_ne!(random.id(early), random.id(early));
    }

    #[test]
    fn a_seed_repeats_itself() {
        assert_eq!(
            Random::seeded(1).bytes::<8>(),
            Random::seeded(1).bytes::<8>()
        );
    }
}
