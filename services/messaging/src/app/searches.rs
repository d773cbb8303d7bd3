//! Finding messages (C-033, C-151).

use chrono::DateTime;
use oruma_ids::PageSize;
use oruma_rpc_error::Violation;
use oruma_service_runtime::Caller;
use oruma_text::{is_in_no_text, search_words};

use super::{App, signed_in};
use crate::domain::search::shortened;
use crate::error::Error;
use crate::store;
use crate::store::searches::{Hit, Search};

/// Messages of one answer.
const HITS: PageSize = PageSize {
    default: 20,
    most: 50,
};
/// Characters of a query at the least.
const SHORTEST: usize = 2;

/// The messages with all words in conversations of the caller, best first, and how many there are, counted up to 10,000. Conversations of others have nothing to
/// be found.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] for a query that is too short, and for a negative page size.
pub async fn find(
    app: &App,
    caller: &Caller,
    search: Search,
    page_size: i32,
) -> Result<(Vec<Hit>, i64), Error> {
    let user = signed_in(caller)?;
    let size = HITS.of(page_size)?;
    if search.query.trim().chars().count() < SHORTEST {
        let problem = format!("must have at least {SHORTEST} characters");
        return Err(Error::Invalid(vec![Violation::new("query", problem)]));
    }
    if is_in_no_text(&search.query) {
        return Ok((Vec::new(), 0));
    }
    let search = Search {
        query: search_words(&search.query),
        // The database knows no times long before ours.
        before: search.before.map(|time| time.max(DateTime::UNIX_EPOCH)),
        after: search.after.map(|time| time.max(DateTime::UNIX_EPOCH)),
        ..search
    };
    let mut conn = app.database.reader().await?;
    let (mut hits, total) =
        store::searches::find(&mut conn, user, &search, i64::from(size)).await?;
    for hit in &mut hits {
        hit.highlight = shortened(&hit.highlight);
    }
    Ok((hits, total))
}
