//! Posts with their authors.

use std::sync::Arc;

use oruma_proto::auth::v1::UserCard;
use oruma_proto::social::v1::Post;
use oruma_service_runtime::Caller;

use crate::edge::Edge;
use crate::failure::Failure;

/// A post and who wrote it.
pub(crate) struct AuthoredPost {
    /// The post.
    pub(crate) post: Post,
    /// Its author.
    pub(crate) author: Arc<UserCard>,
}

/// Joins posts with their authors.
pub(crate) async fn with_authors(
    edge: &Edge,
    caller: &Caller,
    posts: Vec<Post>,
) -> Result<Vec<AuthoredPost>, Failure> {
    let ids = posts.iter().map(|post| post.author_id.clone());
    let cards = edge.people.cards(caller, ids).await?;
    posts
        .into_iter()
        .map(|post| {
            let author = cards.get(&post.author_id).map(Arc::clone);
            Ok(AuthoredPost {
                author: author.ok_or_else(Failure::internal)?,
                post,
            })
        })
        .collect()
}

/// Joins one post with its author. A service that answers with none is at fault.
pub(crate) async fn with_author(
    edge: &Edge,
    caller: &Caller,
    post: Option<Post>,
) -> Result<AuthoredPost, Failure> {
    let posts = with_authors(edge, caller, post.into_iter().collect()).await?;
    posts.into_iter().next().ok_or_else(Failure::internal)
}
