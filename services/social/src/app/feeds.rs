//! Lists of posts.

use chrono::TimeDelta;
use oruma_engagement::CountedSearch;
use oruma_ids::PageSize;
use oruma_service_runtime::Caller;
use oruma_text::is_in_no_text;

use super::App;
use crate::domain::post::{PostType, SeenPost};
use crate::domain::viewer::Viewer;
use crate::error::Error;
use crate::store;
use crate::store::feeds::{Feed, Search};

/// Posts of one page (O-011).
const POSTS: PageSize = PageSize {
    default: 10,
    most: 50,
};
/// Popular searches of one answer.
const POPULAR: PageSize = PageSize {
    default: 20,
    most: 100,
};
/// Of how many days popular searches are told.
const POPULAR_DAYS: PageSize = PageSize {
    default: 7,
    most: 90,
};

/// Some posts, and where the next ones begin; empty after the last.
pub type Page = (Vec<SeenPost>, String);

/// A page of posts that the caller may see, newest first (O-011, O-023, O-024).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] for a negative page size or a broken page token.
pub async fn list(
    app: &App,
    caller: &Caller,
    feed: &Feed,
    page_size: i32,
    page_token: &str,
) -> Result<Page, Error> {
    let viewer = Viewer::of(caller)?;
    let size = POSTS.of(page_size)?;
    let name = feed.name(viewer.user);
    let after = app.cursors.after(&name, page_token)?;
    if matches!(feed, Feed::University(name) if is_in_no_text(name)) {
        return Ok(Page::default());
    }
    let mut conn = app.database.reader().await?;
    let rows = store::feeds::list(&mut conn, feed, &viewer, after, i64::from(size) + 1).await?;
    let (listed, next) = app.cursors.page(&name, rows, size, |last| last.position);
    Ok((listed.into_iter().map(|listed| listed.post).collect(), next))
}

/// A page of posts that have the words, best first (O-022). First pages count as searches.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] for an unknown type, a negative page size or a broken page token.
pub async fn search(
    app: &App,
    caller: &Caller,
    search: &Search,
    page_size: i32,
    page_token: &str,
) -> Result<Page, Error> {
    let viewer = Viewer::of(caller)?;
    if !search.kind.is_empty() && PostType::from_name(&search.kind).is_none() {
        let problem = "must be study, food, achievement, event or general";
        return Err(Error::invalid("type", problem));
    }
    let size = POSTS.of(page_size)?;
    let name = format!(
        "search {:?} {:?} {}",
        search.query, search.university, search.kind
    );
    let after = app.cursors.after(&name, page_token)?;
    let has_words = !search.query.trim().is_empty();
    if !has_words || is_in_no_text(&search.query) || is_in_no_text(&search.university) {
        return Ok(Page::default());
    }
    if after.is_none() {
        let filters = [
            ("university", search.university.as_str()),
            ("type", &search.kind),
        ];
        app.analytics.searched(&search.query, &filters);
    }
    let mut conn = app.database.reader().await?;
    let rows = store::feeds::search(&mut conn, search, &viewer, after, i64::from(size) + 1).await?;
    let (found, next) = app.cursors.page(&name, rows, size, |last| last.rank);
    Ok((found.into_iter().map(|found| found.post).collect(), next))
}

/// What was searched for most in the last days (O-187).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::AdminOnly`]; [`Error::Invalid`] for negative numbers.
pub async fn popular_searches(
    app: &App,
    caller: &Caller,
    days: i32,
    page_size: i32,
) -> Result<Vec<CountedSearch>, Error> {
    Viewer::of(caller)?.must_moderate()?;
    let days = POPULAR_DAYS
        .of(days)
        .map_err(|_| Error::invalid("days", "must not be negative"))?;
    let since = app.clock.now() - TimeDelta::days(i64::from(days) - 1);
    let limit = i64::from(POPULAR.of(page_size)?);
    let mut conn = app.database.reader().await?;
    Ok(app
        .analytics
        .searches()
        .popular(&mut conn, since, limit)
        .await?)
}
