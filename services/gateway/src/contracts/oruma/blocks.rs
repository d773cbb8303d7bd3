//! `/api/users/{userId}/block` and `/api/users/me/blocks`: additions to the contract (K-19).

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::social::v1 as proto;

use super::credentials::SignedInCaller;
use super::dto::block::BlocksPage;
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::compose::with_owners;
use crate::edge::Edge;
use crate::query::Query;

/// Blocks a person: neither of the two sees a post of the other or can write to the other.
#[utoipa::path(put, path = "/api/users/{userId}/block", tag = "users", security(("bearer" = [])), params(
    ("userId" = String, Path, description = "UUID"),
), responses(
    (status = 204, description = "The person is blocked"),
    (status = 400, description = "That is oneself", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such person", body = ErrorBody),
))]
pub(super) async fn block(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    user_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let user_id = user_id.into_inner();
    edge.people.must_know(&caller, &user_id).await?;
    let message = caller.send(proto::SetBlockRequest {
        user_id,
        blocked: true,
    });
    edge.clients.blocks.clone().set_block(message).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a block back.
#[utoipa::path(delete, path = "/api/users/{userId}/block", tag = "users", security(("bearer" = [])), params(
    ("userId" = String, Path, description = "UUID"),
), responses(
    (status = 204, description = "The person is not blocked"),
    (status = 400, description = "That is oneself", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such person", body = ErrorBody),
))]
pub(super) async fn unblock(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    user_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let user_id = user_id.into_inner();
    edge.people.must_know(&caller, &user_id).await?;
    let message = caller.send(proto::SetBlockRequest {
        user_id,
        blocked: false,
    });
    edge.clients.blocks.clone().set_block(message).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whom the caller has blocked, newest first.
#[utoipa::path(get, path = "/api/users/me/blocks", tag = "users", security(("bearer" = [])), params(
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "20 by default, 100 at the most"),
), responses(
    (status = 200, description = "A page of blocks", body = BlocksPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn list(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let message = proto::ListBlocksRequest {
        page_size: query.limit()?,
        page_token: query.text("cursor")?,
    };
    let blocks = &edge.clients.blocks;
    let page = read(async || {
        blocks
            .clone()
            .list_blocks(caller.send(message.clone()))
            .await
    })
    .await?;
    let blocks = with_owners(&edge, &caller, page.blocks, |block| &block.user_id).await?;
    Ok(HttpResponse::Ok().json(BlocksPage::new(blocks, page.next_page_token)))
}
