//! Thin adapters: decode, call the use case, encode.

mod convert;
mod items;

use std::sync::Arc;

use oruma_proto::marketplace::v1::item_service_server::ItemServiceServer;
use tonic::service::Routes;

use crate::app::App;

/// Everything that this service answers.
pub fn routes(app: &Arc<App>) -> Routes {
    Routes::default().add_service(ItemServiceServer::new(items::Items(Arc::clone(app))))
}
