//! Notifications.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, MessageId, NotificationId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::blocks::blocked;
use crate::domain::notification::{News, Notification};

/// The columns of a [`NotificationRow`], from `messaging.notifications` as `n`.
macro_rules! notification_columns {
    () => {
        "n.id, n.number, n.user_id, n.kind, n.actor_id, n.subject_kind, n.subject_id, n.excerpt, n.read_at, n.created_at, n.conversation_id, \
         n.message_id, n.conversation_name"
    };
}

/// Nobody is told of what oneself did, nor of what somebody did whom one has blocked or who has blocked one, nor of a conversation that one has left, nor of a
/// message that is gone.
const INSERT: &str = concat!(
    "INSERT INTO messaging.notifications AS n
         (id, user_id, event_id, kind, actor_id, subject_kind, subject_id, excerpt, created_at, conversation_id, message_id, conversation_name)
     SELECT told.id, told.user_id, news.event_id, news.kind, news.actor_id, news.subject_kind, news.subject_id, news.excerpt, news.created_at,
            news.conversation_id, news.message_id, c.name
     FROM unnest(?, ?) AS told (id, user_id)
     CROSS JOIN (SELECT ?::uuid AS event_id, ?::text AS kind, ?::uuid AS actor_id, ?::text AS subject_kind, ?::uuid AS subject_id,
                        ?::text AS excerpt, ?::timestamptz AS created_at, ?::uuid AS conversation_id, ?::uuid AS message_id) AS news
     LEFT JOIN messaging.conversations c ON c.id = news.conversation_id
     WHERE told.user_id <> news.actor_id
       AND (news.conversation_id IS NULL
            OR EXISTS (SELECT 1 FROM messaging.members me WHERE me.conversation_id = news.conversation_id AND me.user_id = told.user_id))
       AND (news.message_id IS NULL OR EXISTS (SELECT 1 FROM messaging.messages m WHERE m.id = news.message_id AND m.deleted_at IS NULL))
       AND NOT ",
    blocked!("told.user_id", "news.actor_id"),
    " ORDER BY told.id ON CONFLICT DO NOTHING RETURNING ",
    notification_columns!()
);

/// The number of those not seen comes with each row, and in a row without a notification where the page is empty. `$unseen` narrows the page.
macro_rules! list {
    ($unseen:literal) => {
        concat!(
            "SELECT unread.count AS unread_count, ",
            notification_columns!(),
            " FROM (SELECT count(*) FROM messaging.notifications u WHERE u.user_id = ? AND u.read_at IS NULL
                   AND (cardinality(?) = 0 OR u.kind = ANY (?))) AS unread
             LEFT JOIN LATERAL (
                 SELECT * FROM messaging.notifications l WHERE l.user_id = ? AND (l.created_at, l.id) < (?, ?)
                   AND (cardinality(?) = 0 OR l.kind = ANY (?)) ",
            $unseen,
            " ORDER BY l.created_at DESC, l.id DESC LIMIT ?
             ) AS n ON true ORDER BY n.created_at DESC, n.id DESC"
        )
    };
}

const LIST: &str = list!("");
const LIST_UNREAD: &str = list!("AND l.read_at IS NULL");

#[derive(QueryableByName)]
struct NotificationRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    actor_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    subject_kind: String,
    #[diesel(sql_type = SqlUuid)]
    subject_id: Uuid,
    #[diesel(sql_type = Text)]
    excerpt: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    read_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    conversation_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    message_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    conversation_name: Option<String>,
}

impl From<NotificationRow> for Notification {
    fn from(row: NotificationRow) -> Self {
        Self {
            id: NotificationId::from_uuid(row.id),
            number: row.number,
            user: UserId::from_uuid(row.user_id),
            kind: row.kind,
            actor: row.actor_id.map(UserId::from_uuid),
            subject_kind: row.subject_kind,
            subject: row.subject_id,
            excerpt: row.excerpt,
            read_at: row.read_at,
            created_at: row.created_at,
            conversation: row.conversation_id.map(ConversationId::from_uuid),
            message: row.message_id.map(MessageId::from_uuid),
            conversation_name: row.conversation_name.unwrap_or_default(),
        }
    }
}

/// Stores what happened for people, each with the id that its notification gets, and returns what is new.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut Connection,
    news: &News,
    told: &[(NotificationId, UserId)],
) -> QueryResult<Vec<Notification>> {
    let ids: Vec<Uuid> = told.iter().map(|(id, _)| id.as_uuid()).collect();
    let users: Vec<Uuid> = told.iter().map(|(_, user)| user.as_uuid()).collect();
    let values = vec![
        Bound::Ids(&ids),
        Bound::Ids(&users),
        Bound::Id(news.event),
        Bound::Text(news.kind.name()),
        Bound::Id(news.actor.as_uuid()),
        Bound::Text(news.subject.kind()),
        Bound::Id(news.subject.id()),
        Bound::Text(&news.excerpt),
        Bound::Time(news.at),
        Bound::MaybeId(news.conversation()),
        Bound::MaybeId(news.message.map(MessageId::as_uuid)),
    ];
    let rows: Vec<NotificationRow> = Statement::<Untyped>::new(INSERT, values).load(conn).await?;
    Ok(rows.into_iter().map(Notification::from).collect())
}

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(DateTime<Utc>, Uuid);

impl Position {
    /// Before everything: newer than anything is.
    const START: Self = Self(DateTime::<Utc>::MAX_UTC, Uuid::max());

    /// The place of a notification.
    #[must_use]
    pub fn of(notification: &Notification) -> Self {
        Self(notification.created_at, notification.id.as_uuid())
    }
}

/// The notifications of a person after a position, newest first, and how many of all the person has not seen; only those of some kinds unless none is named.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Connection,
    user: UserId,
    (is_unread, kinds): (bool, &[String]),
    after: Option<Position>,
    limit: i64,
) -> QueryResult<(Vec<Notification>, i64)> {
    let Position(time, id) = after.unwrap_or(Position::START);
    let kinds = Bound::Texts(kinds);
    let values = vec![
        Bound::Id(user.as_uuid()),
        kinds,
        kinds,
        Bound::Id(user.as_uuid()),
        Bound::Time(time),
        Bound::Id(id),
        kinds,
        kinds,
        Bound::Number(limit),
    ];
    let sql = if is_unread { LIST_UNREAD } else { LIST };
    let rows: Vec<ListedRow> = Statement::<Untyped>::new(sql, values).load(conn).await?;
    let unread = rows.as_slice().first().map_or(0, |row| row.unread_count);
    let listed = rows.into_iter().filter_map(|row| row.notification);
    Ok((listed.map(Notification::from).collect(), unread))
}

/// A notification of a page, or what is told of a page without any.
struct ListedRow {
    unread_count: i64,
    notification: Option<NotificationRow>,
}

impl QueryableByName<diesel::pg::Pg> for ListedRow {
    fn build<'a>(
        row: &impl diesel::row::NamedRow<'a, diesel::pg::Pg>,
    ) -> diesel::deserialize::Result<Self> {
        use diesel::row::NamedRow;
        let id: Option<Uuid> = NamedRow::get::<Nullable<SqlUuid>, _>(row, "id")?;
        let notification = match id {
            Some(_) => Some(NotificationRow::build(row)?),
            None => None,
        };
        Ok(Self {
            unread_count: NamedRow::get::<BigInt, _>(row, "unread_count")?,
            notification,
        })
    }
}

/// Notes that a person has seen some notifications, or all, and returns how many are left.
///
/// # Errors
/// When the database fails.
pub async fn mark_read(
    conn: &mut Connection,
    user: UserId,
    ids: Option<&[Uuid]>,
    now: DateTime<Utc>,
) -> QueryResult<i64> {
    const MARK: &str = "UPDATE messaging.notifications SET read_at = ? WHERE user_id = ? AND read_at IS NULL AND (? OR id = ANY (?))";
    const UNREAD: &str =
        "SELECT count(*) FROM messaging.notifications WHERE user_id = ? AND read_at IS NULL";
    let user = Bound::Id(user.as_uuid());
    let values = vec![
        Bound::Time(now),
        user,
        Bound::Flag(ids.is_none()),
        Bound::Ids(ids.unwrap_or_default()),
    ];
    Statement::<()>::new(MARK, values).execute(conn).await?;
    Statement::<BigInt>::new(UNREAD, vec![user])
        .get_result(conn)
        .await
}

/// Forgets some notifications of what happened before that time, and returns how many.
///
/// # Errors
/// When the database fails.
pub async fn forget_some_before(
    conn: &mut Connection,
    time: DateTime<Utc>,
    most: i64,
) -> QueryResult<usize> {
    const FORGET: &str = "DELETE FROM messaging.notifications
         WHERE id IN (SELECT id FROM messaging.notifications WHERE created_at < ? ORDER BY created_at LIMIT ?)";
    let values = vec![Bound::Time(time), Bound::Number(most)];
    Statement::<()>::new(FORGET, values).execute(conn).await
}
