//! Links that set a new password.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use uuid::Uuid;

use super::schema::auth::password_resets;

/// Stores the link of a person in place of the one before.
///
/// # Errors
/// When the database fails.
pub async fn replace(
    conn: &mut Connection,
    user: UserId,
    hash: &[u8],
    expires_at: DateTime<Utc>,
) -> QueryResult<()> {
    let values = (
        password_resets::hash.eq(hash),
        password_resets::expires_at.eq(expires_at),
    );
    diesel::insert_into(password_resets::table)
        .values((password_resets::user_id.eq(user.as_uuid()), values))
        .on_conflict(password_resets::user_id)
        .do_update()
        .set(values)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whose link it is, while it holds.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<UserId>> {
    let user: Option<Uuid> = password_resets::table
        .filter(password_resets::hash.eq(hash))
        .filter(password_resets::expires_at.gt(now))
        .select(password_resets::user_id)
        .first(conn)
        .await
        .optional()?;
    Ok(user.map(UserId::from_uuid))
}

/// Uses a link up. Of several that try at once, one gets the person.
///
/// # Errors
/// When the database fails.
pub async fn take(
    conn: &mut Connection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<UserId>> {
    let user: Option<Uuid> = diesel::delete(password_resets::table)
        .filter(password_resets::hash.eq(hash))
        .filter(password_resets::expires_at.gt(now))
        .returning(password_resets::user_id)
        .get_result(conn)
        .await
        .optional()?;
    Ok(user.map(UserId::from_uuid))
}

/// Forgets the link of a person.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut Connection, user: UserId) -> QueryResult<()> {
    diesel::delete(password_resets::table.find(user.as_uuid()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets links that have ended.
///
/// # Errors
/// When the database fails.
pub async fn forget_ended(conn: &mut Connection, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(password_resets::table)
        .filter(password_resets::expires_at.le(now))
        .execute(conn)
        .await
}
