//! Codes that show whose an address is.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::Connection;

use super::schema::auth::email_codes;

/// A code as it is stored.
#[derive(Debug, Queryable)]
pub struct StoredCode {
    /// Its keyed hash.
    pub hash: Vec<u8>,
    /// Wrong guesses.
    pub attempts: i16,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Stores the code of a person in place of the one before.
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
        email_codes::hash.eq(hash),
        email_codes::attempts.eq(0),
        email_codes::expires_at.eq(expires_at),
    );
    diesel::insert_into(email_codes::table)
        .values((email_codes::user_id.eq(user.as_uuid()), values))
        .on_conflict(email_codes::user_id)
        .do_update()
        .set(values)
        .execute(conn)
        .await?;
    Ok(())
}

/// The code of a person; whoever else wants it waits for the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn lock(conn: &mut Connection, user: UserId) -> QueryResult<Option<StoredCode>> {
    email_codes::table
        .find(user.as_uuid())
        .for_update()
        .select((
            email_codes::hash,
            email_codes::attempts,
            email_codes::expires_at,
        ))
        .first(conn)
        .await
        .optional()
}

/// Counts a wrong guess.
///
/// # Errors
/// When the database fails.
pub async fn count_attempt(conn: &mut Connection, user: UserId) -> QueryResult<()> {
    diesel::update(email_codes::table.find(user.as_uuid()))
        .set(email_codes::attempts.eq(email_codes::attempts + 1))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the code of a person.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut Connection, user: UserId) -> QueryResult<()> {
    diesel::delete(email_codes::table.find(user.as_uuid()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets codes that have ended.
///
/// # Errors
/// When the database fails.
pub async fn forget_ended(conn: &mut Connection, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(email_codes::table)
        .filter(email_codes::expires_at.le(now))
        .execute(conn)
        .await
}
