//! Mails on their way.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::Connection;
use uuid::Uuid;

use super::schema::auth::mails;
use crate::domain::mail::Channel;

/// A mail to be sent.
#[derive(Debug)]
pub struct NewMail<'a> {
    /// The id.
    pub id: Uuid,
    /// To whom.
    pub user: UserId,
    /// How.
    pub channel: Channel,
    /// The mail itself.
    pub sealed: &'a [u8],
    /// Now.
    pub created_at: DateTime<Utc>,
    /// From when on it is of no use.
    pub expires_at: DateTime<Utc>,
}

/// Puts a mail on its way.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut Connection, new: &NewMail<'_>) -> QueryResult<()> {
    diesel::insert_into(mails::table)
        .values((
            mails::id.eq(new.id),
            mails::user_id.eq(new.user.as_uuid()),
            mails::channel.eq(new.channel.name()),
            mails::sealed.eq(new.sealed),
            mails::due_at.eq(new.created_at),
            mails::expires_at.eq(new.expires_at),
            mails::created_at.eq(new.created_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A mail that is ours to send.
#[derive(Debug, QueryableByName)]
pub struct ClaimedMail {
    /// The id.
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    pub id: Uuid,
    /// How it is sent, by its name.
    #[diesel(sql_type = Text)]
    pub channel: String,
    /// The mail itself.
    #[diesel(sql_type = Binary)]
    pub sealed: Vec<u8>,
    /// How often it was tried, with this time.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// When it was written.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

/// Takes mails that are due, longest due first. Nobody else gets them until `until`; whoever ends before that leaves them to others.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    conn: &mut Connection,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<ClaimedMail>> {
    diesel::sql_query(
        "UPDATE auth.mails SET attempts = attempts + 1, due_at = $2
         WHERE id IN (
             SELECT id FROM auth.mails WHERE due_at <= $1 AND expires_at > $1 ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
         )
         RETURNING id, channel, sealed, attempts, created_at",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(until)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

/// Forgets a mail that was sent.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut Connection, id: Uuid) -> QueryResult<()> {
    diesel::delete(mails::table.find(id)).execute(conn).await?;
    Ok(())
}

/// Has a mail tried again later.
///
/// # Errors
/// When the database fails.
pub async fn put_off(conn: &mut Connection, id: Uuid, due_at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(mails::table.find(id))
        .set(mails::due_at.eq(due_at))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets mails that are of no use any more, and tells how each was to be sent.
///
/// # Errors
/// When the database fails.
pub async fn forget_ended(conn: &mut Connection, now: DateTime<Utc>) -> QueryResult<Vec<String>> {
    diesel::delete(mails::table)
        .filter(mails::expires_at.le(now))
        .returning(mails::channel)
        .load(conn)
        .await
}

/// What waits on one way.
#[derive(Debug, QueryableByName)]
pub struct WaitingMails {
    /// The way, by its name.
    #[diesel(sql_type = Text)]
    pub channel: String,
    /// How many they are.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// When the oldest was written.
    #[diesel(sql_type = Timestamptz)]
    pub oldest: DateTime<Utc>,
}

/// What waits, on each way where something does.
///
/// # Errors
/// When the database fails.
pub async fn waiting(conn: &mut Connection) -> QueryResult<Vec<WaitingMails>> {
    diesel::sql_query(
        "SELECT channel, count(*) AS count, min(created_at) AS oldest FROM auth.mails GROUP BY channel",
    )
    .load(conn)
    .await
}

/// Forgets what was on its way to a person who left.
///
/// # Errors
/// When the database fails.
pub async fn erase(conn: &mut Connection, user: UserId) -> QueryResult<usize> {
    diesel::delete(mails::table)
        .filter(mails::user_id.eq(user.as_uuid()))
        .execute(conn)
        .await
}
