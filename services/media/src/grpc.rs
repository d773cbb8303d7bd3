//! Thin adapters: decode, call the use case, encode.

mod convert;
mod files;
mod images;

use std::sync::Arc;

use oruma_proto::media::v1::file_service_server::FileServiceServer;
use oruma_proto::media::v1::image_service_server::ImageServiceServer;
use tonic::service::Routes;

use crate::app::App;

/// Everything that this service answers.
pub fn routes(app: &Arc<App>) -> Routes {
    let images = images::Images(Arc::clone(app));
    let files = files::Files(Arc::clone(app));
    Routes::default()
        .add_service(ImageServiceServer::new(images))
        .add_service(FileServiceServer::new(files))
}
