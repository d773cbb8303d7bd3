//! Lists of events.

use oruma_ids::PageSize;
use oruma_service_runtime::Caller;
use oruma_text::is_in_no_text;

use super::{App, signed_in};
use crate::domain::event::{CountedCategory, SeenEvent};
use crate::domain::filters::{Asked, Filters};
use crate::error::Error;
use crate::store;

/// Events of one page (O-026).
const EVENTS: PageSize = PageSize {
    default: 10,
    most: 50,
};
/// Categories of one answer.
const CATEGORIES: i64 = 1_000;

/// Some events of a list.
#[derive(Debug, Default)]
pub struct Page {
    /// The events.
    pub events: Vec<SeenEvent>,
    /// Where the next ones begin; empty after the last.
    pub next: String,
    /// How many the list has in all.
    pub total: i64,
}

/// A page of events (O-026, O-034, O-036, O-037). First pages with words count as searches.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] naming every filter at fault, a negative page size or a broken page token.
pub async fn list(
    app: &App,
    caller: &Caller,
    asked: Asked,
    page_size: i32,
    page_token: &str,
) -> Result<Page, Error> {
    let viewer = signed_in(caller)?.user;
    let filters = asked.judge().map_err(Error::Invalid)?;
    let size = EVENTS.of(page_size)?;
    let name = filters.name(viewer);
    let after = app.cursors.after(&name, page_token)?;
    if filters.texts().any(is_in_no_text) {
        return Ok(Page::default());
    }
    if after.is_none() && !filters.query.is_empty() {
        note_search(app, &filters);
    }
    let now = app.clock.now();
    let mut conn = app.database.reader().await?;
    let limit = i64::from(size) + 1;
    let listed = store::lists::page(&mut conn, &filters, viewer, now, after, limit).await?;
    let (rows, next) = app
        .cursors
        .page(&name, listed.events, size, |last| last.position);
    Ok(Page {
        events: rows.into_iter().map(|row| row.event).collect(),
        next,
        total: listed.total,
    })
}

fn note_search(app: &App, filters: &Filters) {
    let narrowed = [
        ("category", filters.category.as_str()),
        ("university", &filters.university),
        ("status", filters.status.map_or("", |status| status.name())),
    ];
    app.analytics.searched(&filters.query, &narrowed);
}

/// The categories of events that are not over, the most used first (O-035).
///
/// # Errors
/// [`Error::NotSignedIn`].
pub async fn categories(app: &App, caller: &Caller) -> Result<Vec<CountedCategory>, Error> {
    signed_in(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.reader().await?;
    Ok(store::lists::categories(&mut conn, now, CATEGORIES).await?)
}
