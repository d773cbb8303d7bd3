//! `CommentService`.

use std::sync::Arc;

use oruma_proto::social::v1 as proto;
use oruma_proto::social::v1::comment_service_server::CommentService;
use tonic::{Request, Response, Status};

use super::convert::{comment_id, post_id, somebody};
use crate::app::{App, comments, marks};

/// Comments on posts.
pub(super) struct Comments(pub(super) Arc<App>);

#[tonic::async_trait]
impl CommentService for Comments {
    async fn create_comment(
        &self,
        request: Request<proto::CreateCommentRequest>,
    ) -> Result<Response<proto::CreateCommentResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::CreateCommentRequest {
            post_id: post,
            parent_id,
            content,
        } = request.into_inner();
        let post = post_id(&post)?;
        let comment = comments::create(&self.0, &caller, post, &parent_id, &content).await?;
        Ok(Response::new(proto::CreateCommentResponse {
            comment: Some(comment.into()),
        }))
    }

    async fn list_comments(
        &self,
        request: Request<proto::ListCommentsRequest>,
    ) -> Result<Response<proto::ListCommentsResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::ListCommentsRequest {
            post_id: post,
            parent_id,
            page_size,
            page_token,
        } = request.into_inner();
        let post = post_id(&post)?;
        let parent = match parent_id.as_str() {
            "" => None,
            id => Some(comment_id(id)?),
        };
        let (comments, next_page_token) =
            comments::list(&self.0, &caller, post, parent, page_size, &page_token).await?;
        Ok(Response::new(proto::ListCommentsResponse {
            comments: comments.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn set_comment_like(
        &self,
        request: Request<proto::SetCommentLikeRequest>,
    ) -> Result<Response<proto::SetCommentLikeResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::SetCommentLikeRequest {
            comment_id: id,
            liked,
        } = request.into_inner();
        let marked = marks::like_comment(&self.0, &caller, comment_id(&id)?, liked).await?;
        Ok(Response::new(proto::SetCommentLikeResponse {
            liked: marked.is_set,
            like_count: marked.count,
        }))
    }

    async fn delete_comment(
        &self,
        request: Request<proto::DeleteCommentRequest>,
    ) -> Result<Response<proto::DeleteCommentResponse>, Status> {
        let caller = somebody(&request)?;
        let id = comment_id(&request.into_inner().comment_id)?;
        comments::delete(&self.0, &caller, id).await?;
        Ok(Response::new(proto::DeleteCommentResponse {}))
    }
}
