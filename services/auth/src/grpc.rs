//! Thin adapters: decode, call the use case, encode.

mod accounts;
mod api_keys;
mod convert;
mod second_factors;
mod sessions;
mod universities;
mod users;

use std::sync::Arc;

use oruma_proto::auth::v1::account_service_server::AccountServiceServer;
use oruma_proto::auth::v1::api_key_service_server::ApiKeyServiceServer;
use oruma_proto::auth::v1::second_factor_service_server::SecondFactorServiceServer;
use oruma_proto::auth::v1::session_service_server::SessionServiceServer;
use oruma_proto::auth::v1::university_service_server::UniversityServiceServer;
use oruma_proto::auth::v1::user_service_server::UserServiceServer;
use tonic::service::Routes;

use crate::app::App;

/// Everything that this service answers.
pub fn routes(app: &Arc<App>) -> Routes {
    Routes::default()
        .add_service(AccountServiceServer::new(accounts::Accounts(Arc::clone(
            app,
        ))))
        .add_service(SessionServiceServer::new(sessions::Sessions(Arc::clone(
            app,
        ))))
        .add_service(ApiKeyServiceServer::new(api_keys::ApiKeys(Arc::clone(app))))
        .add_service(SecondFactorServiceServer::new(
            second_factors::SecondFactors(Arc::clone(app)),
        ))
        .add_service(UserServiceServer::new(users::Users(Arc::clone(app))))
        .add_service(UniversityServiceServer::new(universities::Universities(
            Arc::clone(app),
        )))
}
