//! What people feel about messages.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Text, Timestamptz};
use diesel::{OptionalExtension, QueryResult};
use diesel_async::RunQueryDsl;
use oruma_ids::{MessageId, UserId};
use oruma_postgres::{Bound, Connection, Statement};

use crate::domain::reaction::{MOST_REACTIONS, Reaction};

/// What somebody felt about a message.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    message: MessageId,
    user: UserId,
) -> QueryResult<Option<Reaction>> {
    const FIND: &str =
        "SELECT emoji, created_at FROM messaging.reactions WHERE message_id = ? AND user_id = ?";
    let values = vec![Bound::Id(message.as_uuid()), Bound::Id(user.as_uuid())];
    let row: Option<(String, DateTime<Utc>)> = Statement::<(Text, Timestamptz)>::new(FIND, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(|(emoji, created_at)| Reaction {
        user,
        emoji,
        created_at,
    }))
}

/// Puts one emoji in the place of another.
///
/// # Errors
/// When the database fails.
pub async fn replace(
    conn: &mut Connection,
    message: MessageId,
    reaction: &Reaction,
) -> QueryResult<()> {
    const REPLACE: &str = "UPDATE messaging.reactions SET emoji = ?, created_at = ? WHERE message_id = ? AND user_id = ?";
    let values = vec![
        Bound::Text(&reaction.emoji),
        Bound::Time(reaction.created_at),
        Bound::Id(message.as_uuid()),
        Bound::Id(reaction.user.as_uuid()),
    ];
    Statement::<()>::new(REPLACE, values).execute(conn).await?;
    Ok(())
}

/// Adds the first reaction of somebody to a message that is there; false when it has as many as it may have.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut Connection,
    message: MessageId,
    reaction: &Reaction,
) -> QueryResult<bool> {
    const INSERT: &str = "WITH m AS (
             UPDATE messaging.messages SET reaction_count = reaction_count + 1 WHERE id = ? AND reaction_count < ? RETURNING id
         )
         INSERT INTO messaging.reactions (message_id, user_id, emoji, created_at) SELECT m.id, ?, ?, ? FROM m";
    let values = vec![
        Bound::Id(message.as_uuid()),
        Bound::Number(MOST_REACTIONS),
        Bound::Id(reaction.user.as_uuid()),
        Bound::Text(&reaction.emoji),
        Bound::Time(reaction.created_at),
    ];
    let inserted = Statement::<()>::new(INSERT, values).execute(conn).await?;
    Ok(inserted > 0)
}

/// Takes somebody's reaction to a message away.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut Connection, message: MessageId, user: UserId) -> QueryResult<()> {
    const DELETE: &str = "WITH gone AS (
             DELETE FROM messaging.reactions WHERE message_id = ? AND user_id = ? RETURNING message_id
         )
         UPDATE messaging.messages m SET reaction_count = m.reaction_count - 1 FROM gone WHERE m.id = gone.message_id";
    let values = vec![Bound::Id(message.as_uuid()), Bound::Id(user.as_uuid())];
    Statement::<()>::new(DELETE, values).execute(conn).await?;
    Ok(())
}
