//! `/api/posts` (O-011…O-017, O-022…O-024).

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::social::v1 as proto;
use oruma_proto::social::v1::list_posts_request::Of;
use oruma_service_runtime::Caller;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::post::{CreatedPost, Liked, Post, PostRequest, PostsPage, Saved};
use super::dto::report::{Nothing, ReportRequest};
use super::error::{ApiError, ErrorBody};
use super::submission::Submission;
use crate::clients::read;
use crate::compose::{with_owner, with_owners};
use crate::edge::Edge;
use crate::forms::is_form;
use crate::query::Query;

/// The feed: posts of the people of one's own university, newest first.
#[utoipa::path(get, path = "/api/posts", tag = "posts", security(("bearer" = [])), params(
    ("university" = Option<String>, Query, description = "Another university by its name, or `all`"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of posts", body = PostsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn feed(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let own = caller
        .signed_in
        .as_ref()
        .map(|signed_in| signed_in.university.clone())
        .unwrap_or_default();
    let university = match query.text("university")? {
        wanted if wanted.is_empty() => own,
        wanted if wanted == "all" => String::new(),
        wanted => wanted,
    };
    let of = Some(university).filter(|name| !name.is_empty());
    list(&edge, &caller, of.map(Of::University), &query).await
}

/// Posts with a hashtag, of all universities, newest first.
#[utoipa::path(get, path = "/api/posts/hashtag/{hashtag}", tag = "posts", security(("bearer" = [])), params(
    ("hashtag" = String, Path, description = "With or without `#`, in any case"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of posts", body = PostsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn by_hashtag(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    hashtag: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let of = Of::Hashtag(hashtag.into_inner());
    list(&edge, &caller, Some(of), &Query::of(&request)).await
}

/// The posts of a person, newest first.
#[utoipa::path(get, path = "/api/users/{userId}/posts", tag = "posts", security(("bearer" = [])), params(
    ("userId" = String, Path, description = "UUID"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of posts", body = PostsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such person", body = ErrorBody),
))]
pub(super) async fn by_author(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    user_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let user_id = user_id.into_inner();
    edge.people.must_know(&caller, &user_id).await?;
    let of = Of::AuthorId(user_id);
    list(&edge, &caller, Some(of), &Query::of(&request)).await
}

async fn list(
    edge: &Edge,
    caller: &Caller,
    of: Option<Of>,
    query: &Query,
) -> Result<HttpResponse, ApiError> {
    let message = proto::ListPostsRequest {
        of,
        page_size: query.limit()?,
        page_token: query.text("cursor")?,
    };
    let posts = &edge.clients.posts;
    let page = read(async || posts.clone().list_posts(caller.send(message.clone())).await).await?;
    show(edge, caller, page.posts, page.next_page_token).await
}

async fn show(
    edge: &Edge,
    caller: &Caller,
    posts: Vec<proto::Post>,
    next_page_token: String,
) -> Result<HttpResponse, ApiError> {
    let posts = with_owners(edge, caller, posts, |post| &post.author_id).await?;
    let page = PostsPage::new(posts, next_page_token, &edge.config.public_url);
    Ok(HttpResponse::Ok().json(page))
}

/// Searches the posts of all universities by their words, best first, newest first among equals.
#[utoipa::path(get, path = "/api/posts/search", tag = "posts", security(("bearer" = [])), params(
    ("q" = Option<String>, Query, description = "Words, \"phrases\", `or`, `-without`; nothing is found without any"),
    ("university" = Option<String>, Query, description = "Only of this university"),
    ("type" = Option<String>, Query, description = "Only study, food, achievement, event or general"),
    ("highlight" = Option<bool>, Query, description = "`true` to show where the words are"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of posts", body = PostsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn search(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let message = proto::SearchPostsRequest {
        query: query.text("q")?,
        university: query.text("university")?,
        r#type: query.text("type")?,
        highlight: query.flag("highlight")?,
        page_size: query.limit()?,
        page_token: query.text("cursor")?,
    };
    let posts = &edge.clients.posts;
    let page = read(async || {
        posts
            .clone()
            .search_posts(caller.send(message.clone()))
            .await
    })
    .await?;
    show(&edge, &caller, page.posts, page.next_page_token).await
}

/// Writes a post, with JSON or, to send images along, with a form.
#[utoipa::path(post, path = "/api/posts", tag = "posts", security(("bearer" = [])), params(
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), request_body(content(
    (PostRequest = "application/json"),
    (PostRequest = "multipart/form-data"),
)), responses(
    (status = 201, description = "The post", body = CreatedPost),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 413, description = "A file is too large", body = ErrorBody),
    (status = 422, description = "A field has the wrong type, or the key stood for another request", body = ErrorBody),
))]
pub(super) async fn create(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let submission = Submission::<PostRequest>::read(&edge, &caller, &request, payload).await?;
    let message = submission
        .fields
        .into_create(submission.images.unwrap_or_default());
    let created = edge
        .clients
        .posts
        .clone()
        .create_post(caller.send(message))
        .await;
    let post = submission.uploads.kept_if(created).await?.into_inner().post;
    let post = with_owner(&edge, &caller, post, |post| &post.author_id).await?;
    Ok(HttpResponse::Created().json(CreatedPost {
        post: Post::new(post, &edge.config.public_url),
    }))
}

/// One post.
#[utoipa::path(get, path = "/api/posts/{postId}", tag = "posts", security(("bearer" = [])), params(
    ("postId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "The post", body = Post),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such post", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    post_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = proto::GetPostRequest {
        post_id: post_id.into_inner(),
    };
    let posts = &edge.clients.posts;
    let found = read(async || posts.clone().get_post(caller.send(message.clone())).await).await?;
    let post = with_owner(&edge, &caller, found.post, |post| &post.author_id).await?;
    Ok(HttpResponse::Ok().json(Post::new(post, &edge.config.public_url)))
}

/// Changes one's own post; what is absent stays.
#[utoipa::path(put, path = "/api/posts/{postId}", tag = "posts", security(("bearer" = [])), params(
    ("postId" = String, Path, description = "UUID"),
), request_body(content(
    (PostRequest = "application/json"),
    (PostRequest = "multipart/form-data"),
)), responses(
    (status = 200, description = "The post now", body = Post),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else's post", body = ErrorBody),
    (status = 404, description = "There is no such post", body = ErrorBody),
    (status = 413, description = "A file is too large", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn update(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    post_id: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let post_id = post_id.into_inner();
    let posts = &edge.clients.posts;
    if is_form(&request) {
        // Whoever may not change it need not send files.
        let message = proto::CheckPostAuthorRequest {
            post_id: post_id.clone(),
        };
        read(async || {
            posts
                .clone()
                .check_post_author(caller.send(message.clone()))
                .await
        })
        .await?;
    }
    let submission = Submission::<PostRequest>::read(&edge, &caller, &request, payload).await?;
    let message = submission.fields.into_update(post_id, submission.images);
    let updated = posts.clone().update_post(caller.send(message)).await;
    let post = submission.uploads.kept_if(updated).await?.into_inner().post;
    let post = with_owner(&edge, &caller, post, |post| &post.author_id).await?;
    Ok(HttpResponse::Ok().json(Post::new(post, &edge.config.public_url)))
}

/// Removes one's own post, with its comments, likes and saves.
#[utoipa::path(delete, path = "/api/posts/{postId}", tag = "posts", security(("bearer" = [])), params(
    ("postId" = String, Path, description = "UUID"),
), responses(
    (status = 204, description = "The post is gone"),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else's post", body = ErrorBody),
    (status = 404, description = "There is no such post", body = ErrorBody),
))]
pub(super) async fn delete(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    post_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::DeletePostRequest {
        post_id: post_id.into_inner(),
    });
    edge.clients.posts.clone().delete_post(message).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Likes a post, or takes the like back.
#[utoipa::path(post, path = "/api/posts/{postId}/like", tag = "posts", security(("bearer" = [])), params(
    ("postId" = String, Path, description = "UUID"),
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), responses(
    (status = 200, description = "What it is now", body = Liked),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such post", body = ErrorBody),
))]
pub(super) async fn like(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    post_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::SetPostLikeRequest {
        post_id: post_id.into_inner(),
        liked: None,
    });
    let now = edge.clients.posts.clone().set_post_like(message).await?;
    let proto::SetPostLikeResponse { liked, like_count } = now.into_inner();
    Ok(HttpResponse::Ok().json(Liked {
        liked,
        likes_count: like_count,
    }))
}

/// Saves a post for later, or takes that back.
#[utoipa::path(post, path = "/api/posts/{postId}/save", tag = "posts", security(("bearer" = [])), params(
    ("postId" = String, Path, description = "UUID"),
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), responses(
    (status = 200, description = "What it is now", body = Saved),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such post", body = ErrorBody),
))]
pub(super) async fn save(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    post_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::SetPostSaveRequest {
        post_id: post_id.into_inner(),
        saved: None,
    });
    let now = edge.clients.posts.clone().set_post_save(message).await?;
    let proto::SetPostSaveResponse {
        saved,
        save_count: _,
    } = now.into_inner();
    Ok(HttpResponse::Ok().json(Saved { saved }))
}

/// Tells moderators of a post.
#[utoipa::path(post, path = "/api/posts/{postId}/report", tag = "posts", security(("bearer" = [])), params(
    ("postId" = String, Path, description = "UUID"),
), request_body = ReportRequest, responses(
    (status = 200, description = "Noted", body = Nothing),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such post", body = ErrorBody),
))]
pub(super) async fn report(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    post_id: Path<String>,
    Json(ReportRequest {
        reason,
        description,
    }): Json<ReportRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::ReportPostRequest {
        post_id: post_id.into_inner(),
        reason: reason.unwrap_or_default(),
        description: description.unwrap_or_default(),
    });
    edge.clients.posts.clone().report_post(message).await?;
    Ok(HttpResponse::Ok().json(Nothing {}))
}
