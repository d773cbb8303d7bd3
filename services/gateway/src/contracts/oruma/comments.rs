//! `/api/posts/{postId}/comments` and `/api/comments` (O-018…O-021).

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::social::v1 as proto;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::comment::{CommentRequest, CommentsPage, CreatedComment};
use super::dto::post::Liked;
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::compose::comments::with_authors;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::query::Query;

/// The comments of a post, oldest first, each with its first replies.
#[utoipa::path(get, path = "/api/posts/{postId}/comments", tag = "comments", security(("bearer" = [])), params(
    ("postId" = String, Path, description = "UUID"),
    ("parentId" = Option<String>, Query, description = "Lists the replies to this comment instead"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of comments", body = CommentsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such post", body = ErrorBody),
))]
pub(super) async fn list(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    post_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let message = proto::ListCommentsRequest {
        post_id: post_id.into_inner(),
        parent_id: query.text("parentId")?,
        page_size: query.limit()?,
        page_token: query.text("cursor")?,
    };
    let comments = &edge.clients.comments;
    let page = read(async || {
        comments
            .clone()
            .list_comments(caller.send(message.clone()))
            .await
    })
    .await?;
    let comments = with_authors(&edge, &caller, page.comments).await?;
    Ok(HttpResponse::Ok().json(CommentsPage::new(comments, page.next_page_token)))
}

/// Comments on a post, or answers a comment.
#[utoipa::path(post, path = "/api/posts/{postId}/comments", tag = "comments", security(("bearer" = [])), params(
    ("postId" = String, Path, description = "UUID"),
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), request_body = CommentRequest, responses(
    (status = 201, description = "The comment", body = CreatedComment),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such post", body = ErrorBody),
    (status = 422, description = "A field has the wrong type, or the key stood for another request", body = ErrorBody),
))]
pub(super) async fn create(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    post_id: Path<String>,
    Json(CommentRequest { content, parent_id }): Json<CommentRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::CreateCommentRequest {
        post_id: post_id.into_inner(),
        parent_id: parent_id.unwrap_or_default(),
        content: content.unwrap_or_default(),
    });
    let created = edge
        .clients
        .comments
        .clone()
        .create_comment(message)
        .await?;
    let comment = created.into_inner().comment;
    let comments = with_authors(&edge, &caller, comment.into_iter().collect()).await?;
    let comment = comments.into_iter().next().ok_or_else(Failure::internal)?;
    Ok(HttpResponse::Created().json(CreatedComment {
        comment: comment.into(),
    }))
}

/// Likes a comment, or takes the like back.
#[utoipa::path(post, path = "/api/comments/{commentId}/like", tag = "comments", security(("bearer" = [])), params(
    ("commentId" = String, Path, description = "UUID"),
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), responses(
    (status = 200, description = "What it is now", body = Liked),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such comment", body = ErrorBody),
))]
pub(super) async fn like(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    comment_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::SetCommentLikeRequest {
        comment_id: comment_id.into_inner(),
        liked: None,
    });
    let now = edge
        .clients
        .comments
        .clone()
        .set_comment_like(message)
        .await?;
    let proto::SetCommentLikeResponse { liked, like_count } = now.into_inner();
    Ok(HttpResponse::Ok().json(Liked {
        liked,
        likes_count: like_count,
    }))
}

/// Removes one's own comment with its replies.
#[utoipa::path(delete, path = "/api/comments/{commentId}", tag = "comments", security(("bearer" = [])), params(
    ("commentId" = String, Path, description = "UUID"),
), responses(
    (status = 204, description = "The comment is gone"),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else's comment", body = ErrorBody),
    (status = 404, description = "There is no such comment", body = ErrorBody),
))]
pub(super) async fn delete(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    comment_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::DeleteCommentRequest {
        comment_id: comment_id.into_inner(),
    });
    edge.clients
        .comments
        .clone()
        .delete_comment(message)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
