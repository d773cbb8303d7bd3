//! Who looked at what, and what was searched for (O-184, O-187): collected in memory, written every second in one statement each, so that
//! reading costs no writing.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use oruma_ids::{PostId, UserId};
use tokio_util::sync::CancellationToken;

use super::App;
use crate::error::Error;
use crate::store;
use crate::store::feeds::Search;
use crate::store::searches::CountedSearch;

const EVERY: Duration = Duration::from_secs(1);
/// What is collected at the most while the database is away; more is not counted.
const MOST: usize = 10_000;
/// Characters of a search that are kept.
const LONGEST_SEARCH: usize = 100;
/// Characters of its filters that are kept: with the words they fit into a key of the database.
const LONGEST_FILTERS: usize = 300;

/// What was seen since the last writing.
#[derive(Default)]
pub struct Analytics(Mutex<Collected>);

#[derive(Default)]
struct Collected {
    views: HashSet<(PostId, UserId)>,
    searches: HashMap<(String, String), i64>,
}

impl Analytics {
    pub(super) fn viewed(&self, post: PostId, user: UserId) {
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if collected.views.len() < MOST {
            collected.views.insert((post, user));
        }
    }

    pub(super) fn searched(&self, search: &Search) {
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if collected.searches.len() < MOST {
            let key = (words_of(&search.query), filters_of(search));
            *collected.searches.entry(key).or_default() += 1;
        }
    }

    /// Forgets what a person has looked at, who is gone.
    pub(super) fn forget(&self, user: UserId) {
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        collected.views.retain(|(_, viewer)| *viewer != user);
    }

    fn take(&self) -> Collected {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts back what could not be written.
    fn put_back(&self, views: Vec<(PostId, UserId)>, searches: Vec<CountedSearch>) {
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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

fn filters_of(search: &Search) -> String {
    [("university", &search.university), ("type", &search.kind)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&")
        .chars()
        .take(LONGEST_FILTERS)
        .collect()
}

/// Writes every second until `stop`, and once more then.
pub async fn keep_written(app: &App, stop: CancellationToken) {
    loop {
        let last = tokio::select! {
            () = tokio::time::sleep(EVERY) => false,
            () = stop.cancelled() => true,
        };
        if let Err(error) = write(app).await {
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
pub async fn write(app: &App) -> Result<(), Error> {
    let Collected { views, searches } = app.analytics.take();
    let views: Vec<_> = views.into_iter().collect();
    let searches: Vec<_> = searches
        .into_iter()
        .map(|((query, filters), count)| CountedSearch {
            query,
            filters,
            count,
        })
        .collect();
    if let Err(error) = write_views(app, &views).await {
        app.analytics.put_back(views, searches);
        return Err(error);
    }
    if let Err(error) = write_searches(app, &searches).await {
        app.analytics.put_back(Vec::new(), searches);
        return Err(error);
    }
    Ok(())
}

async fn write_views(app: &App, views: &[(PostId, UserId)]) -> Result<(), Error> {
    if views.is_empty() {
        return Ok(());
    }
    let mut conn = app.database.reader().await?;
    Ok(store::views::record(&mut conn, views, app.clock.now()).await?)
}

async fn write_searches(app: &App, searches: &[CountedSearch]) -> Result<(), Error> {
    if searches.is_empty() {
        return Ok(());
    }
    let mut conn = app.database.reader().await?;
    Ok(store::searches::record(&mut conn, searches, app.clock.now()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_count_together() {
        assert_eq!(words_of("  Free\tPIZZA "), "free pizza");
        assert_eq!(words_of(&"a".repeat(300)).len(), LONGEST_SEARCH);
        let search = Search {
            query: String::new(),
            university: "MIT".to_owned(),
            kind: "food".to_owned(),
            highlight: false,
        };
        assert_eq!(filters_of(&search), "university=MIT&type=food");
    }
}
