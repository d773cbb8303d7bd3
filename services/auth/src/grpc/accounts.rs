//! `AccountService`.

use std::sync::Arc;

use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::account_service_server::AccountService;
use oruma_service_runtime::Caller;
use secrecy::SecretString;
use tonic::{Request, Response, Status};

use crate::app::{App, accounts};
use crate::domain::account::Application;

/// Joining and leaving.
pub(super) struct Accounts(pub(super) Arc<App>);

#[tonic::async_trait]
impl AccountService for Accounts {
    async fn register(
        &self,
        request: Request<proto::RegisterRequest>,
    ) -> Result<Response<proto::RegisterResponse>, Status> {
        let caller = Caller::of(&request)?;
        let application = application(request.into_inner());
        let (user, tokens) = accounts::register(&self.0, &caller, &application).await?;
        Ok(Response::new(proto::RegisterResponse {
            user: Some(user.into()),
            tokens: Some(tokens.into()),
        }))
    }

    async fn delete_account(
        &self,
        request: Request<proto::DeleteAccountRequest>,
    ) -> Result<Response<proto::DeleteAccountResponse>, Status> {
        accounts::delete(&self.0, &Caller::of(&request)?).await?;
        Ok(Response::new(proto::DeleteAccountResponse {}))
    }

    async fn export_account(
        &self,
        request: Request<proto::ExportAccountRequest>,
    ) -> Result<Response<proto::ExportAccountResponse>, Status> {
        let document = accounts::export(&self.0, &Caller::of(&request)?).await?;
        Ok(Response::new(proto::ExportAccountResponse { document }))
    }
}

fn application(request: proto::RegisterRequest) -> Application {
    let proto::RegisterRequest {
        display_name,
        email,
        password,
        university,
    } = request;
    Application {
        name: display_name,
        email,
        password: SecretString::from(password),
        university,
    }
}
