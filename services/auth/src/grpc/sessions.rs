//! `SessionService`.

use std::sync::Arc;

use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::session_service_server::SessionService;
use oruma_service_runtime::Caller;
use secrecy::SecretString;
use tonic::{Request, Response, Status};

use super::convert::time;
use crate::app::{App, sessions};
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
        let proto::SignInRequest { email, password } = request.into_inner();
        let password = SecretString::from(password);
        let (user, tokens) = sessions::sign_in(&self.0, &caller, &email, &password).await?;
        Ok(Response::new(proto::SignInResponse {
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
