//! Messages.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

use super::blocks::blocked;
use super::rows::{
    Found, SeenMessageRow, conversation_columns, kind, message_columns, others, standing_columns,
    viewed,
};
use crate::domain::conversation::{ConversationKind, Pair};
use crate::domain::message::{Message, MessageKind, MessageStatus};

/// Stores a message in the conversation that `$of` names, if the sender may write there: one statement takes the next place under the lock
/// of the conversation, which the transaction keeps. Values: now, of `$of`, the sender, the message's id, the sender, the text, now.
macro_rules! append {
    ($of:literal) => {
        concat!(
            "WITH c AS (
                 UPDATE messaging.conversations c SET last_sequence = c.last_sequence + 1, activity_at = greatest(c.activity_at, ?)
                 WHERE ", $of, " AND EXISTS (SELECT 1 FROM messaging.members me WHERE me.conversation_id = c.id AND me.user_id = ?)
                   AND (c.kind <> 'direct' OR (c.first_user_id IS NOT NULL AND c.second_user_id IS NOT NULL))
                   AND NOT ", blocked!("c.first_user_id", "c.second_user_id"), "
                 RETURNING c.id, c.kind, c.first_user_id, c.second_user_id, c.last_sequence
             ), m AS (
                 INSERT INTO messaging.messages (id, conversation_id, sequence, sender_id, kind, content, created_at)
                 SELECT ?, c.id, c.last_sequence, ?, 'text', ?, ? FROM c RETURNING number, sender_id
             )
             SELECT c.id AS conversation_id, c.kind AS conversation_kind, c.last_sequence AS sequence, m.number,
                    CASE WHEN c.first_user_id = m.sender_id THEN c.second_user_id ELSE c.first_user_id END AS peer_id
             FROM c CROSS JOIN m"
        )
    };
}

const APPEND: &str =
    append!("c.id = ? AND (?::uuid IS NULL OR ?::uuid IN (c.first_user_id, c.second_user_id))");
const APPEND_DIRECT: &str = append!("c.first_user_id = ? AND c.second_user_id = ?");

const REFUSAL: &str = concat!(
    "SELECT me.user_id IS NOT NULL AS takes_part,
            (?::uuid IS NULL OR coalesce(?::uuid IN (c.first_user_id, c.second_user_id), false)) AS fits,
            (c.kind = 'direct' AND (c.first_user_id IS NULL OR c.second_user_id IS NULL)) AS left_alone,
            ",
    blocked!("c.first_user_id", "c.second_user_id"),
    " AS is_blocked FROM ",
    viewed!(),
    " WHERE c.id = ?"
);

const FIND: &str = concat!(
    "SELECT ",
    standing_columns!(),
    ", ",
    message_columns!(),
    " FROM messaging.messages m CROSS JOIN LATERAL (SELECT ",
    conversation_columns!(),
    " FROM ",
    viewed!(),
    " WHERE c.id = m.conversation_id) AS c ",
    others!(),
    " WHERE m.id = ? AND m.deleted_at IS NULL"
);

const LIST: &str = concat!(
    "SELECT ",
    standing_columns!(),
    ", ",
    message_columns!(),
    " FROM (SELECT ",
    conversation_columns!(),
    " FROM ",
    viewed!(),
    " WHERE c.id = ?) AS c ",
    others!(),
    " LEFT JOIN LATERAL (
         SELECT * FROM messaging.messages n
         WHERE n.conversation_id = c.id AND c.user_id IS NOT NULL AND n.deleted_at IS NULL AND n.sequence < ?
         ORDER BY n.sequence DESC LIMIT ?
     ) AS m ON true
     ORDER BY m.sequence DESC"
);

/// A message to be.
#[derive(Debug)]
pub struct NewMessage<'a> {
    /// The id.
    pub id: MessageId,
    /// Who writes it.
    pub sender: UserId,
    /// The text.
    pub content: &'a str,
    /// Now.
    pub created_at: DateTime<Utc>,
}

/// A message that was stored, and what its conversation is.
pub type Appended = (Message, ConversationKind);

#[derive(QueryableByName)]
struct AppendedRow {
    #[diesel(sql_type = SqlUuid)]
    conversation_id: Uuid,
    #[diesel(sql_type = Text)]
    conversation_kind: String,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    peer_id: Option<Uuid>,
}

/// Stores a message in a conversation, whose lock is kept until the end of the transaction. `None` when the sender may not write there, or
/// the receiver, where one is named, is not the other one.
///
/// # Errors
/// When the database fails.
pub async fn append(
    conn: &mut Connection,
    conversation: ConversationId,
    receiver: Option<UserId>,
    new: &NewMessage<'_>,
) -> QueryResult<Option<Appended>> {
    let receiver = Bound::MaybeId(receiver.map(UserId::as_uuid));
    let of = vec![Bound::Id(conversation.as_uuid()), receiver, receiver];
    append_to(conn, APPEND, of, new).await
}

/// Stores a message in the direct conversation of a pair, as [`append`] does. `None` also when there is none.
///
/// # Errors
/// When the database fails.
pub async fn append_direct(
    conn: &mut Connection,
    pair: Pair,
    new: &NewMessage<'_>,
) -> QueryResult<Option<Appended>> {
    let of = vec![
        Bound::Id(pair.first.as_uuid()),
        Bound::Id(pair.second.as_uuid()),
    ];
    append_to(conn, APPEND_DIRECT, of, new).await
}

async fn append_to(
    conn: &mut Connection,
    sql: &'static str,
    of: Vec<Bound<'_>>,
    new: &NewMessage<'_>,
) -> QueryResult<Option<Appended>> {
    let sender = Bound::Id(new.sender.as_uuid());
    let mut values = vec![Bound::Time(new.created_at)];
    values.extend(of);
    values.extend([
        sender,
        Bound::Id(new.id.as_uuid()),
        sender,
        Bound::Text(new.content),
        Bound::Time(new.created_at),
    ]);
    let row: Option<AppendedRow> = Statement::<Untyped>::new(sql, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(|row| row.appended(new)))
}

impl AppendedRow {
    fn appended(self, new: &NewMessage<'_>) -> Appended {
        let message = Message {
            id: new.id,
            number: self.number,
            conversation: ConversationId::from_uuid(self.conversation_id),
            sequence: self.sequence,
            sender: Some(new.sender),
            receiver: self.peer_id.map(UserId::from_uuid),
            content: new.content.to_owned(),
            kind: MessageKind::Text,
            status: MessageStatus::Sent,
            created_at: new.created_at,
        };
        (message, kind(&self.conversation_kind))
    }
}

/// What stands against writing in a conversation.
#[derive(Debug, QueryableByName)]
pub struct Refusal {
    /// Whether the sender takes part.
    #[diesel(sql_type = Bool)]
    pub takes_part: bool,
    /// Whether the receiver, where one is named, takes part in it as a direct conversation.
    #[diesel(sql_type = Bool)]
    pub fits: bool,
    /// Whether the account of the other one is gone.
    #[diesel(sql_type = Bool)]
    pub left_alone: bool,
    /// Whether one of the two has blocked the other.
    #[diesel(sql_type = Bool)]
    pub is_blocked: bool,
}

/// What stands against somebody's writing in a conversation; `None` when there is no such conversation.
///
/// # Errors
/// When the database fails.
pub async fn refusal(
    conn: &mut Connection,
    conversation: ConversationId,
    receiver: Option<UserId>,
    sender: UserId,
) -> QueryResult<Option<Refusal>> {
    let receiver = Bound::MaybeId(receiver.map(UserId::as_uuid));
    let values = vec![
        receiver,
        receiver,
        Bound::Id(sender.as_uuid()),
        Bound::Id(conversation.as_uuid()),
    ];
    Statement::<Untyped>::new(REFUSAL, values)
        .get_result(conn)
        .await
        .optional()
}

/// A message as somebody sees it; `None` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    id: MessageId,
    viewer: UserId,
) -> QueryResult<Option<Found<Message>>> {
    let values = vec![Bound::Id(viewer.as_uuid()), Bound::Id(id.as_uuid())];
    let row: Option<SeenMessageRow> = Statement::<Untyped>::new(FIND, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.and_then(|row| {
        if row.standing.takes_part {
            row.message(viewer).map(Found::Seen)
        } else {
            Some(Found::Foreign)
        }
    }))
}

/// The messages of a conversation before a place, newest first, as somebody sees them; `None` when there is no such conversation.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Connection,
    conversation: ConversationId,
    viewer: UserId,
    before: Option<i64>,
    limit: i64,
) -> QueryResult<Option<Found<Vec<Message>>>> {
    let values = vec![
        Bound::Id(viewer.as_uuid()),
        Bound::Id(conversation.as_uuid()),
        Bound::Number(before.unwrap_or(i64::MAX)),
        Bound::Number(limit),
    ];
    let rows: Vec<SeenMessageRow> = Statement::<Untyped>::new(LIST, values).load(conn).await?;
    let takes_part = rows.as_slice().first().map(|row| row.standing.takes_part);
    let messages = || rows.into_iter().filter_map(|row| row.message(viewer));
    Ok(match takes_part {
        None => None,
        Some(false) => Some(Found::Foreign),
        Some(true) => Some(Found::Seen(messages().collect())),
    })
}

/// The statement of [`list`], for a look at its plan.
#[must_use]
pub const fn list_statement() -> &'static str {
    LIST
}
