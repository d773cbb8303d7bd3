//! Comments with their authors.

use std::collections::HashMap;
use std::sync::Arc;

use oruma_proto::auth::v1::UserCard;
use oruma_proto::social::v1::Comment;
use oruma_service_runtime::Caller;

use crate::edge::Edge;
use crate::failure::Failure;

/// A comment, who wrote it, and its first replies.
pub(crate) struct AuthoredComment {
    /// The comment; its replies are beside it.
    pub(crate) comment: Comment,
    /// Its author.
    pub(crate) author: Arc<UserCard>,
    /// The replies to it.
    pub(crate) replies: Vec<AuthoredComment>,
}

/// Joins comments and their replies with their authors, all asked for at once.
pub(crate) async fn with_authors(
    edge: &Edge,
    caller: &Caller,
    comments: Vec<Comment>,
) -> Result<Vec<AuthoredComment>, Failure> {
    let ids = comments.iter().flat_map(|comment| {
        let replies = comment.replies.iter().map(|reply| reply.author_id.clone());
        std::iter::once(comment.author_id.clone()).chain(replies)
    });
    let cards = edge.people.cards(caller, ids).await?;
    joined(comments, &cards)
}

fn joined(
    comments: Vec<Comment>,
    cards: &HashMap<String, Arc<UserCard>>,
) -> Result<Vec<AuthoredComment>, Failure> {
    comments
        .into_iter()
        .map(|mut comment| {
            let author = cards.get(&comment.author_id).map(Arc::clone);
            Ok(AuthoredComment {
                author: author.ok_or_else(Failure::internal)?,
                replies: joined(std::mem::take(&mut comment.replies), cards)?,
                comment,
            })
        })
        .collect()
}
