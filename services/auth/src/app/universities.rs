//! Searching the directory.

use oruma_ids::{PageSize, UniversityId};

use super::App;
use crate::domain::folding::fold;
use crate::domain::university::{University, UniversityDetail, UniversityType};
use crate::error::Error;
use crate::store;
use crate::store::universities::{Matching, Position, Search};

/// Name of the list in page tokens.
const LIST: &str = "universities";
/// Entries on one page (O-064).
const ENTRIES: PageSize = PageSize {
    default: 50,
    most: 100,
};
/// Words that are looked at; more would only narrow what is already one entry.
const MOST_WORDS: usize = 12;

/// What somebody looks for.
#[derive(Debug, Clone, Default)]
pub struct UniversityQuery {
    /// Words or the start of a name; empty for all.
    pub text: String,
    /// Only this state; empty for all.
    pub state: String,
    /// Only this type; empty for all.
    pub kind: String,
    /// How many at the most; 50 when 0.
    pub page_size: i32,
    /// Where the last page ended; empty for the first.
    pub page_token: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct FoundUniversities {
    /// A page of entries.
    pub entries: Vec<University>,
    /// How many match in all.
    pub total: i64,
    /// Where the page ended; empty on the last one.
    pub next_page_token: String,
}

/// Searches by prefix and words; where nothing has the words, by resemblance, which forgives typing errors.
///
/// # Errors
/// [`Error::Invalid`] for an unknown type, a negative page size or a broken page token.
pub async fn search(app: &App, query: &UniversityQuery) -> Result<FoundUniversities, Error> {
    let limit = usize::from(ENTRIES.of(query.page_size)?);
    let search = Search {
        words: fold(&query.text)
            .split(' ')
            .filter(|word| !word.is_empty())
            .take(MOST_WORDS)
            .map(str::to_owned)
            .collect(),
        // No state has control characters, and the database takes no null.
        state: query.state.replace(char::is_control, " ").trim().to_owned(),
        kind: parse_kind(&query.kind)?,
    };
    let after = parse_position(app, &query.page_token)?;
    // A query of signs only has no words, and must not match everything.
    if search.words.is_empty() && !query.text.trim().is_empty() {
        return Ok(FoundUniversities::default());
    }
    let matching = after
        .as_ref()
        .map_or(Matching::Words, |position| position.matching);
    let mut conn = app.database.reader().await?;
    let mut page =
        store::universities::search(&mut conn, &search, matching, after.as_ref(), limit).await?;
    if page.total == 0 && after.is_none() && !search.words.is_empty() {
        let matching = Matching::Resemblance;
        page = store::universities::search(&mut conn, &search, matching, None, limit).await?;
    }
    Ok(FoundUniversities {
        entries: page.entries,
        total: page.total,
        next_page_token: page
            .next
            .map_or_else(String::new, |position| app.cursors.seal(LIST, &position)),
    })
}

/// One entry with all that is known.
///
/// # Errors
/// [`Error::UniversityNotFound`].
pub async fn get(app: &App, id: UniversityId) -> Result<(University, UniversityDetail), Error> {
    let mut conn = app.database.reader().await?;
    store::universities::find(&mut conn, id)
        .await?
        .ok_or(Error::UniversityNotFound)
}

fn parse_kind(name: &str) -> Result<Option<UniversityType>, Error> {
    if name.trim().is_empty() {
        return Ok(None);
    }
    UniversityType::from_name(name).map(Some).ok_or_else(|| {
        Error::invalid(
            "type",
            "must be one of public, private, community, technical, hbcu, tribal, religious, for-profit",
        )
    })
}

fn parse_position(app: &App, token: &str) -> Result<Option<Position>, Error> {
    if token.is_empty() {
        return Ok(None);
    }
    Ok(Some(app.cursors.open(LIST, token)?))
}
