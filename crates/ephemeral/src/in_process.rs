//! The implementation for an installation of one process.

mod expiring;
mod groups;
mod logs;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use tokio_util::task::AbortOnDropHandle;

use crate::gcra::{self, Gcra};
use crate::topics::Topics;
use crate::{
    Departure, Ephemeral, EphemeralError, Lease, LogBounds, LogReader, Position, Presence, Quota,
    SharedEphemeral, Subscription, Verdict, ephemeral,
};
use expiring::Expiring;
use groups::Groups;
use logs::Logs;

/// A clock that never goes back: the time since some fixed moment, which positions in logs and departures are counted from.
pub type Now = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How many quotas, and how many values, are kept.
const CAPACITY: usize = 100_000;

/// How often what expired is dropped while nobody asks for anything.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// Makes the implementation inside the process, on the machine's monotonic clock, set to the time since the beginning of 1970.
///
/// At most 100,000 quotas and 100,000 values are kept; beyond that, the one closest to its end goes first. Inside a tokio runtime,
/// what expired is dropped every 10 seconds even when nobody asks for anything; outside of one, at the next call.
#[must_use]
pub fn in_process() -> SharedEphemeral {
    let start = Instant::now();
    let started = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    in_process_with_clock(Arc::new(move || started + start.elapsed()))
}

/// Like [`in_process`], on a clock that was passed in.
#[must_use]
pub fn in_process_with_clock(now: Now) -> SharedEphemeral {
    let store = Arc::new(Store {
        kept: Mutex::new(Kept {
            values: Expiring::new(CAPACITY),
            rates: Expiring::new(CAPACITY),
            groups: Groups::default(),
        }),
        now: Arc::clone(&now),
    });
    Arc::new(InProcess {
        topics: Topics::fed_inside(),
        logs: Logs::new(now),
        _sweeper: sweep_in_background(&store),
        store,
    })
}

struct InProcess {
    topics: Arc<Topics>,
    logs: Logs,
    store: Arc<Store>,
    _sweeper: Option<AbortOnDropHandle<()>>,
}

struct Store {
    kept: Mutex<Kept>,
    now: Now,
}

struct Kept {
    values: Expiring<Bytes>,
    /// For each quota the microsecond at which it is full again, which is also its end: a full quota needs no entry.
    rates: Expiring<u64>,
    groups: Groups,
}

impl Store {
    /// The clock's time, and what has not expired by then.
    fn at_present(&self) -> (Duration, MutexGuard<'_, Kept>) {
        // No change is left half done by a panic, so a poisoned lock is as good as any.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that the takers of a quota see the clock in their order.
        let now = (self.now)();
        kept.values.drop_expired(now);
        kept.rates.drop_expired(now);
        (now, kept)
    }
}

impl Kept {
    fn take(&mut self, key: &str, gcra: Gcra, now: Duration) -> Verdict {
        let now = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        let full_at = self.rates.get(key).copied().unwrap_or(now);
        let (allowed, ahead) = gcra.spend(full_at.saturating_sub(now));
        if allowed {
            let full_at = now.saturating_add(ahead);
            self.rates
                .insert(key, full_at, Duration::from_micros(full_at));
        }
        gcra.verdict(allowed, ahead)
    }
}

fn sweep_in_background(store: &Arc<Store>) -> Option<AbortOnDropHandle<()>> {
    let runtime = tokio::runtime::Handle::try_current().ok()?;
    let store = Arc::clone(store);
    let task = runtime.spawn(async move {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            drop(store.at_present());
        }
    });
    Some(AbortOnDropHandle::new(task))
}

#[async_trait]
impl Ephemeral for InProcess {
    async fn publish(&self, topic: &str, payload: Bytes) -> Result<usize, EphemeralError> {
        Ok(self.topics.deliver(topic, payload))
    }

    async fn subscribe(&self, topic: &str) -> Result<Subscription, EphemeralError> {
        Ok(self.topics.subscribe(topic))
    }

    async fn take(&self, key: &str, quota: Quota) -> Result<Verdict, EphemeralError> {
        let Some(gcra) = Gcra::of(quota) else {
            return Ok(gcra::never());
        };
        let (now, mut kept) = self.store.at_present();
        Ok(kept.take(key, gcra, now))
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), EphemeralError> {
        let (now, mut kept) = self.store.at_present();
        kept.values.insert(key, value, now + ephemeral::whole(ttl));
        Ok(())
    }

    async fn put_if_absent(
        &self,
        key: &str,
        value: Bytes,
        ttl: Duration,
    ) -> Result<bool, EphemeralError> {
        let (now, mut kept) = self.store.at_present();
        let absent = kept.values.get(key).is_none();
        if absent {
            kept.values.insert(key, value, now + ephemeral::whole(ttl));
        }
        Ok(absent)
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, EphemeralError> {
        let (_, kept) = self.store.at_present();
        Ok(kept.values.get(key).cloned())
    }

    async fn remove(&self, key: &str) -> Result<bool, EphemeralError> {
        let (_, mut kept) = self.store.at_present();
        Ok(kept.values.remove(key))
    }

    async fn append(
        &self,
        log: &str,
        payload: Bytes,
        bounds: LogBounds,
    ) -> Result<Position, EphemeralError> {
        Ok(self.logs.append(log, payload, bounds))
    }

    async fn follow(&self, log: &str) -> Result<LogReader, EphemeralError> {
        Ok(self.logs.follow(log))
    }

    async fn hold(
        &self,
        group: &str,
        holder: &str,
        members: &[String],
        lease: Lease,
    ) -> Result<Vec<String>, EphemeralError> {
        let (now, mut kept) = self.store.at_present();
        Ok(kept.groups.of(group).hold(holder, members, lease, now))
    }

    async fn release(
        &self,
        group: &str,
        holder: &str,
        members: &[String],
        lease: Lease,
    ) -> Result<(), EphemeralError> {
        let (now, mut kept) = self.store.at_present();
        kept.groups.of(group).release(holder, members, lease, now);
        Ok(())
    }

    async fn departed(&self, group: &str, lease: Lease) -> Result<Vec<Departure>, EphemeralError> {
        let (now, mut kept) = self.store.at_present();
        Ok(kept.groups.of(group).departed(lease, now))
    }

    async fn presence(
        &self,
        group: &str,
        members: &[String],
    ) -> Result<Vec<Presence>, EphemeralError> {
        let (_, mut kept) = self.store.at_present();
        let group = kept.groups.of(group);
        Ok(members.iter().map(|name| group.presence(name)).collect())
    }

    async fn ping(&self) -> Result<(), EphemeralError> {
        Ok(())
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.topics.close();
        self.logs.close();
    }
}
