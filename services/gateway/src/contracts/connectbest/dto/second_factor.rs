//! What a person shows besides the password.

use oruma_proto::auth::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::user::unless_empty;
use crate::failure::Failure;

/// Body of `POST /api/auth/2fa/enable`.
#[derive(Deserialize, ToSchema)]
pub(in super::super) struct EnableSmsBody {
    /// Where codes are sent, in E.164.
    #[schema(example = "+33612345678")]
    phone: Option<String>,
    /// The password, where one changes a second factor that is on.
    password: Option<String>,
    /// Or a code of it.
    code: Option<String>,
}

/// Body of `POST /api/auth/2fa/totp` and `POST /api/auth/2fa/disable`: what shows that it is the person.
#[derive(Deserialize, ToSchema)]
pub(in super::super) struct ProofBody {
    /// The password.
    password: Option<String>,
    /// Or a code, or a recovery code.
    code: Option<String>,
}

/// Body of `POST /api/auth/2fa/verify`.
#[derive(Deserialize, ToSchema)]
pub(in super::super) struct VerifyBody {
    /// Six digits.
    #[schema(example = "123456")]
    code: Option<String>,
    /// `sms`, which is meant when it is missing, or `totp`.
    #[schema(example = "totp")]
    method: Option<String>,
}

/// Answer of `GET /api/auth/2fa`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct SecondFactor {
    /// Whether sign-ins ask for a code.
    enabled: bool,
    /// Whether codes are sent to a phone.
    sms: bool,
    /// Whether codes of an authenticator program are asked for.
    totp: bool,
    /// Where codes are sent.
    #[schema(required)]
    phone: Option<String>,
    /// Recovery codes that are left.
    recovery_codes_left: i64,
}

/// Answer of `POST /api/auth/2fa/totp`: what goes into the authenticator program, shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct TotpSecret {
    /// In base 32, to be typed in.
    secret: String,
    /// The same as a link, for a QR code.
    otpauth_url: String,
}

/// Answer of `POST /api/auth/2fa/verify`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Verified {
    #[schema(example = true)]
    success: bool,
    /// Each works once in place of a code. Shown this once; empty for who has some already.
    recovery_codes: Vec<String>,
}

impl From<EnableSmsBody> for proto::EnableSmsRequest {
    fn from(body: EnableSmsBody) -> Self {
        let EnableSmsBody {
            phone,
            password,
            code,
        } = body;
        Self {
            phone: phone.unwrap_or_default(),
            password: password.unwrap_or_default(),
            code: code.unwrap_or_default(),
        }
    }
}

impl From<ProofBody> for proto::EnableTotpRequest {
    fn from(body: ProofBody) -> Self {
        let ProofBody { password, code } = body;
        Self {
            password: password.unwrap_or_default(),
            code: code.unwrap_or_default(),
        }
    }
}

impl From<ProofBody> for proto::DisableSecondFactorRequest {
    fn from(body: ProofBody) -> Self {
        let ProofBody { password, code } = body;
        Self {
            password: password.unwrap_or_default(),
            code: code.unwrap_or_default(),
        }
    }
}

impl TryFrom<VerifyBody> for proto::ConfirmSecondFactorRequest {
    type Error = Failure;

    fn try_from(body: VerifyBody) -> Result<Self, Failure> {
        let VerifyBody { code, method } = body;
        let method = match method.as_deref() {
            None | Some("sms") => proto::SecondFactorMethod::Sms,
            Some("totp") => proto::SecondFactorMethod::Totp,
            Some(_) => return Err(Failure::invalid("method", "must be sms or totp")),
        };
        Ok(Self {
            method: method.into(),
            code: code.unwrap_or_default(),
        })
    }
}

impl From<proto::GetSecondFactorResponse> for SecondFactor {
    fn from(known: proto::GetSecondFactorResponse) -> Self {
        let proto::GetSecondFactorResponse {
            totp,
            sms,
            phone,
            recovery_codes_left,
        } = known;
        Self {
            enabled: sms || totp,
            sms,
            totp,
            phone: unless_empty(phone),
            recovery_codes_left,
        }
    }
}

impl From<proto::EnableTotpResponse> for TotpSecret {
    fn from(made: proto::EnableTotpResponse) -> Self {
        let proto::EnableTotpResponse {
            secret,
            otpauth_url,
        } = made;
        Self {
            secret,
            otpauth_url,
        }
    }
}

impl From<proto::ConfirmSecondFactorResponse> for Verified {
    fn from(confirmed: proto::ConfirmSecondFactorResponse) -> Self {
        let proto::ConfirmSecondFactorResponse { recovery_codes } = confirmed;
        Self {
            success: true,
            recovery_codes,
        }
    }
}
