//! Second factors and recovery codes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::Connection;

use super::schema::auth::{recovery_codes, second_factors};

/// A second factor as it is stored.
#[derive(Debug, Clone, Default, Queryable, Selectable)]
#[diesel(table_name = second_factors)]
pub struct StoredFactor {
    /// The secret of the authenticator program, sealed.
    pub totp_secret: Option<Vec<u8>>,
    /// Since when its codes are asked for.
    pub totp_confirmed_at: Option<DateTime<Utc>>,
    /// The step of the last code that was taken.
    pub totp_last_step: i64,
    /// Where codes are sent.
    pub phone: Option<String>,
    /// Since when they are asked for.
    pub sms_enabled_at: Option<DateTime<Utc>>,
    /// When one came back.
    pub sms_confirmed_at: Option<DateTime<Utc>>,
    /// Keyed hash of the code that was sent.
    pub code_hash: Option<Vec<u8>>,
    /// Wrong guesses at it.
    pub code_attempts: i16,
    /// When it ends.
    pub code_expires_at: Option<DateTime<Utc>>,
    /// Wrong codes since the last right one.
    pub failures: i32,
    /// Until when no code is looked at.
    pub locked_until: Option<DateTime<Utc>>,
}

impl StoredFactor {
    /// Whether a sign-in needs a code.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.totp_confirmed_at.is_some() || self.sms_enabled_at.is_some()
    }
}

/// What a person has, if anything.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Connection, user: UserId) -> QueryResult<Option<StoredFactor>> {
    second_factors::table
        .find(user.as_uuid())
        .select(StoredFactor::as_select())
        .first(conn)
        .await
        .optional()
}

/// The same; whoever else wants it waits for the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn lock(conn: &mut Connection, user: UserId) -> QueryResult<Option<StoredFactor>> {
    second_factors::table
        .find(user.as_uuid())
        .for_update()
        .select(StoredFactor::as_select())
        .first(conn)
        .await
        .optional()
}

/// Makes sure that there is a row to lock.
///
/// # Errors
/// When the database fails.
pub async fn prepare(conn: &mut Connection, user: UserId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::insert_into(second_factors::table)
        .values((
            second_factors::user_id.eq(user.as_uuid()),
            second_factors::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes all of a locked row.
///
/// # Errors
/// When the database fails.
pub async fn save(conn: &mut Connection, user: UserId, factor: &StoredFactor) -> QueryResult<()> {
    diesel::update(second_factors::table.find(user.as_uuid()))
        .set((
            second_factors::totp_secret.eq(&factor.totp_secret),
            second_factors::totp_confirmed_at.eq(factor.totp_confirmed_at),
            second_factors::totp_last_step.eq(factor.totp_last_step),
            second_factors::phone.eq(&factor.phone),
            second_factors::sms_enabled_at.eq(factor.sms_enabled_at),
            second_factors::sms_confirmed_at.eq(factor.sms_confirmed_at),
            second_factors::code_hash.eq(&factor.code_hash),
            second_factors::code_attempts.eq(factor.code_attempts),
            second_factors::code_expires_at.eq(factor.code_expires_at),
            second_factors::failures.eq(factor.failures),
            second_factors::locked_until.eq(factor.locked_until),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets everything of a person.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut Connection, user: UserId) -> QueryResult<()> {
    diesel::delete(recovery_codes::table)
        .filter(recovery_codes::user_id.eq(user.as_uuid()))
        .execute(conn)
        .await?;
    diesel::delete(second_factors::table.find(user.as_uuid()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Stores recovery codes.
///
/// # Errors
/// When the database fails.
pub async fn insert_recovery_codes(
    conn: &mut Connection,
    user: UserId,
    hashes: &[[u8; 32]],
) -> QueryResult<()> {
    let rows: Vec<_> = hashes
        .iter()
        .map(|hash| {
            (
                recovery_codes::user_id.eq(user.as_uuid()),
                recovery_codes::hash.eq(hash.as_slice()),
            )
        })
        .collect();
    diesel::insert_into(recovery_codes::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Uses a recovery code up. `false` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn take_recovery_code(
    conn: &mut Connection,
    user: UserId,
    hash: &[u8],
) -> QueryResult<bool> {
    let taken = diesel::delete(recovery_codes::table)
        .filter(recovery_codes::user_id.eq(user.as_uuid()))
        .filter(recovery_codes::hash.eq(hash))
        .execute(conn)
        .await?;
    Ok(taken == 1)
}

/// How many recovery codes a person has left.
///
/// # Errors
/// When the database fails.
pub async fn recovery_codes_left(conn: &mut Connection, user: UserId) -> QueryResult<i64> {
    recovery_codes::table
        .filter(recovery_codes::user_id.eq(user.as_uuid()))
        .count()
        .get_result(conn)
        .await
}
