//! Comments.

use oruma_proto::social::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::compose::comments::AuthoredComment;
use crate::times::iso;

/// A comment (O-018).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Comment {
    /// UUID.
    id: String,
    /// UUID of the post.
    post_id: String,
    /// UUID of the comment that it answers.
    #[serde(skip_serializing_if = "String::is_empty")]
    parent_id: String,
    /// UUID of who wrote it; empty when the account is gone.
    author_id: String,
    /// The author's name.
    author: String,
    /// The author's handle, as in mentions.
    username: String,
    /// The text; empty when the account is gone.
    content: String,
    /// How many like it.
    likes: i64,
    /// Whether the caller likes it.
    liked: bool,
    /// When it was written.
    #[schema(example = "2026-11-21T14:00:00.000Z")]
    created_at: String,
    /// When it last changed.
    updated_at: String,
    /// How many replies it has.
    replies_count: i64,
    /// Its first replies, oldest first; the others by `?parentId=`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    replies: Vec<Comment>,
}

/// A page of comments.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct CommentsPage {
    comments: Vec<Comment>,
    /// Whether there is another page.
    has_more: bool,
    /// What to send as `cursor` for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Body of `POST /api/posts/{postId}/comments`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct CommentRequest {
    /// 1 to 2,000 characters.
    #[schema(example = "Count me in!")]
    pub(in super::super) content: Option<String>,
    /// The comment to answer; a reply to a reply joins its thread.
    pub(in super::super) parent_id: Option<String>,
}

/// Answer of `POST /api/posts/{postId}/comments`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct CreatedComment {
    pub(in super::super) comment: Comment,
}

impl From<AuthoredComment> for Comment {
    fn from(authored: AuthoredComment) -> Self {
        let AuthoredComment {
            comment,
            author,
            replies,
        } = authored;
        let proto::Comment {
            id,
            number: _,
            post_id,
            parent_id,
            author_id,
            content,
            like_count,
            reply_count,
            liked,
            created_at,
            updated_at,
            replies: _,
        } = comment;
        Self {
            id,
            post_id,
            parent_id,
            author_id,
            author: author.display_name.clone(),
            username: author.handle.clone(),
            content,
            likes: like_count,
            liked,
            created_at: iso(created_at),
            updated_at: iso(updated_at),
            replies_count: reply_count,
            replies: replies.into_iter().map(Self::from).collect(),
        }
    }
}

impl CommentsPage {
    pub(in super::super) fn new(comments: Vec<AuthoredComment>, next_page_token: String) -> Self {
        Self {
            comments: comments.into_iter().map(Comment::from).collect(),
            has_more: !next_page_token.is_empty(),
            next_cursor: Some(next_page_token).filter(|token| !token.is_empty()),
        }
    }
}
