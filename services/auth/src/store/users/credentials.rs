//! What people sign in with.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::Connection;

use super::{UserRow, lower};
use crate::domain::user::User;
use crate::store::schema::auth::users;

/// What a sign-in is checked against.
#[derive(Debug)]
pub struct Credentials {
    /// The person.
    pub user: User,
    /// The bcrypt hash, if the person has a password.
    pub password_hash: Option<String>,
    /// Whether the account is suspended.
    pub suspended: bool,
}

/// Whether an address has an account, in whatever case.
///
/// # Errors
/// When the database fails.
pub async fn email_is_taken(conn: &mut Connection, email: &str) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        users::table.filter(lower(users::email).eq(lower(email))),
    ))
    .get_result(conn)
    .await
}

/// What signs in with an address, in whatever case.
///
/// # Errors
/// When the database fails.
pub async fn find_credentials(
    conn: &mut Connection,
    email: &str,
) -> QueryResult<Option<Credentials>> {
    let found: Option<(UserRow, Option<String>, Option<DateTime<Utc>>)> = users::table
        .filter(lower(users::email).eq(lower(email)))
        .filter(users::deleted_at.is_null())
        .select((
            UserRow::as_select(),
            users::password_hash,
            users::suspended_at,
        ))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|(row, password_hash, suspended_at)| Credentials {
        user: row.into(),
        password_hash,
        suspended: suspended_at.is_some(),
    }))
}

/// Notes that the address of a person is known to be theirs; once it is, nothing changes.
///
/// # Errors
/// When the database fails.
pub async fn verify_email(
    conn: &mut Connection,
    id: UserId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(users::table.find(id.as_uuid()))
        .filter(users::deleted_at.is_null())
        .filter(users::email_verified_at.is_null())
        .set((users::email_verified_at.eq(now), users::updated_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Sets the hash of a new password. `None` when the person is gone.
///
/// # Errors
/// When the database fails.
pub async fn set_password(
    conn: &mut Connection,
    id: UserId,
    password_hash: &str,
    policy: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<User>> {
    let row: Option<UserRow> = diesel::update(users::table.find(id.as_uuid()))
        .filter(users::deleted_at.is_null())
        .set((
            users::password_hash.eq(password_hash),
            users::password_policy.eq(policy),
            users::updated_at.eq(now),
        ))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(User::from))
}

/// Takes the password of a person away.
///
/// # Errors
/// When the database fails.
pub async fn drop_password(
    conn: &mut Connection,
    id: UserId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(users::table.find(id.as_uuid()))
        .set((
            users::password_hash.eq(None::<String>),
            users::password_policy.eq(None::<String>),
            users::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The bcrypt hash of a person who has one.
///
/// # Errors
/// When the database fails.
pub async fn password_hash(conn: &mut Connection, id: UserId) -> QueryResult<Option<String>> {
    let found: Option<Option<String>> = users::table
        .find(id.as_uuid())
        .filter(users::deleted_at.is_null())
        .select(users::password_hash)
        .first(conn)
        .await
        .optional()?;
    Ok(found.flatten())
}
