//! Finding messages. This is the one place that knows how: full text of PostgreSQL.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};

use super::rows::{
    SeenMessageRow, conversation_columns, message_columns, others, standing_columns,
};
use crate::domain::message::Message;

/// Messages that are counted and ranked at the most.
const MOST_COUNTED: i64 = 10_000;

/// In the conversations of one person, in one statement. Of very many hits the newest are ranked. Values: the query; the person; the conversation, the
/// sender, the times, each with whether it counts; how many are counted; how many are shown.
const SEARCH: &str = concat!(
    "WITH wanted AS (SELECT plainto_tsquery('english', ?) AS query), found AS MATERIALIZED (
         SELECT m.id, m.conversation_id, m.sequence, m.search FROM wanted JOIN messaging.messages m ON m.search @@ wanted.query
         JOIN messaging.members me ON me.conversation_id = m.conversation_id AND me.user_id = ?
         WHERE m.deleted_at IS NULL AND (? OR m.conversation_id = ?) AND (? OR m.sender_id = ?) AND m.created_at < ? AND m.created_at > ?
         ORDER BY m.created_at DESC LIMIT ?
     ), best AS (
         SELECT found.id, ts_rank(found.search, wanted.query) AS rank FROM found, wanted ORDER BY rank DESC, found.id DESC LIMIT ?
     )
     SELECT (SELECT count(*) FROM found) AS total, best.rank, coalesce(c.name, '') AS name,
            ts_headline('english', translate(m.content, '\u{e000}\u{e001}', ''), wanted.query, 'StartSel=\u{e000}, StopSel=\u{e001}, ' ||
                CASE WHEN char_length(m.content) <= 300 THEN 'HighlightAll=true'
                     ELSE 'MaxFragments=1, MaxWords=30, MinWords=10' END) AS highlight, ",
    standing_columns!(),
    ", ",
    message_columns!(),
    " FROM best CROSS JOIN wanted JOIN messaging.messages m ON m.id = best.id
     JOIN LATERAL (SELECT ",
    conversation_columns!(),
    " FROM messaging.conversations c LEFT JOIN messaging.members me ON me.conversation_id = c.id AND me.user_id = ? WHERE c.id = m.conversation_id) AS c ON true ",
    others!(),
    " ORDER BY best.rank DESC, m.id DESC"
);

/// What somebody looks for.
#[derive(Debug, Clone)]
pub struct Search {
    /// The words.
    pub query: String,
    /// Only in this conversation.
    pub conversation: Option<ConversationId>,
    /// Only of this sender.
    pub sender: Option<UserId>,
    /// Only those stored before.
    pub before: Option<DateTime<Utc>>,
    /// Only those stored after.
    pub after: Option<DateTime<Utc>>,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The message.
    pub message: Message,
    /// The name of its channel; empty for other conversations.
    pub channel: String,
    /// The part of its text with the words, each between two signs of their own.
    pub highlight: String,
}

#[derive(QueryableByName)]
struct HitRow {
    #[diesel(embed)]
    seen: SeenMessageRow,
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    highlight: Option<String>,
}

/// The messages with all words in conversations of a person, best first, and how many there are, as far as they are counted.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    viewer: UserId,
    search: &Search,
    limit: i64,
) -> QueryResult<(Vec<Hit>, i64)> {
    let nil = uuid::Uuid::nil();
    let person = Bound::Id(viewer.as_uuid());
    let values = vec![
        Bound::Text(&search.query),
        person,
        Bound::Flag(search.conversation.is_none()),
        Bound::Id(search.conversation.map_or(nil, ConversationId::as_uuid)),
        Bound::Flag(search.sender.is_none()),
        Bound::Id(search.sender.map_or(nil, UserId::as_uuid)),
        Bound::Time(search.before.unwrap_or(DateTime::<Utc>::MAX_UTC)),
        Bound::Time(search.after.unwrap_or(DateTime::UNIX_EPOCH)),
        Bound::Number(MOST_COUNTED),
        Bound::Number(limit),
        person,
    ];
    let rows: Vec<HitRow> = Statement::<Untyped>::new(SEARCH, values).load(conn).await?;
    let total = rows.as_slice().first().map_or(0, |row| row.total);
    let hits = rows.into_iter().filter_map(|row| {
        Some(Hit {
            message: row.seen.message(viewer)?,
            channel: row.name,
            highlight: row.highlight.unwrap_or_default(),
        })
    });
    Ok((hits.collect(), total))
}

/// The statement of [`find`], for a look at its plan.
#[must_use]
pub const fn find_statement() -> &'static str {
    SEARCH
}
