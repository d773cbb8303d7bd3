//! Conversations.

use chrono::{DateTime, Utc};
use diesel::sql_types::BigInt;
use diesel::{OptionalExtension, QueryResult};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::{
    ConversationRow, conversation_columns, is_listed, message_columns, others, standing_columns,
    unread, viewed,
};
use crate::domain::conversation::{Conversation, ConversationKind, Pair};

pub use super::rows::Found;

/// Conversations as their viewers see them, of some that `$page` selects with [`conversation_columns!`].
macro_rules! seen_conversations {
    ($($page:expr),*) => {
        concat!(
            "SELECT ", standing_columns!(), ", ", message_columns!(), ", c.number, c.name, c.member_count, c.created_at, c.activity_at,
                    ARRAY(SELECT o.user_id FROM messaging.members o WHERE o.conversation_id = c.id ORDER BY o.user_id LIMIT 50) AS member_ids,
                    ", unread!(), " AS unread_count
             FROM (", $($page),*, ") AS c ", others!(), "
             LEFT JOIN LATERAL (
                 SELECT * FROM messaging.messages n WHERE n.conversation_id = c.id AND n.deleted_at IS NULL AND ", is_listed!(), "
                 ORDER BY n.sequence DESC LIMIT 1
             ) AS m ON true
             ORDER BY c.activity_at DESC, c.id DESC"
        )
    };
}

const FIND: &str = seen_conversations!(
    "SELECT ",
    conversation_columns!(),
    " FROM ",
    viewed!(),
    " WHERE c.id = ? AND c.deleted_at IS NULL"
);

const FIND_DIRECT: &str = seen_conversations!(
    "SELECT ",
    conversation_columns!(),
    " FROM ",
    viewed!(),
    " WHERE c.first_user_id = ? AND c.second_user_id = ?"
);

/// Of all conversations of a person the newest are picked first, and only for those the rest is read. Their order is not kept by an index:
/// it would have to change with each message, for each member. Nobody takes part in what is closed.
const LIST: &str = seen_conversations!(
    "SELECT ",
    conversation_columns!(),
    " FROM messaging.members me JOIN messaging.conversations c ON c.id = me.conversation_id
      WHERE me.user_id = ? AND (cardinality(?) = 0 OR c.kind = ANY (?)) AND (c.activity_at, c.id) < (?, ?)
      ORDER BY c.activity_at DESC, c.id DESC LIMIT ?"
);

const INSERT_DIRECT: &str = "WITH c AS (
         INSERT INTO messaging.conversations (id, kind, first_user_id, second_user_id, created_by, member_count, created_at, activity_at)
         VALUES (?, 'direct', ?, ?, ?, 2, ?, ?) ON CONFLICT ON CONSTRAINT conversations_pair_key DO NOTHING
         RETURNING id, number, first_user_id, second_user_id, created_at
     ), joined AS (
         INSERT INTO messaging.members (conversation_id, user_id, role, joined_at)
         SELECT c.id, unnest(ARRAY[c.first_user_id, c.second_user_id]), 'member', c.created_at FROM c
     )
     SELECT number FROM c";

/// A direct conversation to be.
#[derive(Debug)]
pub struct NewDirect {
    /// The id.
    pub id: ConversationId,
    /// Whose.
    pub pair: Pair,
    /// Which of them begins it.
    pub created_by: UserId,
    /// Now.
    pub created_at: DateTime<Utc>,
}

/// Inserts a direct conversation with its two members, and returns its short number; `None` when the pair has one. Waits for whoever is
/// just making it.
///
/// # Errors
/// When the database fails.
pub async fn insert_direct(conn: &mut Connection, new: &NewDirect) -> QueryResult<Option<i64>> {
    let values = vec![
        Bound::Id(new.id.as_uuid()),
        Bound::Id(new.pair.first.as_uuid()),
        Bound::Id(new.pair.second.as_uuid()),
        Bound::Id(new.created_by.as_uuid()),
        Bound::Time(new.created_at),
        Bound::Time(new.created_at),
    ];
    Statement::<BigInt>::new(INSERT_DIRECT, values)
        .get_result(conn)
        .await
        .optional()
}

/// A conversation as somebody sees it; `None` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    id: ConversationId,
    viewer: UserId,
) -> QueryResult<Option<Found<Conversation>>> {
    let values = vec![Bound::Id(viewer.as_uuid()), Bound::Id(id.as_uuid())];
    let row: Option<ConversationRow> = Statement::<Untyped>::new(FIND, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(|row| {
        if row.seen.standing.takes_part {
            Found::Seen(row.conversation(viewer))
        } else {
            Found::Foreign
        }
    }))
}

/// The direct conversation of a pair, as one of them sees it.
///
/// # Errors
/// When the database fails.
pub async fn find_direct(
    conn: &mut Connection,
    pair: Pair,
    viewer: UserId,
) -> QueryResult<Option<Conversation>> {
    let values = vec![
        Bound::Id(viewer.as_uuid()),
        Bound::Id(pair.first.as_uuid()),
        Bound::Id(pair.second.as_uuid()),
    ];
    let row: Option<ConversationRow> = Statement::<Untyped>::new(FIND_DIRECT, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(|row| row.conversation(viewer)))
}

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(DateTime<Utc>, Uuid);

impl Position {
    /// Before everything: newer than anything is.
    const START: Self = Self(DateTime::<Utc>::MAX_UTC, Uuid::max());

    /// The place of a conversation.
    #[must_use]
    pub fn of(conversation: &Conversation) -> Self {
        Self(conversation.activity_at, conversation.id.as_uuid())
    }
}

/// The conversations of a person after a position, newest activity first; only those of some kinds unless none is named.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Connection,
    viewer: UserId,
    kinds: &[ConversationKind],
    after: Option<Position>,
    limit: i64,
) -> QueryResult<Vec<Conversation>> {
    let Position(time, id) = after.unwrap_or(Position::START);
    let kinds: Vec<String> = kinds.iter().map(|kind| kind.name().to_owned()).collect();
    let values = vec![
        Bound::Id(viewer.as_uuid()),
        Bound::Texts(&kinds),
        Bound::Texts(&kinds),
        Bound::Time(time),
        Bound::Id(id),
        Bound::Number(limit),
    ];
    let rows: Vec<ConversationRow> = Statement::<Untyped>::new(LIST, values).load(conn).await?;
    let conversations = rows.into_iter().map(|row| row.conversation(viewer));
    Ok(conversations.collect())
}

/// The statement of [`list`], for a look at its plan.
#[must_use]
pub const fn list_statement() -> &'static str {
    LIST
}
