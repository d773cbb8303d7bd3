//! Who takes part in channels, and what each may do there.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

use crate::domain::channel::{Member, MemberRole, Visibility};

/// What there is to know of a channel before it is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who may join.
    pub visibility: Visibility,
    /// Who made it, unless the account is gone.
    pub created_by: Option<UserId>,
    /// How many take part.
    pub member_count: i64,
    /// What the one may do who wants to change it; `None` for strangers.
    pub role: Option<MemberRole>,
}

#[derive(QueryableByName)]
struct FactsRow {
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
}

#[derive(QueryableByName)]
struct MemberRow {
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Timestamptz)]
    joined_at: DateTime<Utc>,
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Self {
            user: UserId::from_uuid(row.user_id),
            role: MemberRole::from_name(&row.role),
            joined_at: row.joined_at,
        }
    }
}

/// Locks a channel until the end of the transaction, and tells what there is to know of it for somebody; `None` when there is no such channel.
///
/// # Errors
/// When the database fails.
pub async fn lock(
    conn: &mut Connection,
    id: ConversationId,
    user: UserId,
) -> QueryResult<Option<Facts>> {
    const LOCK: &str = "SELECT name, description, visibility, created_by, member_count FROM messaging.conversations
         WHERE id = ? AND kind = 'channel' AND deleted_at IS NULL FOR NO KEY UPDATE";
    let row: Option<FactsRow> = Statement::<Untyped>::new(LOCK, vec![Bound::Id(id.as_uuid())])
        .get_result(conn)
        .await
        .optional()?;
    let Some(row) = row else {
        return Ok(None);
    };
    // A statement of its own: what was waited for is seen by those that begin after it.
    let role = role(conn, id, user).await?;
    Ok(Some(Facts {
        name: row.name,
        description: row.description,
        visibility: Visibility::from_name(&row.visibility),
        created_by: row.created_by.map(UserId::from_uuid),
        member_count: row.member_count,
        role,
    }))
}

/// What somebody may do in a conversation; `None` for strangers.
///
/// # Errors
/// When the database fails.
pub async fn role(
    conn: &mut Connection,
    id: ConversationId,
    user: UserId,
) -> QueryResult<Option<MemberRole>> {
    const ROLE: &str =
        "SELECT role FROM messaging.members WHERE conversation_id = ? AND user_id = ?";
    let values = vec![Bound::Id(id.as_uuid()), Bound::Id(user.as_uuid())];
    let role: Option<String> = Statement::<Text>::new(ROLE, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(role.as_deref().map(MemberRole::from_name))
}

/// Those of some people who take part, in no order.
///
/// # Errors
/// When the database fails.
pub async fn some(
    conn: &mut Connection,
    id: ConversationId,
    users: &[UserId],
) -> QueryResult<Vec<Member>> {
    const SOME: &str = "SELECT user_id, role, joined_at FROM messaging.members WHERE conversation_id = ? AND user_id = ANY (?)";
    let ids: Vec<Uuid> = users.iter().map(|user| user.as_uuid()).collect();
    let values = vec![Bound::Id(id.as_uuid()), Bound::Ids(&ids)];
    let rows: Vec<MemberRow> = Statement::<Untyped>::new(SOME, values).load(conn).await?;
    Ok(rows.into_iter().map(Member::from).collect())
}

/// Who takes part, those who came first first.
///
/// # Errors
/// When the database fails.
pub async fn first(
    conn: &mut Connection,
    id: ConversationId,
    most: i64,
) -> QueryResult<Vec<Member>> {
    const FIRST: &str = "SELECT user_id, role, joined_at FROM messaging.members WHERE conversation_id = ? ORDER BY joined_at, user_id LIMIT ?";
    let values = vec![Bound::Id(id.as_uuid()), Bound::Number(most)];
    let rows: Vec<MemberRow> = Statement::<Untyped>::new(FIRST, values).load(conn).await?;
    Ok(rows.into_iter().map(Member::from).collect())
}

/// Adds people to a channel whose lock is held. They take part in nothing yet, and have read everything that was said before and the next `announced`
/// messages, which say that they came.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut Connection,
    id: ConversationId,
    users: &[UserId],
    role: MemberRole,
    announced: i64,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    const INSERT: &str = "WITH c AS (
             UPDATE messaging.conversations SET member_count = member_count + ? WHERE id = ? RETURNING id, last_sequence
         )
         INSERT INTO messaging.members (conversation_id, user_id, role, joined_at, delivered_sequence, read_sequence)
         SELECT c.id, told.user_id, ?, ?, c.last_sequence + ?, c.last_sequence + ? FROM c, unnest(?) AS told (user_id)";
    let ids: Vec<Uuid> = users.iter().map(|user| user.as_uuid()).collect();
    let values = vec![
        Bound::Number(i64::try_from(ids.len()).unwrap_or(i64::MAX)),
        Bound::Id(id.as_uuid()),
        Bound::Text(role.name()),
        Bound::Time(now),
        Bound::Number(announced),
        Bound::Number(announced),
        Bound::Ids(&ids),
    ];
    Statement::<()>::new(INSERT, values).execute(conn).await?;
    Ok(())
}

/// Takes somebody out of a channel whose lock is held; false when they took no part.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut Connection, id: ConversationId, user: UserId) -> QueryResult<bool> {
    const DELETE: &str = "WITH gone AS (
             DELETE FROM messaging.members WHERE conversation_id = ? AND user_id = ? RETURNING user_id
         )
         UPDATE messaging.conversations SET member_count = member_count - 1 WHERE id = ? AND EXISTS (SELECT 1 FROM gone)";
    const FORGET: &str =
        "DELETE FROM messaging.thread_members WHERE conversation_id = ? AND user_id = ?";
    const UNSET: &str =
        "DELETE FROM messaging.conversation_settings WHERE conversation_id = ? AND user_id = ?";
    let (id, user) = (Bound::Id(id.as_uuid()), Bound::Id(user.as_uuid()));
    let left = Statement::<()>::new(DELETE, vec![id, user, id])
        .execute(conn)
        .await?;
    for rest in [FORGET, UNSET] {
        Statement::<()>::new(rest, vec![id, user])
            .execute(conn)
            .await?;
    }
    Ok(left > 0)
}

/// Changes what somebody may do.
///
/// # Errors
/// When the database fails.
pub async fn set_role(
    conn: &mut Connection,
    id: ConversationId,
    user: UserId,
    role: MemberRole,
) -> QueryResult<()> {
    const SET: &str =
        "UPDATE messaging.members SET role = ? WHERE conversation_id = ? AND user_id = ?";
    let values = vec![
        Bound::Text(role.name()),
        Bound::Id(id.as_uuid()),
        Bound::Id(user.as_uuid()),
    ];
    Statement::<()>::new(SET, values).execute(conn).await?;
    Ok(())
}
