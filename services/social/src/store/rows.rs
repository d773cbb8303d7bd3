//! How rows become posts and comments.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use oruma_ids::{CommentId, PostId, UserId};
use oruma_postgres::Bound;
use uuid::Uuid;

use crate::domain::comment::{Comment, SeenComment};
use crate::domain::post::{Post, PostBody, PostType, SeenPost, Tags};
use crate::domain::viewer::Viewer;
use crate::domain::visibility::Visibility;

/// The columns of a [`PostRow`], from `social.posts` as `p`.
macro_rules! post_columns {
    () => {
        "p.id, p.number, p.author_id, p.university, p.content, p.type AS kind, p.location, p.images, p.given_hashtags, p.given_mentions, \
         p.hashtags, p.mentions, p.visibility, p.like_count, p.comment_count, p.save_count, p.view_count, p.created_at, p.updated_at"
    };
}

/// Whether a viewer has marked `p`. Values: the viewer, the viewer. Not by `EXISTS`, which the planner may turn into reading all marks of the
/// viewer, where only those of a page are asked for.
macro_rules! marked_columns {
    () => {
        "coalesce((SELECT true FROM social.post_likes l WHERE l.post_id = p.id AND l.user_id = ?), false) AS liked, \
         coalesce((SELECT true FROM social.post_saves s WHERE s.post_id = p.id AND s.user_id = ?), false) AS saved"
    };
}

/// The columns of a [`SeenPostRow`]. Values: the viewer, the viewer.
macro_rules! seen_post_columns {
    () => {
        concat!(post_columns!(), ", ", marked_columns!())
    };
}

/// Whether somebody may see `p` (O-176): its visibility allows it, and neither of the two has blocked the other (K-19). Values: those of
/// [`may_see_values`]. Who follows whom and who is in which space is not known here yet, so such posts are their author's. Blocks are read once a
/// statement, as an array: looked up row by row they would make the planner think that most posts are hidden.
macro_rules! may_see {
    () => {
        "((p.visibility = 'public' OR p.author_id = ? OR (p.visibility = 'university' AND p.university <> '' AND p.university = ?)) \
          AND p.author_id <> ALL (ARRAY(SELECT b.blocker_id FROM social.blocks b WHERE b.blocked_id = ? \
                                        UNION ALL SELECT b.blocked_id FROM social.blocks b WHERE b.blocker_id = ?)))"
    };
}

/// The values of [`may_see`].
pub(super) fn may_see_values(viewer: &Viewer) -> [Bound<'_>; 4] {
    let user = Bound::Id(viewer.user.as_uuid());
    [user, Bound::Text(&viewer.university), user, user]
}

pub(super) use {marked_columns, may_see, post_columns, seen_post_columns};

#[derive(QueryableByName)]
pub(super) struct PostRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = SqlUuid)]
    author_id: Uuid,
    #[diesel(sql_type = Text)]
    university: String,
    #[diesel(sql_type = Text)]
    content: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    location: String,
    #[diesel(sql_type = Array<Text>)]
    images: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    given_hashtags: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    given_mentions: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    hashtags: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    mentions: Vec<String>,
    #[diesel(sql_type = Text)]
    visibility: String,
    #[diesel(sql_type = BigInt)]
    like_count: i64,
    #[diesel(sql_type = BigInt)]
    comment_count: i64,
    #[diesel(sql_type = BigInt)]
    save_count: i64,
    #[diesel(sql_type = BigInt)]
    view_count: i64,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    updated_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
pub(super) struct SeenPostRow {
    #[diesel(embed)]
    post: PostRow,
    #[diesel(sql_type = Bool)]
    liked: bool,
    #[diesel(sql_type = Bool)]
    saved: bool,
}

#[derive(QueryableByName)]
pub(super) struct CommentRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = SqlUuid)]
    post_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    parent_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    author_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    content: String,
    #[diesel(sql_type = BigInt)]
    like_count: i64,
    #[diesel(sql_type = BigInt)]
    reply_count: i64,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    updated_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
pub(super) struct SeenCommentRow {
    #[diesel(embed)]
    comment: CommentRow,
    #[diesel(sql_type = Bool)]
    liked: bool,
}

impl From<PostRow> for Post {
    fn from(row: PostRow) -> Self {
        Self {
            id: PostId::from_uuid(row.id),
            number: row.number,
            author: UserId::from_uuid(row.author_id),
            university: row.university,
            body: PostBody {
                content: row.content,
                // The schema allows no other type.
                kind: PostType::from_name(&row.kind).unwrap_or(PostType::General),
                location: row.location,
                images: row.images,
                hashtags: Tags {
                    given: row.given_hashtags,
                    all: row.hashtags,
                },
                mentions: Tags {
                    given: row.given_mentions,
                    all: row.mentions,
                },
                // The schema allows no other visibility; the narrowest one is the safe reading.
                visibility: Visibility::from_name(&row.visibility).unwrap_or(Visibility::Private),
            },
            like_count: row.like_count,
            comment_count: row.comment_count,
            save_count: row.save_count,
            view_count: row.view_count,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<SeenPostRow> for SeenPost {
    fn from(row: SeenPostRow) -> Self {
        Self {
            post: row.post.into(),
            liked: row.liked,
            saved: row.saved,
            highlight: String::new(),
        }
    }
}

impl From<CommentRow> for Comment {
    fn from(row: CommentRow) -> Self {
        Self {
            id: CommentId::from_uuid(row.id),
            number: row.number,
            post: PostId::from_uuid(row.post_id),
            parent: row.parent_id.map(CommentId::from_uuid),
            author: row.author_id.map(UserId::from_uuid),
            content: row.content,
            like_count: row.like_count,
            reply_count: row.reply_count,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<SeenCommentRow> for SeenComment {
    fn from(row: SeenCommentRow) -> Self {
        Self {
            comment: row.comment.into(),
            liked: row.liked,
            replies: Vec::new(),
        }
    }
}
