//! Signing in and going on.

use oruma_proto::auth::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::user::User;
use crate::failure::Failure;

/// Body of `POST /api/auth/register`.
#[derive(Deserialize, ToSchema)]
pub(in super::super) struct RegisterRequest {
    /// The name that people will see; up to 255 characters.
    #[schema(example = "Ada Lovelace")]
    name: Option<String>,
    /// The address that will sign in; up to 255 characters.
    #[schema(example = "ada@mit.edu")]
    email: Option<String>,
    /// At least 8 characters and one number.
    #[schema(example = "analytical1")]
    password: Option<String>,
    /// A university of the directory, by its name.
    #[schema(example = "Massachusetts Institute of Technology")]
    university: Option<String>,
}

/// Body of `POST /api/auth/login`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct LoginRequest {
    /// The address, in any case.
    #[schema(example = "ada@mit.edu")]
    email: Option<String>,
    /// The password.
    #[schema(example = "analytical1")]
    password: Option<String>,
    /// A code of the second factor, or a recovery code, for those who have one; without it they get a 401 `second_factor_required`.
    verification_code: Option<String>,
}

/// Body of `POST /api/auth/refresh` and `POST /api/auth/logout`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct RefreshTokenBody {
    /// The refresh token.
    pub(in super::super) refresh_token: Option<String>,
}

/// Answer of registration and sign-in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct SignedIn {
    /// The access token, good for 24 hours.
    token: String,
    /// The refresh token, good once within 30 days.
    refresh_token: String,
    /// The person.
    user: User,
}

/// Answer of a refresh.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Refreshed {
    /// The next access token.
    token: String,
    /// The next refresh token; the one that was sent is worthless now.
    refresh_token: String,
}

impl From<RegisterRequest> for proto::RegisterRequest {
    fn from(request: RegisterRequest) -> Self {
        let RegisterRequest {
            name,
            email,
            password,
            university,
        } = request;
        Self {
            display_name: name.unwrap_or_default(),
            email: email.unwrap_or_default(),
            password: password.unwrap_or_default(),
            university: university.unwrap_or_default(),
            phone: String::new(),
        }
    }
}

impl From<LoginRequest> for proto::SignInRequest {
    fn from(request: LoginRequest) -> Self {
        let LoginRequest {
            email,
            password,
            verification_code,
        } = request;
        Self {
            email: email.unwrap_or_default(),
            password: password.unwrap_or_default(),
            verification_code: verification_code.unwrap_or_default(),
        }
    }
}

impl SignedIn {
    /// Both parts of the answer are always there; a service that leaves one out is at fault.
    pub(in super::super) fn from_proto(
        user: Option<proto::User>,
        tokens: Option<proto::Tokens>,
    ) -> Result<Self, Failure> {
        let user = user.ok_or_else(Failure::internal)?;
        let Refreshed {
            token,
            refresh_token,
        } = Refreshed::from_proto(tokens)?;
        Ok(Self {
            token,
            refresh_token,
            user: user.into(),
        })
    }
}

impl Refreshed {
    pub(in super::super) fn from_proto(tokens: Option<proto::Tokens>) -> Result<Self, Failure> {
        let proto::Tokens {
            access_token,
            refresh_token,
            access_expires_at: _,
            refresh_expires_at: _,
        } = tokens.ok_or_else(Failure::internal)?;
        Ok(Self {
            token: access_token,
            refresh_token,
        })
    }
}
