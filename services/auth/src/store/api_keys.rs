//! Keys by which programs act for people.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use uuid::Uuid;

use super::schema::auth::api_keys;
use crate::domain::api_key::ApiKeyRecord;

/// Uses within this time of the last one that was noted are not noted.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// A key to be.
#[derive(Debug)]
pub struct NewApiKey<'a> {
    /// The id.
    pub id: Uuid,
    /// Whose.
    pub user: UserId,
    /// What its owner calls it.
    pub name: &'a str,
    /// What is stored in its place.
    pub hash: &'a [u8],
    /// How it begins.
    pub prefix: &'a str,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// When it ends, if it does.
    pub expires_at: Option<DateTime<Utc>>,
}

type Row = (
    Uuid,
    String,
    String,
    DateTime<Utc>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
);

const COLUMNS: (
    api_keys::id,
    api_keys::name,
    api_keys::prefix,
    api_keys::created_at,
    api_keys::expires_at,
    api_keys::last_used_at,
    api_keys::revoked_at,
) = (
    api_keys::id,
    api_keys::name,
    api_keys::prefix,
    api_keys::created_at,
    api_keys::expires_at,
    api_keys::last_used_at,
    api_keys::revoked_at,
);

fn record(row: Row) -> ApiKeyRecord {
    let (id, name, prefix, created_at, expires_at, last_used_at, revoked_at) = row;
    ApiKeyRecord {
        id,
        name,
        prefix,
        created_at,
        expires_at,
        last_used_at,
        revoked_at,
    }
}

/// Inserts a key.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut Connection, new: &NewApiKey<'_>) -> QueryResult<ApiKeyRecord> {
    let row: Row = diesel::insert_into(api_keys::table)
        .values((
            api_keys::id.eq(new.id),
            api_keys::user_id.eq(new.user.as_uuid()),
            api_keys::name.eq(new.name),
            api_keys::hash.eq(new.hash),
            api_keys::prefix.eq(new.prefix),
            api_keys::created_at.eq(new.created_at),
            api_keys::expires_at.eq(new.expires_at),
        ))
        .returning(COLUMNS)
        .get_result(conn)
        .await?;
    Ok(record(row))
}

/// How many keys of a person hold.
///
/// # Errors
/// When the database fails.
pub async fn count_live(
    conn: &mut Connection,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<i64> {
    api_keys::table
        .filter(api_keys::user_id.eq(user.as_uuid()))
        .filter(api_keys::revoked_at.is_null())
        .filter(
            api_keys::expires_at
                .is_null()
                .or(api_keys::expires_at.gt(now)),
        )
        .count()
        .get_result(conn)
        .await
}

/// The keys of a person, newest first, those that ended included.
///
/// # Errors
/// When the database fails.
pub async fn of_user(
    conn: &mut Connection,
    user: UserId,
    limit: i64,
) -> QueryResult<Vec<ApiKeyRecord>> {
    let rows: Vec<Row> = api_keys::table
        .filter(api_keys::user_id.eq(user.as_uuid()))
        .order((api_keys::created_at.desc(), api_keys::id.desc()))
        .limit(limit)
        .select(COLUMNS)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(record).collect())
}

/// Revokes a key of a person; one that was revoked stays so. `false` when the person has no such key.
///
/// # Errors
/// When the database fails.
pub async fn revoke(
    conn: &mut Connection,
    user: UserId,
    id: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let known: Option<Option<DateTime<Utc>>> = api_keys::table
        .find(id)
        .filter(api_keys::user_id.eq(user.as_uuid()))
        .for_no_key_update()
        .select(api_keys::revoked_at)
        .first(conn)
        .await
        .optional()?;
    if known == Some(None) {
        diesel::update(api_keys::table.find(id))
            .set(api_keys::revoked_at.eq(now))
            .execute(conn)
            .await?;
    }
    Ok(known.is_some())
}

/// Whose key it is, while it holds: its id, its owner, and whether its use is to be noted.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<(Uuid, UserId, bool)>> {
    let found: Option<(Uuid, Uuid, Option<DateTime<Utc>>)> = api_keys::table
        .filter(api_keys::hash.eq(hash))
        .filter(api_keys::revoked_at.is_null())
        .filter(
            api_keys::expires_at
                .is_null()
                .or(api_keys::expires_at.gt(now)),
        )
        .select((api_keys::id, api_keys::user_id, api_keys::last_used_at))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|(id, user, last)| {
        let due = last.is_none_or(|last| last + NOTED_EVERY <= now);
        (id, UserId::from_uuid(user), due)
    }))
}

/// Notes that a key was used.
///
/// # Errors
/// When the database fails.
pub async fn note_use(conn: &mut Connection, id: Uuid, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(api_keys::table.find(id))
        .set(api_keys::last_used_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the keys of a person who left.
///
/// # Errors
/// When the database fails.
pub async fn erase(conn: &mut Connection, user: UserId) -> QueryResult<usize> {
    diesel::delete(api_keys::table)
        .filter(api_keys::user_id.eq(user.as_uuid()))
        .execute(conn)
        .await
}
