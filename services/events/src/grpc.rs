//! Thin adapters: decode, call the use case, encode.

mod convert;
mod events;
mod registrations;

use std::sync::Arc;

use oruma_proto::events::v1::event_service_server::EventServiceServer;
use oruma_proto::events::v1::registration_service_server::RegistrationServiceServer;
use tonic::service::Routes;

use crate::app::App;

/// Everything that this service answers.
pub fn routes(app: &Arc<App>) -> Routes {
    let registrations = registrations::Registrations(Arc::clone(app));
    Routes::default()
        .add_service(EventServiceServer::new(events::Events(Arc::clone(app))))
        .add_service(RegistrationServiceServer::new(registrations))
}
