//! `AccountService`.

use std::sync::Arc;

use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::account_service_server::AccountService;
use oruma_service_runtime::Caller;
use secrecy::SecretString;
use tonic::{Request, Response, Status};

use crate::app::{App, accounts, email_codes, password_resets, suspensions};
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

    async fn suspend_user(
        &self,
        request: Request<proto::SuspendUserRequest>,
    ) -> Result<Response<proto::SuspendUserResponse>, Status> {
        let caller = Caller::of(&request)?;
        let proto::SuspendUserRequest { user_id, reason } = request.into_inner();
        suspensions::suspend(&self.0, &caller, &user_id, &reason).await?;
        Ok(Response::new(proto::SuspendUserResponse {}))
    }

    async fn activate_user(
        &self,
        request: Request<proto::ActivateUserRequest>,
    ) -> Result<Response<proto::ActivateUserResponse>, Status> {
        let caller = Caller::of(&request)?;
        suspensions::activate(&self.0, &caller, &request.into_inner().user_id).await?;
        Ok(Response::new(proto::ActivateUserResponse {}))
    }

    async fn verify_email(
        &self,
        request: Request<proto::VerifyEmailRequest>,
    ) -> Result<Response<proto::VerifyEmailResponse>, Status> {
        let caller = Caller::of(&request)?;
        let proto::VerifyEmailRequest { email, code } = request.into_inner();
        email_codes::verify(&self.0, &caller, &email, &code).await?;
        Ok(Response::new(proto::VerifyEmailResponse {}))
    }

    async fn resend_verification(
        &self,
        request: Request<proto::ResendVerificationRequest>,
    ) -> Result<Response<proto::ResendVerificationResponse>, Status> {
        let caller = Caller::of(&request)?;
        email_codes::resend(&self.0, &caller, &request.into_inner().email).await?;
        Ok(Response::new(proto::ResendVerificationResponse {}))
    }

    async fn request_password_reset(
        &self,
        request: Request<proto::RequestPasswordResetRequest>,
    ) -> Result<Response<proto::RequestPasswordResetResponse>, Status> {
        let caller = Caller::of(&request)?;
        password_resets::request(&self.0, &caller, &request.into_inner().email).await?;
        Ok(Response::new(proto::RequestPasswordResetResponse {}))
    }

    async fn reset_password(
        &self,
        request: Request<proto::ResetPasswordRequest>,
    ) -> Result<Response<proto::ResetPasswordResponse>, Status> {
        let caller = Caller::of(&request)?;
        let proto::ResetPasswordRequest {
            token,
            new_password,
        } = request.into_inner();
        let password = SecretString::from(new_password);
        password_resets::reset(&self.0, &caller, &token, &password).await?;
        Ok(Response::new(proto::ResetPasswordResponse {}))
    }
}

fn application(request: proto::RegisterRequest) -> Application {
    let proto::RegisterRequest {
        display_name,
        email,
        password,
        university,
        phone,
    } = request;
    Application {
        name: display_name,
        email,
        password: SecretString::from(password),
        phone,
        university,
    }
}
