//! Lists of items.

use oruma_ids::{ItemId, PageSize};
use oruma_service_runtime::Caller;

use super::{App, signed_in};
use crate::domain::filter::{Asked, Reading};
use crate::domain::item::{Category, SeenItem};
use crate::error::Error;
use crate::store;

/// Items of one page (O-042).
const ITEMS: PageSize = PageSize {
    default: 10,
    most: 50,
};
/// Similar items of one answer (O-052).
const SIMILAR: PageSize = PageSize {
    default: 6,
    most: 50,
};
/// Categories of one answer.
const CATEGORIES: i64 = 500;

/// Some items of a list.
#[derive(Debug, Default)]
pub struct Page {
    /// The items.
    pub items: Vec<SeenItem>,
    /// Where the next ones begin; empty after the last.
    pub next: String,
    /// How many there are in all.
    pub total: i64,
}

/// A page of items by filters and words (O-042, O-048, O-050, O-051). First pages with words count as searches.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] naming every filter at fault, a negative page size or a broken page token.
pub async fn list(
    app: &App,
    caller: &Caller,
    asked: &Asked,
    page_size: i32,
    page_token: &str,
) -> Result<Page, Error> {
    let viewer = signed_in(caller)?.user;
    let reading = asked.read().map_err(Error::Invalid)?;
    let size = ITEMS.of(page_size)?;
    let filters = match reading {
        Reading::Filters(filters) => filters,
        Reading::Nothing if page_token.is_empty() => return Ok(Page::default()),
        Reading::Nothing => return Err(Error::invalid("page_token", "is broken")),
    };
    let name = filters.name(viewer);
    let after = app.cursors.after(&name, page_token)?;
    if filters.words.is_some() && after.is_none() {
        count_search(app, asked);
    }
    let mut conn = app.database.reader().await?;
    let limit = i64::from(size) + 1;
    let (rows, total) = store::lists::page(&mut conn, &filters, viewer, after, limit).await?;
    let position = |last: &store::lists::Listed| last.position(filters.sort);
    let (listed, next) = app.cursors.page(&name, rows, size, position);
    Ok(Page {
        items: listed.into_iter().map(|listed| listed.item).collect(),
        next,
        total,
    })
}

fn count_search(app: &App, asked: &Asked) {
    let (conditions, tags) = (asked.conditions.join(","), asked.tags.join(","));
    let filters = [
        ("category", asked.category.as_str()),
        ("condition", &conditions),
        ("university", &asked.university),
        ("tags", &tags),
        ("status", &asked.status),
        ("priceMin", &asked.price_min),
        ("priceMax", &asked.price_max),
    ];
    // Control characters are no part of what people look for, and the database takes no NUL.
    let plain = |(name, value): &(_, &str)| (*name, value.replace(char::is_control, " "));
    let filters = filters.each_ref().map(plain);
    let filters = filters
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    app.analytics.searched(&asked.query, &filters);
}

/// Items that can be had and resemble one, most alike first, never itself (O-052).
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ItemNotFound`]; [`Error::Invalid`] for a negative page size.
pub async fn similar(
    app: &App,
    caller: &Caller,
    id: ItemId,
    page_size: i32,
) -> Result<Vec<SeenItem>, Error> {
    let viewer = signed_in(caller)?.user;
    let mut conn = app.database.reader().await?;
    store::items::find(&mut conn, id, viewer)
        .await?
        .ok_or(Error::ItemNotFound)?;
    let limit = i64::from(SIMILAR.of(page_size)?);
    Ok(store::lists::similar(&mut conn, id, viewer, limit).await?)
}

/// The categories of items that can be had, the most used first (O-049).
///
/// # Errors
/// [`Error::NotSignedIn`].
pub async fn categories(app: &App, caller: &Caller) -> Result<Vec<Category>, Error> {
    signed_in(caller)?;
    let mut conn = app.database.reader().await?;
    Ok(store::lists::categories(&mut conn, CATEGORIES).await?)
}
