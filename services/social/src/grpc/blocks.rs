//! `BlockService`.

use std::sync::Arc;

use oruma_proto::social::v1 as proto;
use oruma_proto::social::v1::block_service_server::BlockService;
use tonic::{Request, Response, Status};

use super::convert::somebody;
use crate::app::{App, blocks};
use crate::error::Error;

/// Who wants nothing to do with whom.
pub(super) struct Blocks(pub(super) Arc<App>);

#[tonic::async_trait]
impl BlockService for Blocks {
    async fn set_block(
        &self,
        request: Request<proto::SetBlockRequest>,
    ) -> Result<Response<proto::SetBlockResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::SetBlockRequest { user_id, blocked } = request.into_inner();
        let other = user_id
            .parse()
            .map_err(|_| Error::invalid("user_id", "is no id"))?;
        blocks::set(&self.0, &caller, other, blocked).await?;
        Ok(Response::new(proto::SetBlockResponse {}))
    }

    async fn list_blocks(
        &self,
        request: Request<proto::ListBlocksRequest>,
    ) -> Result<Response<proto::ListBlocksResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::ListBlocksRequest {
            page_size,
            page_token,
        } = request.into_inner();
        let (blocks, next_page_token) =
            blocks::list(&self.0, &caller, page_size, &page_token).await?;
        Ok(Response::new(proto::ListBlocksResponse {
            blocks: blocks.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }
}
