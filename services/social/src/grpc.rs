//! Thin adapters: decode, call the use case, encode.

mod blocks;
mod comments;
mod convert;
mod posts;
mod reports;

use std::sync::Arc;

use oruma_proto::social::v1::block_service_server::BlockServiceServer;
use oruma_proto::social::v1::comment_service_server::CommentServiceServer;
use oruma_proto::social::v1::post_service_server::PostServiceServer;
use oruma_proto::social::v1::report_service_server::ReportServiceServer;
use tonic::service::Routes;

use crate::app::App;

/// Everything that this service answers.
pub fn routes(app: &Arc<App>) -> Routes {
    Routes::default()
        .add_service(PostServiceServer::new(posts::Posts(Arc::clone(app))))
        .add_service(CommentServiceServer::new(comments::Comments(Arc::clone(
            app,
        ))))
        .add_service(BlockServiceServer::new(blocks::Blocks(Arc::clone(app))))
        .add_service(ReportServiceServer::new(reports::Reports(Arc::clone(app))))
}
