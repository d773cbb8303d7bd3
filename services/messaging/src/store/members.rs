//! Who takes part in conversations, and how far each has come.

use diesel::sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

use super::blocks::blocked;
use super::rows::{Found, conversation_columns, kind, unread, unread_of, viewed};
use crate::domain::conversation::ConversationKind;

/// The columns of a [`ReadingRow`], of a conversation `c` with [`conversation_columns!`] and the message `m` to read up to.
macro_rules! reading_columns {
    () => {
        concat!(
            "c.id AS conversation_id, c.kind AS conversation_kind, c.user_id IS NOT NULL AS takes_part,
             CASE WHEN c.first_user_id = c.user_id THEN c.second_user_id ELSE c.first_user_id END AS peer_id,
             m.id AS message_id, m.sequence, ",
            unread!(),
            " AS unread_count"
        )
    };
}

/// A conversation is read up to the last message of somebody else that `$upto` allows.
macro_rules! read_to {
    ($upto:literal) => {
        concat!(
            "SELECT ",
            reading_columns!(),
            " FROM (SELECT ",
            conversation_columns!(),
            " FROM ",
            viewed!(),
            " WHERE c.id = ? AND c.deleted_at IS NULL) AS c
             LEFT JOIN LATERAL (
                 SELECT n.id, n.sequence FROM messaging.messages n
                 WHERE n.conversation_id = c.id AND n.sequence > c.read_sequence AND n.sender_id IS DISTINCT FROM c.user_id
                   AND n.deleted_at IS NULL ",
            $upto,
            " ORDER BY n.sequence DESC LIMIT 1
             ) AS m ON true"
        )
    };
}

/// All of it.
const READ_ALL: &str = read_to!("");
/// Up to a place.
const READ_UP_TO_PLACE: &str = read_to!("AND n.sequence <= ?");

/// Up to one message, if it is of somebody else and not read yet.
const READ_UP_TO: &str = concat!(
    "SELECT ",
    reading_columns!(),
    " FROM messaging.messages named CROSS JOIN LATERAL (SELECT ",
    conversation_columns!(),
    " FROM ",
    viewed!(),
    " WHERE c.id = named.conversation_id) AS c
     LEFT JOIN LATERAL (
         SELECT named.id, named.sequence WHERE named.sequence > c.read_sequence AND named.sender_id IS DISTINCT FROM c.user_id
     ) AS m ON true
     WHERE named.id = ? AND named.deleted_at IS NULL"
);

/// The conversation is locked before its member, so that what is told of it keeps its order.
const ADVANCE: &str = concat!(
    "WITH c AS (
         SELECT id, kind FROM messaging.conversations WHERE id = ? FOR NO KEY UPDATE
     )
     UPDATE messaging.members me SET read_sequence = ?, delivered_sequence = greatest(me.delivered_sequence, ?)
     FROM c WHERE me.conversation_id = c.id AND me.user_id = ? AND me.read_sequence < ?
     RETURNING ",
    unread_of!("me.conversation_id", "c.kind", "me.user_id", "me.read_sequence")
);

/// The rows are locked in one order, so that edges that note the same people at once only wait for each other.
const DELIVER: &str = "WITH told AS (
         SELECT user_id, conversation_id, max(sequence) AS sequence
         FROM unnest(?, ?, ?) AS told (user_id, conversation_id, sequence) GROUP BY user_id, conversation_id
     ), locked AS (
         SELECT me.conversation_id, me.user_id, least(told.sequence, c.last_sequence) AS sequence
         FROM told JOIN messaging.members me ON me.conversation_id = told.conversation_id AND me.user_id = told.user_id
         JOIN messaging.conversations c ON c.id = told.conversation_id
         WHERE me.delivered_sequence < least(told.sequence, c.last_sequence)
         ORDER BY me.conversation_id, me.user_id FOR NO KEY UPDATE OF me
     )
     UPDATE messaging.members me SET delivered_sequence = locked.sequence FROM locked
     WHERE me.conversation_id = locked.conversation_id AND me.user_id = locked.user_id AND me.delivered_sequence < locked.sequence";

const LIST: &str = concat!(
    "SELECT me.user_id IS NOT NULL AS takes_part,
            ARRAY(SELECT o.user_id FROM messaging.members o WHERE me.user_id IS NOT NULL AND o.conversation_id = c.id
                  ORDER BY o.user_id LIMIT ?) AS member_ids
     FROM ",
    viewed!(),
    " WHERE c.id = ? AND c.deleted_at IS NULL"
);

const PEERS: &str = concat!(
    "SELECT peer.user_id FROM messaging.members me
     JOIN messaging.conversations c ON c.id = me.conversation_id
     JOIN messaging.members peer ON peer.conversation_id = me.conversation_id AND peer.user_id <> me.user_id
     WHERE me.user_id = ? AND NOT ",
    blocked!("me.user_id", "peer.user_id"),
    " GROUP BY peer.user_id ORDER BY max(c.activity_at) DESC, peer.user_id LIMIT ?"
);

/// What somebody is about to read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The conversation.
    pub conversation: ConversationId,
    /// What it is.
    pub kind: ConversationKind,
    /// The other one of a direct conversation, unless the account is gone.
    pub peer: Option<UserId>,
    /// The message to read up to, and its place; `None` when there is nothing new.
    pub up_to: Option<(MessageId, i64)>,
    /// How many messages of others are not read yet.
    pub unread_count: i64,
}

#[derive(QueryableByName)]
struct ReadingRow {
    #[diesel(sql_type = SqlUuid)]
    conversation_id: Uuid,
    #[diesel(sql_type = Text)]
    conversation_kind: String,
    #[diesel(sql_type = Bool)]
    takes_part: bool,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    peer_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    message_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<BigInt>)]
    sequence: Option<i64>,
    #[diesel(sql_type = BigInt)]
    unread_count: i64,
}

impl From<ReadingRow> for Found<Reading> {
    fn from(row: ReadingRow) -> Self {
        if !row.takes_part {
            return Self::Foreign;
        }
        Self::Seen(Reading {
            conversation: ConversationId::from_uuid(row.conversation_id),
            kind: kind(&row.conversation_kind),
            peer: row.peer_id.map(UserId::from_uuid),
            up_to: row.message_id.map(MessageId::from_uuid).zip(row.sequence),
            unread_count: row.unread_count,
        })
    }
}

/// What is new in a conversation; `None` when there is no such conversation.
///
/// # Errors
/// When the database fails.
pub async fn read_all(
    conn: &mut Connection,
    conversation: ConversationId,
    reader: UserId,
) -> QueryResult<Option<Found<Reading>>> {
    reading(conn, READ_ALL, conversation.as_uuid(), reader).await
}

/// What is new up to a place; `None` when there is no such conversation.
///
/// # Errors
/// When the database fails.
pub async fn read_up_to_place(
    conn: &mut Connection,
    conversation: ConversationId,
    reader: UserId,
    sequence: i64,
) -> QueryResult<Option<Found<Reading>>> {
    let values = vec![
        Bound::Id(reader.as_uuid()),
        Bound::Id(conversation.as_uuid()),
        Bound::Number(sequence),
    ];
    let row: Option<ReadingRow> = Statement::<Untyped>::new(READ_UP_TO_PLACE, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Found::from))
}

/// What is new up to a message; `None` when there is no such message.
///
/// # Errors
/// When the database fails.
pub async fn read_up_to(
    conn: &mut Connection,
    message: MessageId,
    reader: UserId,
) -> QueryResult<Option<Found<Reading>>> {
    reading(conn, READ_UP_TO, message.as_uuid(), reader).await
}

async fn reading(
    conn: &mut Connection,
    sql: &'static str,
    of: Uuid,
    reader: UserId,
) -> QueryResult<Option<Found<Reading>>> {
    let values = vec![Bound::Id(reader.as_uuid()), Bound::Id(of)];
    let row: Option<ReadingRow> = Statement::<Untyped>::new(sql, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Found::from))
}

/// Notes that somebody has read up to a place, and returns how many messages of others are left; `None` when it was noted already. The lock
/// of the conversation is kept until the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn advance(
    conn: &mut Connection,
    conversation: ConversationId,
    reader: UserId,
    sequence: i64,
) -> QueryResult<Option<i64>> {
    let sequence = Bound::Number(sequence);
    let values = vec![
        Bound::Id(conversation.as_uuid()),
        sequence,
        sequence,
        Bound::Id(reader.as_uuid()),
        sequence,
    ];
    Statement::<BigInt>::new(ADVANCE, values)
        .get_result(conn)
        .await
        .optional()
}

/// A message that reached a device, with all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// Whose device.
    pub user: UserId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The message's place in it.
    pub sequence: i64,
}

/// Notes what reached devices, in one statement; never back, and never beyond the last message. What is unknown is passed over.
///
/// # Errors
/// When the database fails.
pub async fn deliver(conn: &mut Connection, deliveries: &[Delivery]) -> QueryResult<usize> {
    let users: Vec<Uuid> = deliveries.iter().map(|one| one.user.as_uuid()).collect();
    let conversations = deliveries.iter().map(|one| one.conversation.as_uuid());
    let conversations: Vec<Uuid> = conversations.collect();
    let sequences: Vec<i64> = deliveries.iter().map(|one| one.sequence).collect();
    let values = vec![
        Bound::Ids(&users),
        Bound::Ids(&conversations),
        Bound::Numbers(&sequences),
    ];
    Statement::<()>::new(DELIVER, values).execute(conn).await
}

/// Who takes part in a conversation, for one of them; `None` when there is no such conversation.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Connection,
    conversation: ConversationId,
    viewer: UserId,
    most: i64,
) -> QueryResult<Option<Found<Vec<UserId>>>> {
    type Row = (Bool, diesel::sql_types::Array<SqlUuid>);
    let values = vec![
        Bound::Number(most),
        Bound::Id(viewer.as_uuid()),
        Bound::Id(conversation.as_uuid()),
    ];
    let row: Option<(bool, Vec<Uuid>)> = Statement::<Row>::new(LIST, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(|(takes_part, members)| {
        if takes_part {
            Found::Seen(members.into_iter().map(UserId::from_uuid).collect())
        } else {
            Found::Foreign
        }
    }))
}

/// The conversations but direct ones that a person takes part in, those with the newest activity first.
///
/// # Errors
/// When the database fails.
pub async fn memberships(
    conn: &mut Connection,
    user: UserId,
    most: i64,
) -> QueryResult<Vec<ConversationId>> {
    const MEMBERSHIPS: &str = "SELECT c.id FROM messaging.members me JOIN messaging.conversations c ON c.id = me.conversation_id
         WHERE me.user_id = ? AND c.kind <> 'direct' ORDER BY c.activity_at DESC, c.id LIMIT ?";
    let values = vec![Bound::Id(user.as_uuid()), Bound::Number(most)];
    let ids: Vec<Uuid> = Statement::<SqlUuid>::new(MEMBERSHIPS, values)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(ConversationId::from_uuid).collect())
}

/// Everybody who has a conversation with a person, those with the newest activity first, without those who have blocked the person or were
/// blocked.
///
/// # Errors
/// When the database fails.
pub async fn peers(conn: &mut Connection, user: UserId, most: i64) -> QueryResult<Vec<UserId>> {
    let values = vec![Bound::Id(user.as_uuid()), Bound::Number(most)];
    let peers: Vec<Uuid> = Statement::<SqlUuid>::new(PEERS, values).load(conn).await?;
    Ok(peers.into_iter().map(UserId::from_uuid).collect())
}
