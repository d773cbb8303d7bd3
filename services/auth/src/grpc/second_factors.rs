//! `SecondFactorService`.

use std::sync::Arc;

use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::second_factor_service_server::SecondFactorService;
use oruma_service_runtime::Caller;
use secrecy::{ExposeSecret, SecretString};
use tonic::{Request, Response, Status};

use crate::app::App;
use crate::app::second_factors::{self, Proof};
use crate::domain::second_factor::Method;
use crate::error::Error;

/// Switching second factors on and off.
pub(super) struct SecondFactors(pub(super) Arc<App>);

#[tonic::async_trait]
impl SecondFactorService for SecondFactors {
    async fn get_second_factor(
        &self,
        request: Request<proto::GetSecondFactorRequest>,
    ) -> Result<Response<proto::GetSecondFactorResponse>, Status> {
        let standing = second_factors::standing(&self.0, &Caller::of(&request)?).await?;
        Ok(Response::new(proto::GetSecondFactorResponse {
            totp: standing.totp,
            sms: standing.sms,
            phone: standing.phone.unwrap_or_default(),
            recovery_codes_left: standing.recovery_codes,
        }))
    }

    async fn enable_sms(
        &self,
        request: Request<proto::EnableSmsRequest>,
    ) -> Result<Response<proto::EnableSmsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let proto::EnableSmsRequest {
            phone,
            password,
            code,
        } = request.into_inner();
        second_factors::enable_sms(&self.0, &caller, &phone, &proof(password, code)).await?;
        Ok(Response::new(proto::EnableSmsResponse {}))
    }

    async fn enable_totp(
        &self,
        request: Request<proto::EnableTotpRequest>,
    ) -> Result<Response<proto::EnableTotpResponse>, Status> {
        let caller = Caller::of(&request)?;
        let proto::EnableTotpRequest { password, code } = request.into_inner();
        let enrolment =
            second_factors::enable_totp(&self.0, &caller, &proof(password, code)).await?;
        Ok(Response::new(proto::EnableTotpResponse {
            secret: enrolment.secret.expose_secret().to_owned(),
            otpauth_url: enrolment.url.expose_secret().to_owned(),
        }))
    }

    async fn confirm_second_factor(
        &self,
        request: Request<proto::ConfirmSecondFactorRequest>,
    ) -> Result<Response<proto::ConfirmSecondFactorResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let method = match request.method() {
            proto::SecondFactorMethod::Sms => Ok(Method::Sms),
            proto::SecondFactorMethod::Totp => Ok(Method::Totp),
            proto::SecondFactorMethod::Unspecified if caller.user().is_none() => {
                Err(Error::NotSignedIn)
            }
            proto::SecondFactorMethod::Unspecified => Err(Error::invalid("method", "is required")),
        }?;
        let codes = second_factors::confirm(&self.0, &caller, method, &request.code).await?;
        Ok(Response::new(proto::ConfirmSecondFactorResponse {
            recovery_codes: codes.iter().map(|code| code.expose()).collect(),
        }))
    }

    async fn disable_second_factor(
        &self,
        request: Request<proto::DisableSecondFactorRequest>,
    ) -> Result<Response<proto::DisableSecondFactorResponse>, Status> {
        let caller = Caller::of(&request)?;
        let proto::DisableSecondFactorRequest { password, code } = request.into_inner();
        second_factors::disable(&self.0, &caller, &proof(password, code)).await?;
        Ok(Response::new(proto::DisableSecondFactorResponse {}))
    }
}

fn proof(password: String, code: String) -> Proof {
    match (password.is_empty(), code.is_empty()) {
        (_, false) => Proof::Code(code),
        (false, true) => Proof::Password(SecretString::from(password)),
        (true, true) => Proof::None,
    }
}
