//! Searching people.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use oruma_postgres::Connection;

use super::UserRow;
use crate::domain::folding::fold;
use crate::domain::user::User;
use crate::store::schema::auth::users;

/// Fewer digits are part of too many numbers.
const FEWEST_DIGITS: usize = 3;

/// What to look for among people.
#[derive(Debug, Clone)]
pub struct SearchWords {
    /// As typed, in lower case: for addresses and handles.
    plain: String,
    /// Folded: for names.
    folded: String,
    /// The digits, where phones are searched too: for a part of a number.
    digits: Option<String>,
}

impl SearchWords {
    /// Prepares a query.
    #[must_use]
    pub fn of(query: &str, phones: bool) -> Self {
        let digits: String = query.chars().filter(char::is_ascii_digit).collect();
        let is_number = query
            .chars()
            .all(|letter| letter.is_ascii_digit() || "+-() ".contains(letter));
        let long_enough = digits.len() >= FEWEST_DIGITS;
        Self {
            digits: (phones && is_number && long_enough).then_some(digits),
            // Nobody has control characters, and the database takes no null.
            plain: query.replace(char::is_control, " ").trim().to_lowercase(),
            folded: fold(query),
        }
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }
}

/// People whose name, handle or address contains the words: the exact name first, then the exact handle, then those
/// that begin so, then by name.
///
/// # Errors
/// When the database fails.
pub async fn search(
    conn: &mut Connection,
    words: &SearchWords,
    limit: i64,
) -> QueryResult<Vec<User>> {
    // A query of signs only has no folded form, and must not match everybody.
    let folded = if words.folded.is_empty() {
        &words.plain
    } else {
        &words.folded
    };
    let name_begins = format!("{}%", escape(folded));
    // The text is the name, the handle and the address: so it begins for exactly this name. No handle has a sign that means more here.
    let exact_name = format!("{} ", escape(folded))
        .into_sql::<Text>()
        .concat(users::handle)
        .concat(" %");
    let mut query = users::table
        .filter(
            users::search_text
                .like(format!("%{}%", escape(folded)))
                .or(users::search_text.like(format!("%{}%", escape(&words.plain)))),
        )
        .into_boxed();
    if let Some(digits) = &words.digits {
        query = query.or_filter(users::phone.like(format!("%{digits}%")).assume_not_null());
    }
    let rows: Vec<UserRow> = query
        .filter(users::deleted_at.is_null())
        .filter(users::suspended_at.is_null())
        .order((
            users::search_text.like(exact_name).desc(),
            users::handle.eq(&words.plain).desc(),
            users::search_text
                .like(format!("{} %", escape(folded)))
                .desc(),
            users::search_text.like(name_begins).desc(),
            users::display_name,
            users::id,
        ))
        .limit(limit)
        .select(UserRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// `%`, `_` and `\\` are plain text to people.
fn escape(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_")
}
