//! Channels.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

use super::rows::{
    SeenMessageRow, conversation_columns, is_listed, message_columns, others, standing_columns,
    unread, viewed,
};
use crate::domain::channel::{Channel, Visibility};

/// Channels as somebody sees them, of those that `$page` selects with [`conversation_columns!`]. What is said is for those who take part.
macro_rules! seen_channels {
    ($($page:expr),*) => {
        concat!(
            "SELECT ", standing_columns!(), ", ", message_columns!(), ", c.number, c.name, c.description, c.visibility, c.created_by, c.member_count,
                    c.created_at, c.activity_at, CASE WHEN c.user_id IS NULL THEN 0 ELSE ", unread!(), " END AS unread_count
             FROM (", $($page),*, ") AS c ", others!(), "
             LEFT JOIN LATERAL (
                 SELECT * FROM messaging.messages n WHERE n.conversation_id = c.id AND c.user_id IS NOT NULL AND n.deleted_at IS NULL AND ", is_listed!(), "
                 ORDER BY n.sequence DESC LIMIT 1
             ) AS m ON true
             ORDER BY c.activity_at DESC, c.id DESC"
        )
    };
}

const FIND: &str = seen_channels!(
    "SELECT ",
    conversation_columns!(),
    " FROM ",
    viewed!(),
    " WHERE c.id = ? AND c.kind = 'channel' AND c.deleted_at IS NULL"
);

/// The channels of a person. Values: the person, the visibility or nothing, twice.
macro_rules! own {
    () => {
        " FROM messaging.members me JOIN messaging.conversations c ON c.id = me.conversation_id
          WHERE me.user_id = ? AND c.kind = 'channel' AND (? = '' OR c.visibility = ?)"
    };
}

/// The public channels that a person takes no part in. Value: the person.
macro_rules! others_public {
    () => {
        " WHERE c.visibility = 'public' AND c.deleted_at IS NULL AND me.user_id IS NULL"
    };
}

const LIST: &str = seen_channels!(
    "SELECT ",
    conversation_columns!(),
    own!(),
    " ORDER BY c.activity_at DESC, c.id DESC LIMIT ? OFFSET ?"
);
const COUNT: &str = concat!("SELECT count(*)", own!());
const DISCOVER: &str = seen_channels!(
    "SELECT ",
    conversation_columns!(),
    " FROM ",
    viewed!(),
    others_public!(),
    " ORDER BY c.activity_at DESC, c.id DESC LIMIT ? OFFSET ?"
);
const COUNT_DISCOVERED: &str = concat!("SELECT count(*) FROM ", viewed!(), others_public!());

const INSERT: &str = "INSERT INTO messaging.conversations
     (id, kind, name, description, visibility, created_by, last_sequence, member_count, created_at, activity_at)
     VALUES (?, 'channel', ?, ?, ?, ?, 0, 0, ?, ?) RETURNING number";

/// The constraint that keeps names apart.
pub const NAME_KEY: &str = "conversations_name_key";

#[derive(QueryableByName)]
struct ChannelRow {
    #[diesel(embed)]
    seen: SeenMessageRow,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Text)]
    visibility: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    created_by: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    member_count: i64,
    #[diesel(sql_type = diesel::sql_types::Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = diesel::sql_types::Timestamptz)]
    activity_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    unread_count: i64,
}

impl ChannelRow {
    fn channel(self, viewer: UserId) -> Channel {
        Channel {
            id: self.seen.standing.conversation(),
            number: self.number,
            name: self.name,
            description: self.description,
            visibility: Visibility::from_name(&self.visibility),
            created_by: self.created_by.map(UserId::from_uuid),
            role: self.seen.standing.role(),
            member_count: self.member_count,
            last_message: self.seen.message(viewer),
            unread_count: self.unread_count,
            created_at: self.created_at,
            activity_at: self.activity_at,
        }
    }
}

/// A channel to be.
#[derive(Debug)]
pub struct NewChannel {
    /// The id.
    pub id: ConversationId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who may join.
    pub visibility: Visibility,
    /// Who makes it.
    pub created_by: UserId,
    /// Now.
    pub created_at: DateTime<Utc>,
}

/// Inserts a channel without members, and returns its short number.
///
/// # Errors
/// When the database fails: [`NAME_KEY`] is violated where the name is taken.
pub async fn insert(conn: &mut Connection, new: &NewChannel) -> QueryResult<i64> {
    let values = vec![
        Bound::Id(new.id.as_uuid()),
        Bound::Text(&new.name),
        Bound::Text(&new.description),
        Bound::Text(new.visibility.name()),
        Bound::Id(new.created_by.as_uuid()),
        Bound::Time(new.created_at),
        Bound::Time(new.created_at),
    ];
    Statement::<BigInt>::new(INSERT, values)
        .get_result(conn)
        .await
}

/// A channel as somebody sees it, also a stranger; `None` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    id: ConversationId,
    viewer: UserId,
) -> QueryResult<Option<Channel>> {
    let values = vec![Bound::Id(viewer.as_uuid()), Bound::Id(id.as_uuid())];
    let row: Option<ChannelRow> = Statement::<Untyped>::new(FIND, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(|row| row.channel(viewer)))
}

/// Which channels are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Those of the viewer, of one visibility or of both.
    Own(Option<Visibility>),
    /// The public ones that the viewer takes no part in.
    Discovered,
}

/// A page of channels, those with the newest activity first, and how many there are.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Connection,
    viewer: UserId,
    listed: Listed,
    limit: i64,
    offset: i64,
) -> QueryResult<(Vec<Channel>, i64)> {
    let mut values = vec![Bound::Id(viewer.as_uuid())];
    let (page, count) = match listed {
        Listed::Own(visibility) => {
            let visibility = Bound::Text(visibility.map_or("", Visibility::name));
            values.extend([visibility, visibility]);
            (LIST, COUNT)
        }
        Listed::Discovered => (DISCOVER, COUNT_DISCOVERED),
    };
    let total = Statement::<BigInt>::new(count, values.clone())
        .get_result(conn)
        .await?;
    values.extend([Bound::Number(limit), Bound::Number(offset)]);
    let rows: Vec<ChannelRow> = Statement::<Untyped>::new(page, values).load(conn).await?;
    let channels = rows.into_iter().map(|row| row.channel(viewer));
    Ok((channels.collect(), total))
}

/// Changes what a channel is called and for.
///
/// # Errors
/// When the database fails: [`NAME_KEY`] is violated where the name is taken.
pub async fn update(
    conn: &mut Connection,
    id: ConversationId,
    name: &str,
    description: &str,
    visibility: Visibility,
) -> QueryResult<()> {
    const UPDATE: &str =
        "UPDATE messaging.conversations SET name = ?, description = ?, visibility = ? WHERE id = ?";
    let values = vec![
        Bound::Text(name),
        Bound::Text(description),
        Bound::Text(visibility.name()),
        Bound::Id(id.as_uuid()),
    ];
    Statement::<()>::new(UPDATE, values).execute(conn).await?;
    Ok(())
}

/// Closes a channel: its members leave, its name is free, and its messages stay.
///
/// # Errors
/// When the database fails.
pub async fn close(
    conn: &mut Connection,
    id: ConversationId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    const CLOSE: &str =
        "UPDATE messaging.conversations SET deleted_at = ?, member_count = 0 WHERE id = ?";
    const LEAVE: &str = "DELETE FROM messaging.members WHERE conversation_id = ?";
    const FORGET: &str = "DELETE FROM messaging.thread_members t USING messaging.messages m WHERE m.conversation_id = ? AND t.root_id = m.id";
    const UNSET: &str = "DELETE FROM messaging.conversation_settings WHERE conversation_id = ?";
    let id = Bound::Id(id.as_uuid());
    let values = vec![Bound::Time(now), id];
    Statement::<()>::new(CLOSE, values).execute(conn).await?;
    for rest in [LEAVE, FORGET, UNSET] {
        Statement::<()>::new(rest, vec![id]).execute(conn).await?;
    }
    Ok(())
}

/// The statement of [`list`] for the channels of a person, for a look at its plan.
#[must_use]
pub const fn list_statement() -> &'static str {
    LIST
}
