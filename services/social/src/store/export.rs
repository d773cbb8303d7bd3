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

macro_rules! section {
    ($name:literal, $table:literal, $owner:literal, $key:literal, $columns:literal) => {
        Section {
            name: $name,
            items: concat!(
                "SELECT ",
                $key,
                ", to_jsonb(item)::text FROM (SELECT ",
                $key,
                ", ",
                $columns,
                " FROM ",
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
pub const SECTIONS: [Section; 6] = [
    section!(
        "posts",
        "social.posts",
        "author_id",
        "id",
        "number, university, content, type, location, images, hashtags, mentions, visibility, like_count AS \"likeCount\",
         comment_count AS \"commentCount\", save_count AS \"saveCount\", view_count AS \"viewCount\", created_at AS \"createdAt\",
         updated_at AS \"updatedAt\""
    ),
    section!(
        "comments",
        "social.comments",
        "author_id",
        "id",
        "number, post_id AS \"postId\", parent_id AS \"parentId\", content, like_count AS \"likeCount\", created_at AS \"createdAt\",
         updated_at AS \"updatedAt\""
    ),
    section!("postLikes", "social.post_likes", "user_id", "post_id", "created_at AS \"createdAt\""),
    section!("postSaves", "social.post_saves", "user_id", "post_id", "created_at AS \"createdAt\""),
    section!("postViews", "social.post_views", "user_id", "post_id", "created_at AS \"createdAt\""),
    section!("commentLikes", "social.comment_likes", "user_id", "comment_id", "created_at AS \"createdAt\""),
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
