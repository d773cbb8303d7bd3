//! Google accounts, and sign-ins that are under way through them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use uuid::Uuid;

use super::schema::auth::{google_accounts, google_sign_ins};

/// A sign-in under way, as it is stored.
#[derive(Debug, Queryable)]
pub struct StoredErrand {
    /// What it keeps.
    pub sealed: Vec<u8>,
    /// Who came back.
    pub user_id: Option<Uuid>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Stores a sign-in under way.
///
/// # Errors
/// When the database fails.
pub async fn insert_errand(
    conn: &mut Connection,
    state_hash: &[u8],
    contract: &str,
    errand: &StoredErrand,
) -> QueryResult<()> {
    diesel::insert_into(google_sign_ins::table)
        .values((
            google_sign_ins::state_hash.eq(state_hash),
            google_sign_ins::contract.eq(contract),
            google_sign_ins::sealed.eq(&errand.sealed),
            google_sign_ins::user_id.eq(errand.user_id),
            google_sign_ins::expires_at.eq(errand.expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a sign-in that nobody came back to yet. Of several that try at once, one gets it.
///
/// # Errors
/// When the database fails.
pub async fn take_errand(
    conn: &mut Connection,
    state_hash: &[u8],
    contract: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<StoredErrand>> {
    diesel::delete(google_sign_ins::table)
        .filter(google_sign_ins::state_hash.eq(state_hash))
        .filter(google_sign_ins::contract.eq(contract))
        .filter(google_sign_ins::user_id.is_null())
        .filter(google_sign_ins::expires_at.gt(now))
        .returning((
            google_sign_ins::sealed,
            google_sign_ins::user_id,
            google_sign_ins::expires_at,
        ))
        .get_result(conn)
        .await
        .optional()
}

/// Who came back and still has to show a second factor; whoever else asks waits for the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn lock_returned(
    conn: &mut Connection,
    state_hash: &[u8],
    contract: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<UserId>> {
    let user: Option<Option<Uuid>> = google_sign_ins::table
        .find(state_hash)
        .filter(google_sign_ins::contract.eq(contract))
        .filter(google_sign_ins::expires_at.gt(now))
        .for_update()
        .select(google_sign_ins::user_id)
        .first(conn)
        .await
        .optional()?;
    Ok(user.flatten().map(UserId::from_uuid))
}

/// Forgets a sign-in.
///
/// # Errors
/// When the database fails.
pub async fn delete_errand(conn: &mut Connection, state_hash: &[u8]) -> QueryResult<()> {
    diesel::delete(google_sign_ins::table.find(state_hash))
        .execute(conn)
        .await?;
    Ok(())
}

/// Whose Google account it is.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Connection, subject: &str) -> QueryResult<Option<UserId>> {
    let user: Option<Uuid> = google_accounts::table
        .find(subject)
        .select(google_accounts::user_id)
        .first(conn)
        .await
        .optional()?;
    Ok(user.map(UserId::from_uuid))
}

/// Notes whose Google account it is. `false` when it is somebody's, or the person has another.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut Connection,
    subject: &str,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let inserted = diesel::insert_into(google_accounts::table)
        .values((
            google_accounts::subject.eq(subject),
            google_accounts::user_id.eq(user.as_uuid()),
            google_accounts::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}

/// Forgets what leads from Google to a person who left.
///
/// # Errors
/// When the database fails.
pub async fn erase(conn: &mut Connection, user: UserId) -> QueryResult<()> {
    diesel::delete(google_sign_ins::table)
        .filter(google_sign_ins::user_id.eq(user.as_uuid()))
        .execute(conn)
        .await?;
    diesel::delete(google_accounts::table)
        .filter(google_accounts::user_id.eq(user.as_uuid()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets sign-ins that nobody finished.
///
/// # Errors
/// When the database fails.
pub async fn forget_ended(conn: &mut Connection, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(google_sign_ins::table)
        .filter(google_sign_ins::expires_at.le(now))
        .execute(conn)
        .await
}
