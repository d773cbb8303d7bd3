//! `PostService`.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use oruma_proto::social::v1 as proto;
use oruma_proto::social::v1::list_posts_request::Of;
use oruma_proto::social::v1::post_service_server::PostService;
use oruma_text::hashtag;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::convert::{popular_search, post_id, somebody};
use crate::app::{App, export, feeds, marks, posts, reports};
use crate::error::Error;
use crate::store::feeds::{Feed, Search};

/// Posts.
pub(super) struct Posts(pub(super) Arc<App>);

#[tonic::async_trait]
impl PostService for Posts {
    async fn create_post(
        &self,
        request: Request<proto::CreatePostRequest>,
    ) -> Result<Response<proto::CreatePostResponse>, Status> {
        let caller = somebody(&request)?;
        let post = posts::create(&self.0, &caller, request.into_inner().try_into()?).await?;
        Ok(Response::new(proto::CreatePostResponse {
            post: Some(post.into()),
        }))
    }

    async fn get_post(
        &self,
        request: Request<proto::GetPostRequest>,
    ) -> Result<Response<proto::GetPostResponse>, Status> {
        let caller = somebody(&request)?;
        let id = post_id(&request.into_inner().post_id)?;
        let post = posts::get(&self.0, &caller, id).await?;
        Ok(Response::new(proto::GetPostResponse {
            post: Some(post.into()),
        }))
    }

    async fn check_post_author(
        &self,
        request: Request<proto::CheckPostAuthorRequest>,
    ) -> Result<Response<proto::CheckPostAuthorResponse>, Status> {
        let caller = somebody(&request)?;
        let id = post_id(&request.into_inner().post_id)?;
        posts::check_author(&self.0, &caller, id).await?;
        Ok(Response::new(proto::CheckPostAuthorResponse {}))
    }

    async fn update_post(
        &self,
        request: Request<proto::UpdatePostRequest>,
    ) -> Result<Response<proto::UpdatePostResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let id = post_id(&request.post_id)?;
        let post = posts::update(&self.0, &caller, id, request.try_into()?).await?;
        Ok(Response::new(proto::UpdatePostResponse {
            post: Some(post.into()),
        }))
    }

    async fn delete_post(
        &self,
        request: Request<proto::DeletePostRequest>,
    ) -> Result<Response<proto::DeletePostResponse>, Status> {
        let caller = somebody(&request)?;
        let id = post_id(&request.into_inner().post_id)?;
        posts::delete(&self.0, &caller, id).await?;
        Ok(Response::new(proto::DeletePostResponse {}))
    }

    async fn set_post_like(
        &self,
        request: Request<proto::SetPostLikeRequest>,
    ) -> Result<Response<proto::SetPostLikeResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::SetPostLikeRequest { post_id: id, liked } = request.into_inner();
        let marked = marks::like_post(&self.0, &caller, post_id(&id)?, liked).await?;
        Ok(Response::new(proto::SetPostLikeResponse {
            liked: marked.is_set,
            like_count: marked.count,
        }))
    }

    async fn set_post_save(
        &self,
        request: Request<proto::SetPostSaveRequest>,
    ) -> Result<Response<proto::SetPostSaveResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::SetPostSaveRequest { post_id: id, saved } = request.into_inner();
        let marked = marks::save_post(&self.0, &caller, post_id(&id)?, saved).await?;
        Ok(Response::new(proto::SetPostSaveResponse {
            saved: marked.is_set,
            save_count: marked.count,
        }))
    }

    async fn list_posts(
        &self,
        request: Request<proto::ListPostsRequest>,
    ) -> Result<Response<proto::ListPostsResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::ListPostsRequest {
            of,
            page_size,
            page_token,
        } = request.into_inner();
        let feed = feed(of)?;
        let (posts, next_page_token) =
            feeds::list(&self.0, &caller, &feed, page_size, &page_token).await?;
        Ok(Response::new(proto::ListPostsResponse {
            posts: posts.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn search_posts(
        &self,
        request: Request<proto::SearchPostsRequest>,
    ) -> Result<Response<proto::SearchPostsResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::SearchPostsRequest {
            query,
            university,
            r#type: kind,
            highlight,
            page_size,
            page_token,
        } = request.into_inner();
        let search = Search {
            query,
            university,
            kind,
            highlight,
        };
        let (posts, next_page_token) =
            feeds::search(&self.0, &caller, &search, page_size, &page_token).await?;
        Ok(Response::new(proto::SearchPostsResponse {
            posts: posts.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn report_post(
        &self,
        request: Request<proto::ReportPostRequest>,
    ) -> Result<Response<proto::ReportPostResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::ReportPostRequest {
            post_id: id,
            reason,
            description,
        } = request.into_inner();
        reports::report_post(&self.0, &caller, post_id(&id)?, &reason, &description).await?;
        Ok(Response::new(proto::ReportPostResponse {}))
    }

    async fn list_popular_searches(
        &self,
        request: Request<proto::ListPopularSearchesRequest>,
    ) -> Result<Response<proto::ListPopularSearchesResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::ListPopularSearchesRequest { days, page_size } = request.into_inner();
        let searches = feeds::popular_searches(&self.0, &caller, days, page_size).await?;
        Ok(Response::new(proto::ListPopularSearchesResponse {
            searches: searches.into_iter().map(popular_search).collect(),
        }))
    }

    type ExportContentStream = BoxStream<'static, Result<proto::ExportContentResponse, Status>>;

    async fn export_content(
        &self,
        request: Request<proto::ExportContentRequest>,
    ) -> Result<Response<Self::ExportContentStream>, Status> {
        let caller = somebody(&request)?;
        let parts = ReceiverStream::new(export::start(&self.0, &caller)?);
        let messages = parts.map(|part| part.map(Into::into).map_err(Status::from));
        Ok(Response::new(messages.boxed()))
    }
}

fn feed(of: Option<Of>) -> Result<Feed, Error> {
    Ok(match of {
        None => Feed::Everybody,
        Some(Of::Saved(true)) => Feed::Saved,
        Some(Of::Saved(false)) => return Err(Error::invalid("saved", "must be true")),
        Some(Of::University(name)) => Feed::University(name),
        Some(Of::AuthorId(id)) => Feed::Author(
            id.parse()
                .map_err(|_| Error::invalid("author_id", "is no id"))?,
        ),
        Some(Of::Hashtag(tag)) => {
            Feed::Hashtag(hashtag(&tag).ok_or_else(|| Error::invalid("hashtag", "is no hashtag"))?)
        }
    })
}
