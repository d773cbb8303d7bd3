//! `SessionService`.

use std::sync::Arc;

use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::session_service_server::SessionService;
use oruma_service_runtime::Caller;
use secrecy::SecretString;
use tonic::{Request, Response, Status};

use super::convert::time;
use crate::app::{App, google_accounts, sessions, sign_ins};
use crate::domain::session::RefreshToken;

/// Signing in, going on, signing out.
pub(super) struct Sessions(pub(super) Arc<App>);

#[tonic::async_trait]
impl SessionService for Sessions {
    async fn sign_in(
        &self,
        request: Request<proto::SignInRequest>,
    ) -> Result<Response<proto::SignInResponse>, Status> {
        let caller = Caller::of(&request)?;
        let proto::SignInRequest {
            email,
            password,
            verification_code,
        } = request.into_inner();
        let code = Some(verification_code).filter(|code| !code.is_empty());
        let password = SecretString::from(password);
        let (user, tokens) =
            sign_ins::sign_in(&self.0, &caller, &email, &password, code.as_deref()).await?;
        Ok(Response::new(proto::SignInResponse {
            user: Some(user.into()),
            tokens: Some(tokens.into()),
        }))
    }

    async fn begin_google_sign_in(
        &self,
        request: Request<proto::BeginGoogleSignInRequest>,
    ) -> Result<Response<proto::BeginGoogleSignInResponse>, Status> {
        let caller = Caller::of(&request)?;
        let redirect_uri = request.into_inner().redirect_uri;
        let (url, state) = google_accounts::begin(&self.0, &caller, &redirect_uri).await?;
        Ok(Response::new(proto::BeginGoogleSignInResponse {
            authorization_url: url.into(),
            state,
        }))
    }

    async fn finish_google_sign_in(
        &self,
        request: Request<proto::FinishGoogleSignInRequest>,
    ) -> Result<Response<proto::FinishGoogleSignInResponse>, Status> {
        let caller = Caller::of(&request)?;
        let proto::FinishGoogleSignInRequest {
            state,
            code,
            verification_code,
        } = request.into_inner();
        let factor = Some(verification_code).filter(|code| !code.is_empty());
        let (user, tokens) =
            google_accounts::finish(&self.0, &caller, &state, &code, factor.as_deref()).await?;
        Ok(Response::new(proto::FinishGoogleSignInResponse {
            user: Some(user.into()),
            tokens: Some(tokens.into()),
        }))
    }

    async fn refresh(
        &self,
        request: Request<proto::RefreshRequest>,
    ) -> Result<Response<proto::RefreshResponse>, Status> {
        let caller = Caller::of(&request)?;
        let token = RefreshToken::received(request.into_inner().refresh_token);
        let tokens = sessions::refresh(&self.0, &caller, &token).await?;
        Ok(Response::new(proto::RefreshResponse {
            tokens: Some(tokens.into()),
        }))
    }

    async fn sign_out(
        &self,
        request: Request<proto::SignOutRequest>,
    ) -> Result<Response<proto::SignOutResponse>, Status> {
        let caller = Caller::of(&request)?;
        let token = request.into_inner().refresh_token;
        let token = (!token.is_empty()).then(|| RefreshToken::received(token));
        sessions::sign_out(&self.0, &caller, token.as_ref()).await?;
        Ok(Response::new(proto::SignOutResponse {}))
    }

    async fn check_session(
        &self,
        request: Request<proto::CheckSessionRequest>,
    ) -> Result<Response<proto::CheckSessionResponse>, Status> {
        let active = match request.into_inner().session_id.parse() {
            Ok(session) => sessions::is_active(&self.0, session).await?,
            Err(_) => false,
        };
        Ok(Response::new(proto::CheckSessionResponse { active }))
    }

    async fn list_revoked_sessions(
        &self,
        request: Request<proto::ListRevokedSessionsRequest>,
    ) -> Result<Response<proto::ListRevokedSessionsResponse>, Status> {
        let request = request.into_inner();
        let since = request.since.and_then(time);
        let (page, next_page_token) =
            sessions::revoked_since(&self.0, since, request.page_size, &request.page_token).await?;
        Ok(Response::new(proto::ListRevokedSessionsResponse {
            sessions: page.iter().map(Into::into).collect(),
            next_page_token,
        }))
    }
}
