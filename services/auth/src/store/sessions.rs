//! Sign-ins and their families of refresh tokens.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use oruma_ids::{SessionId, UserId};
use oruma_postgres::Connection;
use uuid::Uuid;

use super::schema::auth::{refresh_tokens, sessions};
use crate::domain::session::{Revocation, RevokedSession};

/// A sign-in to be.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// The id.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// Through which contract.
    pub contract: &'static str,
    /// From which network address.
    pub address: &'a str,
    /// With which program.
    pub user_agent: &'a str,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// When its first refresh token ends.
    pub expires_at: DateTime<Utc>,
}

/// A refresh token as it is stored, with its sign-in.
#[derive(Debug, Clone, Copy)]
pub struct StoredToken {
    /// The sign-in.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// When the token ends.
    pub expires_at: DateTime<Utc>,
    /// When it was traded; while the trade is under way, when it is done at the latest.
    pub used_at: Option<DateTime<Utc>>,
    /// Whether the sign-in was ended.
    pub revoked: bool,
}

/// Inserts a sign-in.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut Connection, new: &NewSession<'_>) -> QueryResult<()> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(new.id.as_uuid()),
            sessions::user_id.eq(new.user.as_uuid()),
            sessions::contract.eq(new.contract),
            sessions::address.eq(new.address),
            sessions::user_agent.eq(new.user_agent),
            sessions::created_at.eq(new.created_at),
            sessions::refreshed_at.eq(new.created_at),
            sessions::expires_at.eq(new.expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds a refresh token to the family of a sign-in.
///
/// # Errors
/// When the database fails.
pub async fn insert_token(
    conn: &mut Connection,
    session: SessionId,
    hash: &[u8],
    issued_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::hash.eq(hash),
            refresh_tokens::session_id.eq(session.as_uuid()),
            refresh_tokens::issued_at.eq(issued_at),
            refresh_tokens::expires_at.eq(expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Finds a refresh token of a contract.
///
/// # Errors
/// When the database fails.
pub async fn find_token(
    conn: &mut Connection,
    hash: &[u8],
    contract: &str,
) -> QueryResult<Option<StoredToken>> {
    type Row = (
        Uuid,
        Uuid,
        DateTime<Utc>,
        Option<DateTime<Utc>>,
        Option<DateTime<Utc>>,
    );
    let found: Option<Row> = refresh_tokens::table
        .inner_join(sessions::table)
        .filter(refresh_tokens::hash.eq(hash))
        .filter(sessions::contract.eq(contract))
        .select((
            sessions::id,
            sessions::user_id,
            refresh_tokens::expires_at,
            refresh_tokens::used_at,
            sessions::revoked_at,
        ))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(
        |(session, user, expires_at, used_at, revoked_at)| StoredToken {
            session: SessionId::from_uuid(session),
            user: UserId::from_uuid(user),
            expires_at,
            used_at,
            revoked: revoked_at.is_some(),
        },
    ))
}

/// Marks a refresh token as traded, by a trade that is done by `until`. Of several that try at once, one gets `true`.
///
/// # Errors
/// When the database fails.
pub async fn use_token(
    conn: &mut Connection,
    hash: &[u8],
    until: DateTime<Utc>,
) -> QueryResult<bool> {
    let used = diesel::update(refresh_tokens::table.find(hash))
        .filter(refresh_tokens::used_at.is_null())
        .set(refresh_tokens::used_at.eq(until))
        .execute(conn)
        .await?;
    Ok(used == 1)
}

/// Notes when the trade of a refresh token was done.
///
/// # Errors
/// When the database fails.
pub async fn settle_token(
    conn: &mut Connection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(refresh_tokens::table.find(hash))
        .filter(refresh_tokens::used_at.gt(now))
        .set(refresh_tokens::used_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a sign-in goes on. `false` when it was ended meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn extend(
    conn: &mut Connection,
    session: SessionId,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> QueryResult<bool> {
    let extended = diesel::update(sessions::table.find(session.as_uuid()))
        .filter(sessions::revoked_at.is_null())
        .set((
            sessions::refreshed_at.eq(now),
            sessions::expires_at.eq(expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(extended == 1)
}

/// Ends a sign-in. `None` when it had ended before, or there is none.
///
/// # Errors
/// When the database fails.
pub async fn revoke(
    conn: &mut Connection,
    session: SessionId,
    reason: Revocation,
    now: DateTime<Utc>,
    forget_at: DateTime<Utc>,
) -> QueryResult<Option<RevokedSession>> {
    let user: Option<Uuid> = diesel::update(sessions::table.find(session.as_uuid()))
        .filter(sessions::revoked_at.is_null())
        .set((
            sessions::revoked_at.eq(now),
            sessions::revoked_reason.eq(reason.name()),
            sessions::forget_at.eq(forget_at),
        ))
        .returning(sessions::user_id)
        .get_result(conn)
        .await
        .optional()?;
    Ok(user.map(|user| RevokedSession {
        id: session,
        user: UserId::from_uuid(user),
        revoked_at: now,
        forget_at,
    }))
}

/// Ends all sign-ins of a person, on every contract.
///
/// # Errors
/// When the database fails.
pub async fn revoke_all(
    conn: &mut Connection,
    user: UserId,
    reason: Revocation,
    now: DateTime<Utc>,
    forget_at: DateTime<Utc>,
) -> QueryResult<Vec<RevokedSession>> {
    let ended: Vec<Uuid> = diesel::update(sessions::table)
        .filter(sessions::user_id.eq(user.as_uuid()))
        .filter(sessions::revoked_at.is_null())
        .set((
            sessions::revoked_at.eq(now),
            sessions::revoked_reason.eq(reason.name()),
            sessions::forget_at.eq(forget_at),
        ))
        .returning(sessions::id)
        .load(conn)
        .await?;
    Ok(ended
        .into_iter()
        .map(|id| RevokedSession {
            id: SessionId::from_uuid(id),
            user,
            revoked_at: now,
            forget_at,
        })
        .collect())
}

/// Whether the tokens of a sign-in hold.
///
/// # Errors
/// When the database fails.
pub async fn is_active(conn: &mut Connection, session: SessionId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        sessions::table
            .find(session.as_uuid())
            .filter(sessions::revoked_at.is_null()),
    ))
    .get_result(conn)
    .await
}

/// The sign-ins that ended after `after` (time, then id) and still matter, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn revoked_after(
    conn: &mut Connection,
    after: (DateTime<Utc>, Uuid),
    now: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<RevokedSession>> {
    type Row = (Uuid, Uuid, Option<DateTime<Utc>>, Option<DateTime<Utc>>);
    let rows: Vec<Row> = sessions::table
        .filter(sessions::revoked_at.is_not_null())
        // Says no more than the next one, but this the index understands.
        .filter(sessions::revoked_at.ge(after.0))
        .filter(
            sessions::revoked_at.gt(after.0).or(sessions::revoked_at
                .eq(after.0)
                .and(sessions::id.gt(after.1))),
        )
        .filter(sessions::forget_at.gt(now))
        .order((sessions::revoked_at, sessions::id))
        .limit(limit)
        .select((
            sessions::id,
            sessions::user_id,
            sessions::revoked_at,
            sessions::forget_at,
        ))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, user, revoked_at, forget_at)| {
            Some(RevokedSession {
                id: SessionId::from_uuid(id),
                user: UserId::from_uuid(user),
                revoked_at: revoked_at?,
                forget_at: forget_at?,
            })
        })
        .collect())
}

/// Forgets sign-ins whose last token ended before `time`, with their tokens.
///
/// # Errors
/// When the database fails.
pub async fn forget_before(conn: &mut Connection, time: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(sessions::table)
        .filter(sessions::expires_at.lt(time))
        .execute(conn)
        .await
}

/// Takes addresses and programs out of the sign-ins of a person who left.
///
/// # Errors
/// When the database fails.
pub async fn erase_traces(conn: &mut Connection, user: UserId) -> QueryResult<usize> {
    diesel::update(sessions::table)
        .filter(sessions::user_id.eq(user.as_uuid()))
        .set((sessions::address.eq(""), sessions::user_agent.eq("")))
        .execute(conn)
        .await
}

/// A line of a person's export.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// The sign-in.
    pub id: SessionId,
    /// Through which contract.
    pub contract: String,
    /// From which network address.
    pub address: String,
    /// With which program.
    pub user_agent: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ended before its time.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// All sign-ins of a person, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_user(conn: &mut Connection, user: UserId) -> QueryResult<Vec<SessionRecord>> {
    type Row = (
        Uuid,
        String,
        String,
        String,
        DateTime<Utc>,
        Option<DateTime<Utc>>,
    );
    let rows: Vec<Row> = sessions::table
        .filter(sessions::user_id.eq(user.as_uuid()))
        .order(sessions::created_at.desc())
        .select((
            sessions::id,
            sessions::contract,
            sessions::address,
            sessions::user_agent,
            sessions::created_at,
            sessions::revoked_at,
        ))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(
            |(id, contract, address, user_agent, created_at, revoked_at)| SessionRecord {
                id: SessionId::from_uuid(id),
                contract,
                address,
                user_agent,
                created_at,
                revoked_at,
            },
        )
        .collect())
}
