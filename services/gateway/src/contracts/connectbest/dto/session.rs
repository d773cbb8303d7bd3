//! Joining, signing in and going on.

use oruma_proto::auth::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::user::User;
use crate::failure::Failure;

/// Body of `POST /api/auth/register`.
#[derive(Deserialize, ToSchema)]
pub(in super::super) struct RegisterRequest {
    /// The address that will sign in; up to 255 characters.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// At least 8 characters, with an upper-case and a lower-case letter and a number.
    #[schema(example = "Analytical1")]
    password: Option<String>,
    /// The name that people will see; at least 2 characters.
    #[schema(example = "Ada Lovelace")]
    name: Option<String>,
    /// In E.164.
    #[schema(example = "+33612345678")]
    phone: Option<String>,
}

/// Body of `POST /api/auth/login`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct LoginRequest {
    /// The address, in any case.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// The password.
    #[schema(example = "Analytical1")]
    password: Option<String>,
    /// A code of the second factor, or a recovery code, for those who have one.
    verification_code: Option<String>,
}

/// Body of `POST /api/auth/refresh`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct RefreshTokenBody {
    /// The refresh token.
    pub(in super::super) refresh_token: Option<String>,
}

/// Body of `POST /api/auth/callback/google`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct GoogleCodeRequest {
    /// What came with `second_factor_required`.
    pub(in super::super) state: Option<String>,
    /// A code of the second factor, or a recovery code.
    pub(in super::super) verification_code: Option<String>,
}

/// Answer of the registration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Registered {
    user: NewUser,
    /// The access token, good for 7 days.
    token: String,
    /// The refresh token, good once within 30 days. An addition.
    refresh_token: String,
    #[schema(example = "Verification email sent to ada@example.com")]
    message: String,
}

/// Somebody who has just joined.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewUser {
    /// UUID.
    id: String,
    /// The address that signs in.
    email: String,
    /// The name that people see.
    name: String,
    /// `user`, or `admin`.
    role: &'static str,
    /// In E.164.
    #[schema(required)]
    phone: Option<String>,
    /// Not yet.
    email_verified: bool,
    /// ISO 8601.
    created_at: String,
}

/// Answer of the sign-in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct SignedIn {
    user: SignedInUser,
    /// The access token, good for 7 days.
    token: String,
    /// The refresh token, good once within 30 days. An addition.
    refresh_token: String,
}

/// The person who has signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SignedInUser {
    /// UUID.
    id: String,
    /// The address that signs in.
    email: String,
    /// The name that people see.
    name: String,
    /// `admin` or `user`.
    role: &'static str,
    /// In E.164.
    #[schema(required)]
    phone: Option<String>,
    /// Where the picture is.
    #[schema(required)]
    image: Option<String>,
    /// Whether the person has shown that the address is theirs.
    email_verified: bool,
    /// `online` from now on.
    status: &'static str,
    /// The message beside that.
    #[schema(required)]
    status_message: Option<String>,
}

/// Answer of a refresh.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Refreshed {
    /// The next access token.
    pub(in super::super) token: String,
    /// The next refresh token; the one that was sent is worthless now.
    pub(in super::super) refresh_token: String,
}

impl From<RegisterRequest> for proto::RegisterRequest {
    fn from(request: RegisterRequest) -> Self {
        let RegisterRequest {
            email,
            password,
            name,
            phone,
        } = request;
        Self {
            display_name: name.unwrap_or_default(),
            email: email.unwrap_or_default(),
            password: password.unwrap_or_default(),
            university: String::new(),
            phone: phone.unwrap_or_default(),
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

impl Registered {
    /// Both parts of the answer are always there; a service that leaves one out is at fault.
    pub(in super::super) fn from_proto(
        user: Option<proto::User>,
        tokens: Option<proto::Tokens>,
    ) -> Result<Self, Failure> {
        let user = User::from_proto(user.ok_or_else(Failure::internal)?);
        let Refreshed {
            token,
            refresh_token,
        } = Refreshed::from_proto(tokens)?;
        let User {
            id,
            email,
            name,
            role,
            phone,
            image: _,
            status: _,
            status_message: _,
            email_verified,
            preferences: _,
            created_at,
        } = user;
        Ok(Self {
            message: format!("Verification email sent to {email}"),
            user: NewUser {
                id,
                email,
                name,
                role,
                phone,
                email_verified,
                created_at,
            },
            token,
            refresh_token,
        })
    }
}

impl SignedIn {
    /// As [`Registered::from_proto`].
    pub(in super::super) fn from_proto(
        user: Option<proto::User>,
        tokens: Option<proto::Tokens>,
    ) -> Result<Self, Failure> {
        let user = User::from_proto(user.ok_or_else(Failure::internal)?);
        let Refreshed {
            token,
            refresh_token,
        } = Refreshed::from_proto(tokens)?;
        let User {
            id,
            email,
            name,
            role,
            phone,
            image,
            status,
            status_message,
            email_verified,
            preferences: _,
            created_at: _,
        } = user;
        Ok(Self {
            user: SignedInUser {
                id,
                email,
                name,
                role,
                phone,
                image,
                email_verified,
                status,
                status_message,
            },
            token,
            refresh_token,
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
