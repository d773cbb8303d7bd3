//! Who looked at what, and what was searched for (O-184, O-187).

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use oruma_ids::UserId;
use oruma_postgres::{Database, StoreError};
use oruma_service_runtime::Clock;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{CountedSearch, Mark, Searches};

const EVERY: Duration = Duration::from_secs(1);
/// What is collected at the most while the database is away; more is not counted.
const MOST: usize = 10_000;
/// Characters of a search that are kept.
const LONGEST_SEARCH: usize = 100;
/// Characters of its filters that are kept: with the words they fit into a key of the database.
const LONGEST_FILTERS: usize = 300;

/// Views and searches of one service: what was seen since the last writing, and where it is written.
#[derive(Debug)]
pub struct Analytics {
    views: Mark,
    searches: Searches,
    collected: Mutex<Collected>,
}

#[derive(Debug, Default)]
struct Collected {
    views: HashSet<(Uuid, UserId)>,
    searches: HashMap<(String, String), i64>,
}

impl Analytics {
    /// Nothing collected yet.
    #[must_use]
    pub fn new(views: Mark, searches: Searches) -> Self {
        Self {
            views,
            searches,
            collected: Mutex::default(),
        }
    }

    /// Somebody looks at a thing.
    pub fn viewed(&self, thing: Uuid, user: UserId) {
        let mut collected = self
            .collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if collected.views.len() < MOST {
            collected.views.insert((thing, user));
        }
    }

    /// Somebody searches for words, narrowed by filters: name and value, an empty value for none.
    pub fn searched(&self, query: &str, filters: &[(&str, &str)]) {
        let mut collected = self
            .collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if collected.searches.len() < MOST {
            let key = (words_of(query), filters_of(filters));
            *collected.searches.entry(key).or_default() += 1;
        }
    }

    /// Forgets what a person has looked at, who is gone.
    pub fn forget(&self, user: UserId) {
        let mut collected = self
            .collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        collected.views.retain(|(_, viewer)| *viewer != user);
    }

    /// Writes every second until `stop`, and once more then.
    pub async fn keep_written(&self, database: &Database, clock: &Clock, stop: CancellationToken) {
        loop {
            let last = tokio::select! {
                () = tokio::time::sleep(EVERY) => false,
                () = stop.cancelled() => true,
            };
            if let Err(error) = self.write(database, clock).await {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "views and searches not written yet"
                );
            }
            if last {
                return;
            }
        }
    }

    /// Writes what was collected. What fails is tried again the next time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn write(&self, database: &Database, clock: &Clock) -> Result<(), StoreError> {
        let (views, searches) = self.take();
        if views.is_empty() && searches.is_empty() {
            return Ok(());
        }
        let mut written = 0;
        let outcome = async {
            let mut conn = database.reader().await?;
            if !views.is_empty() {
                self.views.record(&mut conn, &views, clock.now()).await?;
            }
            written = 1;
            if !searches.is_empty() {
                self.searches
                    .record(&mut conn, &searches, clock.now())
                    .await?;
            }
            Ok(())
        }
        .await;
        if outcome.is_err() {
            self.put_back(if written == 0 { views } else { Vec::new() }, searches);
        }
        outcome
    }

    /// Where searches are written.
    #[must_use]
    pub fn searches(&self) -> &Searches {
        &self.searches
    }

    /// Where views are written.
    #[must_use]
    pub fn views(&self) -> &Mark {
        &self.views
    }

    fn take(&self) -> (Vec<(Uuid, UserId)>, Vec<CountedSearch>) {
        let mut collected = self
            .collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Collected { views, searches } = std::mem::take(&mut *collected);
        let searches = searches
            .into_iter()
            .map(|((query, filters), count)| CountedSearch {
                query,
                filters,
                count,
            });
        (views.into_iter().collect(), searches.collect())
    }

    fn put_back(&self, views: Vec<(Uuid, UserId)>, searches: Vec<CountedSearch>) {
        let mut collected = self
            .collected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if collected.views.len() < MOST {
            collected.views.extend(views);
        }
        if collected.searches.len() < MOST {
            for search in searches {
                let key = (search.query, search.filters);
                *collected.searches.entry(key).or_default() += search.count;
            }
        }
    }
}

/// The same words count together, whatever their case and space.
fn words_of(query: &str) -> String {
    let words = query.split_whitespace().collect::<Vec<_>>().join(" ");
    words.to_lowercase().chars().take(LONGEST_SEARCH).collect()
}

fn filters_of(filters: &[(&str, &str)]) -> String {
    filters
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&")
        .chars()
        .take(LONGEST_FILTERS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_count_together() {
        assert_eq!(words_of("  Free\tPIZZA "), "free pizza");
        assert_eq!(words_of(&"a".repeat(300)).len(), LONGEST_SEARCH);
        let filters = [("university", "MIT"), ("type", ""), ("status", "open")];
        assert_eq!(filters_of(&filters), "university=MIT&status=open");
    }
}
