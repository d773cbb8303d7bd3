//! Lists of posts, each one statement on one index.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Float, Text, Timestamptz};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use oruma_text::search_words;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::{
    SeenPostRow, marked_columns, may_see, may_see_values, post_columns, seen_post_columns,
};
use crate::domain::post::SeenPost;
use crate::domain::viewer::Viewer;

/// Which posts.
#[derive(Debug, Clone)]
pub enum Feed {
    /// All.
    Everybody,
    /// Those of the people of a university.
    University(String),
    /// Those of a person.
    Author(UserId),
    /// Those with a hashtag.
    Hashtag(String),
    /// Those that the viewer saved, by when.
    Saved,
}

/// Where a page ended: the time by which the list is ordered, and the post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(DateTime<Utc>, Uuid);

impl Position {
    /// Before everything: newer than anything is.
    const START: Self = Self(DateTime::<Utc>::MAX_UTC, Uuid::max());
}

/// A post of a list, and its place there.
#[derive(Debug)]
pub struct Listed {
    /// The post.
    pub post: SeenPost,
    /// Its place.
    pub position: Position,
}

/// The newest posts of a list whose table `$sorted` has the time: values of [`seen_post_columns`], then of `$of`, of [`may_see`], the position,
/// and how many.
macro_rules! list {
    ($from:literal, $of:literal, $sorted:literal, $id:literal) => {
        concat!(
            "SELECT ",
            seen_post_columns!(),
            ", ",
            $sorted,
            ".created_at AS sorted_at FROM ",
            $from,
            " WHERE ",
            $of,
            may_see!(),
            " AND (",
            $sorted,
            ".created_at, ",
            $id,
            ") < (?, ?) ORDER BY ",
            $sorted,
            ".created_at DESC, ",
            $id,
            " DESC LIMIT ?"
        )
    };
}

const EVERYBODY: &str = list!("social.posts p", "", "p", "p.id");
const UNIVERSITY: &str = list!("social.posts p", "p.university = ? AND ", "p", "p.id");
const AUTHOR: &str = list!("social.posts p", "p.author_id = ? AND ", "p", "p.id");
const HASHTAG: &str = list!(
    "social.post_hashtags h JOIN social.posts p ON p.id = h.post_id",
    "h.hashtag = ? AND ",
    "h",
    "h.post_id"
);
const SAVED: &str = list!(
    "social.post_saves m JOIN social.posts p ON p.id = m.post_id",
    "m.user_id = ? AND ",
    "m",
    "m.post_id"
);

impl Feed {
    /// The SQL of the list, with a `?` for each value: the viewer, the viewer, what the list is of unless it is everybody's, those of
    /// `may_see!`, time and id of the last post before, how many.
    #[must_use]
    pub const fn statement(&self) -> &'static str {
        match self {
            Self::Everybody => EVERYBODY,
            Self::University(_) => UNIVERSITY,
            Self::Author(_) => AUTHOR,
            Self::Hashtag(_) => HASHTAG,
            Self::Saved => SAVED,
        }
    }

    /// The name of the list for a viewer, to which its page tokens belong.
    #[must_use]
    pub fn name(&self, viewer: UserId) -> String {
        match self {
            Self::Everybody => "posts".to_owned(),
            Self::University(name) => format!("posts of university {name}"),
            Self::Author(id) => format!("posts of {id}"),
            Self::Hashtag(tag) => format!("posts with #{tag}"),
            Self::Saved => format!("posts that {viewer} saved"),
        }
    }
}

/// Posts that the viewer may see, newest first (O-011, O-023, O-024).
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Connection,
    feed: &Feed,
    viewer: &Viewer,
    after: Option<Position>,
    limit: i64,
) -> QueryResult<Vec<Listed>> {
    let user = viewer.user.as_uuid();
    let Position(time, id) = after.unwrap_or(Position::START);
    let mut values = vec![Bound::Id(user), Bound::Id(user)];
    match feed {
        Feed::Everybody => {}
        Feed::University(text) | Feed::Hashtag(text) => values.push(Bound::Text(text)),
        Feed::Author(author) => values.push(Bound::Id(author.as_uuid())),
        Feed::Saved => values.push(Bound::Id(user)),
    }
    values.extend(may_see_values(viewer));
    values.extend([Bound::Time(time), Bound::Id(id), Bound::Most(limit)]);
    let rows: Vec<ListedRow> = Statement::<Untyped>::new(feed.statement(), values)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Listed::from).collect())
}

/// What to look for.
#[derive(Debug, Clone)]
pub struct Search {
    /// Words, in the syntax of web searches.
    pub query: String,
    /// Only of this university; empty for all.
    pub university: String,
    /// Only of this type; empty for all.
    pub kind: String,
    /// Whether to show where the words are.
    pub highlight: bool,
}

/// Where a page of a search ended: rank, time and post. The rank is kept by its bits, so that it compares equal to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank(u32, DateTime<Utc>, Uuid);

/// A post of a search, and its place there.
#[derive(Debug)]
pub struct Found {
    /// The post.
    pub post: SeenPost,
    /// Its place.
    pub rank: Rank,
}

/// Marks around a hit that no text of people has, since control characters are refused.
const HIT: (char, char) = ('\u{2}', '\u{3}');

const SEARCH: &str = concat!(
    "WITH wanted AS (SELECT websearch_to_tsquery('english', ?) AS query), page AS (
         SELECT ",
    post_columns!(),
    ", ts_rank(p.search, wanted.query) AS rank FROM social.posts p, wanted
         WHERE p.search @@ wanted.query AND ",
    may_see!(),
    " AND ? IN ('', p.university) AND ? IN ('', p.type) AND (ts_rank(p.search, wanted.query), p.created_at, p.id) < (?, ?, ?)
         ORDER BY rank DESC, p.created_at DESC, p.id DESC LIMIT ?
     )
     SELECT p.*, ",
    marked_columns!(),
    ", CASE WHEN ? THEN ts_headline('english', p.content, (SELECT query FROM wanted),
                                         'StartSel=\"\u{2}\", StopSel=\"\u{3}\", MaxFragments=3, FragmentDelimiter=\" … \"')
                 ELSE '' END AS highlight
     FROM page p ORDER BY p.rank DESC, p.created_at DESC, p.id DESC"
);

/// Posts with the words that the viewer may see, best first, newest first among equals (O-022).
///
/// # Errors
/// When the database fails.
pub async fn search(
    conn: &mut Connection,
    search: &Search,
    viewer: &Viewer,
    after: Option<Rank>,
    limit: i64,
) -> QueryResult<Vec<Found>> {
    let user = viewer.user.as_uuid();
    let Position(newest, greatest) = Position::START;
    let Rank(rank, time, id) = after.unwrap_or(Rank(f32::MAX.to_bits(), newest, greatest));
    let words = search_words(&search.query);
    let mut values = vec![Bound::Text(&words)];
    values.extend(may_see_values(viewer));
    values.extend([
        Bound::Text(&search.university),
        Bound::Text(&search.kind),
        Bound::Real(f32::from_bits(rank)),
        Bound::Time(time),
        Bound::Id(id),
        Bound::Number(limit),
        Bound::Id(user),
        Bound::Id(user),
        Bound::Flag(search.highlight),
    ]);
    let rows: Vec<FoundRow> = Statement::<Untyped>::new(SEARCH, values).load(conn).await?;
    Ok(rows.into_iter().map(Found::from).collect())
}

#[derive(QueryableByName)]
struct ListedRow {
    #[diesel(embed)]
    post: SeenPostRow,
    #[diesel(sql_type = Timestamptz)]
    sorted_at: DateTime<Utc>,
}

impl From<ListedRow> for Listed {
    fn from(row: ListedRow) -> Self {
        let post = SeenPost::from(row.post);
        Self {
            position: Position(row.sorted_at, post.post.id.as_uuid()),
            post,
        }
    }
}

#[derive(QueryableByName)]
struct FoundRow {
    #[diesel(embed)]
    post: SeenPostRow,
    #[diesel(sql_type = Float)]
    rank: f32,
    #[diesel(sql_type = Text)]
    highlight: String,
}

impl From<FoundRow> for Found {
    fn from(row: FoundRow) -> Self {
        let mut post = SeenPost::from(row.post);
        post.highlight = as_html(&row.highlight);
        Self {
            rank: Rank(
                row.rank.to_bits(),
                post.post.created_at,
                post.post.id.as_uuid(),
            ),
            post,
        }
    }
}

/// Escapes a text with marked hits for HTML.
fn as_html(marked: &str) -> String {
    let mut html = String::with_capacity(marked.len());
    for letter in marked.chars() {
        match letter {
            _ if letter == HIT.0 => html.push_str("<mark>"),
            _ if letter == HIT.1 => html.push_str("</mark>"),
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(letter),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn highlights_are_safe_html() {
        let marked = "<script>\u{2}cats\u{3} & 'dogs'</script>";
        let html = "&lt;script&gt;<mark>cats</mark> &amp; &#39;dogs&#39;&lt;/script&gt;";
        assert_eq!(as_html(marked), html);
    }
}
