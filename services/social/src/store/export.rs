//! What is kept of one person, for that person.

use diesel::QueryResult;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

/// A part of an export.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Its name in the document.
    pub name: &'static str,
    /// Values: the person, the key of the last item before, how many. Gives key and JSON.
    items: &'static str,
}

/// A time as contracts write it.
macro_rules! in_utc {
    ($column:literal) => {
        concat!(
            "to_char(",
            $column,
            " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
        )
    };
}

macro_rules! section {
    ($name:literal, $table:literal, $owner:literal, $key:literal, $($columns:tt)*) => {
        Section {
            name: $name,
            items: concat!(
                "SELECT key, (to_jsonb(item) - 'key')::text FROM (SELECT ",
                $key,
                " AS key, ",
                $($columns)*,
                ", ",
                in_utc!("created_at"),
                " AS \"createdAt\" FROM ",
                $table,
                " WHERE ",
                $owner,
                " = ? AND ",
                $key,
                " > ? ORDER BY ",
                $key,
                " LIMIT ?) AS item"
            ),
        }
    };
}

/// Everything.
pub const SECTIONS: [Section; 8] = [
    section!(
        "posts",
        "social.posts",
        "author_id",
        "id",
        "id, number, university, content, type, location, images, hashtags, mentions, visibility, like_count AS \"likeCount\",
         comment_count AS \"commentCount\", save_count AS \"saveCount\", view_count AS \"viewCount\", ",
        in_utc!("updated_at"),
        " AS \"updatedAt\""
    ),
    section!(
        "comments",
        "social.comments",
        "author_id",
        "id",
        "id, number, post_id AS \"postId\", parent_id AS \"parentId\", content, like_count AS \"likeCount\", ",
        in_utc!("updated_at"),
        " AS \"updatedAt\""
    ),
    section!("post_likes", "social.post_likes", "user_id", "post_id", "post_id AS \"postId\""),
    section!("post_saves", "social.post_saves", "user_id", "post_id", "post_id AS \"postId\""),
    section!("post_views", "social.post_views", "user_id", "post_id", "post_id AS \"postId\""),
    section!("blocks", "social.blocks", "blocker_id", "blocked_id", "blocked_id AS \"userId\""),
    section!(
        "post_reports",
        "social.reports",
        // Those of events and items are told by their services.
        "subject_kind = 'post' AND reporter_id",
        "id",
        "id, subject_id AS \"postId\", reason, description"
    ),
    section!("comment_likes", "social.comment_likes", "user_id", "comment_id", "comment_id AS \"commentId\""),
];

/// Some items of a section after a key, as JSON, and the last key.
///
/// # Errors
/// When the database fails.
pub async fn items(
    conn: &mut Connection,
    section: Section,
    user: UserId,
    after: Uuid,
    most: i64,
) -> QueryResult<(Vec<String>, Option<Uuid>)> {
    let values = vec![
        Bound::Id(user.as_uuid()),
        Bound::Id(after),
        Bound::Number(most),
    ];
    let rows: Vec<(Uuid, String)> = Statement::<(SqlUuid, Text)>::new(section.items, values)
        .load(conn)
        .await?;
    let last = rows.last().map(|(key, _)| *key);
    Ok((rows.into_iter().map(|(_, item)| item).collect(), last))
}
