//! Comments.

use chrono::{DateTime, Utc};
use oruma_ids::{CommentId, PostId, UserId};
use oruma_text::{Lines, plain};

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The id.
    pub id: CommentId,
    /// The short number, for contracts with integer ids.
    pub number: i64,
    /// The post.
    pub post: PostId,
    /// The comment that it answers; `None` for one that answers the post.
    pub parent: Option<CommentId>,
    /// Who wrote it; `None` once the account is gone and only the answers to it are left.
    pub author: Option<UserId>,
    /// The text; empty once the account is gone.
    pub content: String,
    /// How many like it.
    pub like_count: i64,
    /// How many replies it has.
    pub reply_count: i64,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A comment as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenComment {
    /// The comment.
    pub comment: Comment,
    /// Whether the person likes it.
    pub liked: bool,
    /// Its first replies, oldest first.
    pub replies: Vec<SeenComment>,
}

impl SeenComment {
    /// A comment that was just written.
    #[must_use]
    pub const fn new(comment: Comment) -> Self {
        Self {
            comment,
            liked: false,
            replies: Vec::new(),
        }
    }
}

/// Reads the text of a comment.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn judge_content(text: &str, most: usize) -> Result<String, String> {
    let content = plain(text, Lines::Many, most).map_err(|problem| problem.to_string())?;
    if content.is_empty() {
        return Err("is required".to_owned());
    }
    Ok(content)
}
