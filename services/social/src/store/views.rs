//! Who has looked at which post (O-184).

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::RunQueryDsl;
use oruma_ids::{PostId, UserId};
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

/// Notes views and counts each person once, in one statement. Posts that are gone are left out; the others are locked in the order of their
/// ids, so that several replicas only wait for each other.
///
/// # Errors
/// When the database fails.
pub async fn record(
    conn: &mut Connection,
    views: &[(PostId, UserId)],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    const RECORD: &str = "WITH seen AS (
             SELECT DISTINCT post_id, user_id FROM unnest(?, ?) AS seen (post_id, user_id)
         ), new AS (
             SELECT * FROM seen WHERE NOT EXISTS (
                 SELECT FROM social.post_views v WHERE v.post_id = seen.post_id AND v.user_id = seen.user_id)
         ), locked AS (
             SELECT p.id FROM social.posts p WHERE p.id IN (SELECT post_id FROM new) ORDER BY p.id FOR NO KEY UPDATE
         ), added AS (
             INSERT INTO social.post_views (post_id, user_id, created_at)
             SELECT new.post_id, new.user_id, ? FROM new JOIN locked ON locked.id = new.post_id
             ON CONFLICT DO NOTHING RETURNING post_id
         )
         UPDATE social.posts p SET view_count = p.view_count + counted.n
         FROM (SELECT post_id, count(*) AS n FROM added GROUP BY post_id) AS counted WHERE p.id = counted.post_id";
    let (posts, users): (Vec<Uuid>, Vec<Uuid>) = views
        .iter()
        .map(|(post, user)| (post.as_uuid(), user.as_uuid()))
        .unzip();
    let values = vec![Bound::Ids(&posts), Bound::Ids(&users), Bound::Time(now)];
    Statement::<()>::new(RECORD, values).execute(conn).await?;
    Ok(())
}
