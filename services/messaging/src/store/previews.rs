//! Links that are to be looked behind, and what was there.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Integer, Nullable, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::{MessageId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use serde_json::json;
use uuid::Uuid;

use super::rows::preview_of_json;
use crate::domain::preview::LinkPreview;

/// A link of a message that is to be looked behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The message.
    pub message: MessageId,
    /// The link.
    pub url: String,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

#[derive(QueryableByName)]
struct JobRow {
    #[diesel(sql_type = SqlUuid)]
    message_id: Uuid,
    #[diesel(sql_type = Text)]
    url: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

/// Has the link of a message looked behind.
///
/// # Errors
/// When the database fails.
pub async fn want(
    conn: &mut Connection,
    message: MessageId,
    url: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    const WANT: &str = "INSERT INTO messaging.preview_jobs (message_id, url, due_at) VALUES (?, ?, ?)
         ON CONFLICT (message_id) DO UPDATE SET url = excluded.url, attempts = 0, due_at = excluded.due_at";
    let values = vec![
        Bound::Id(message.as_uuid()),
        Bound::Text(url),
        Bound::Time(now),
    ];
    Statement::<()>::new(WANT, values).execute(conn).await?;
    Ok(())
}

/// Takes the job that has been due for the longest, which comes back at `again` unless it is done by then; `None` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn take(
    conn: &mut Connection,
    now: DateTime<Utc>,
    again: DateTime<Utc>,
) -> QueryResult<Option<Job>> {
    const TAKE: &str = "UPDATE messaging.preview_jobs SET attempts = attempts + 1, due_at = ? WHERE message_id = (
             SELECT message_id FROM messaging.preview_jobs WHERE due_at <= ? ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING message_id, url, attempts";
    let values = vec![Bound::Time(again), Bound::Time(now)];
    let row: Option<JobRow> = Statement::<Untyped>::new(TAKE, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(|row| Job {
        message: MessageId::from_uuid(row.message_id),
        url: row.url,
        attempts: row.attempts,
    }))
}

/// Ends a job; false when another link has taken its place, or another has ended it.
///
/// # Errors
/// When the database fails.
pub async fn end(conn: &mut Connection, job: &Job) -> QueryResult<bool> {
    const END: &str = "DELETE FROM messaging.preview_jobs WHERE message_id = ? AND url = ?";
    let values = vec![Bound::Id(job.message.as_uuid()), Bound::Text(&job.url)];
    Ok(Statement::<()>::new(END, values).execute(conn).await? > 0)
}

/// Has nobody look behind the link of a message any longer.
///
/// # Errors
/// When the database fails.
pub async fn forget(conn: &mut Connection, message: MessageId) -> QueryResult<()> {
    const FORGET: &str = "DELETE FROM messaging.preview_jobs WHERE message_id = ?";
    Statement::<()>::new(FORGET, vec![Bound::Id(message.as_uuid())])
        .execute(conn)
        .await?;
    Ok(())
}

/// What was behind a link since that time; `Some(None)` where there was nothing to show.
///
/// # Errors
/// When the database fails.
pub async fn known(
    conn: &mut Connection,
    url: &str,
    since: DateTime<Utc>,
) -> QueryResult<Option<Option<LinkPreview>>> {
    const KNOWN: &str =
        "SELECT preview::text FROM messaging.preview_pages WHERE url = ? AND fetched_at > ?";
    let values = vec![Bound::Text(url), Bound::Time(since)];
    let json: Option<Option<String>> = Statement::<Nullable<Text>>::new(KNOWN, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(json.map(|json| preview_of_json(json.as_deref())))
}

/// Keeps what was behind a link for the next message with it.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    conn: &mut Connection,
    url: &str,
    preview: Option<&LinkPreview>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    const KEEP: &str = "INSERT INTO messaging.preview_pages (url, preview, fetched_at) VALUES (?, nullif(?, '')::jsonb, ?)
         ON CONFLICT (url) DO UPDATE SET preview = excluded.preview, fetched_at = excluded.fetched_at";
    let json = preview.map(written).unwrap_or_default();
    let values = vec![Bound::Text(url), Bound::Text(&json), Bound::Time(now)];
    Statement::<()>::new(KEEP, values).execute(conn).await?;
    Ok(())
}

/// Shows with a message what is behind its link.
///
/// # Errors
/// When the database fails.
pub async fn show(
    conn: &mut Connection,
    message: MessageId,
    preview: &LinkPreview,
) -> QueryResult<()> {
    const SHOW: &str = "UPDATE messaging.messages SET preview = ?::jsonb WHERE id = ?";
    let json = written(preview);
    let values = vec![Bound::Text(&json), Bound::Id(message.as_uuid())];
    Statement::<()>::new(SHOW, values).execute(conn).await?;
    Ok(())
}

fn written(preview: &LinkPreview) -> String {
    json!({
        "url": preview.url,
        "title": preview.title,
        "description": preview.description,
        "image_url": preview.image_url,
    })
    .to_string()
}

/// Somebody who takes part in the conversation of a message that is there.
///
/// # Errors
/// When the database fails.
pub async fn reader(conn: &mut Connection, message: MessageId) -> QueryResult<Option<UserId>> {
    const READER: &str = "SELECT me.user_id FROM messaging.messages m JOIN messaging.members me ON me.conversation_id = m.conversation_id
         WHERE m.id = ? AND m.deleted_at IS NULL LIMIT 1";
    let reader: Option<Uuid> =
        Statement::<SqlUuid>::new(READER, vec![Bound::Id(message.as_uuid())])
            .get_result(conn)
            .await
            .optional()?;
    Ok(reader.map(UserId::from_uuid))
}

/// Forgets what was behind links before that time.
///
/// # Errors
/// When the database fails.
pub async fn forget_before(conn: &mut Connection, time: DateTime<Utc>) -> QueryResult<usize> {
    const FORGET: &str = "DELETE FROM messaging.preview_pages WHERE fetched_at < ?";
    Statement::<()>::new(FORGET, vec![Bound::Time(time)])
        .execute(conn)
        .await
}
