//! How services know each other.

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::{Request, Status};

use crate::{ConfigError, Env};

/// Shorter ones could be guessed.
const SHORTEST: usize = 32;

/// The secret that callers of a service must hold (`INTERNAL_GRPC_TOKEN`).
#[derive(Debug, Clone)]
pub struct InternalCredential(SecretString);

impl InternalCredential {
    /// Takes the secret; ASCII without spaces, at least 32 characters.
    ///
    /// # Errors
    /// [`ConfigError`] for a secret that is too short or can't be sent in a header.
    pub fn new(secret: SecretString) -> Result<Self, ConfigError> {
        let text = secret.expose_secret();
        if text.len() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ConfigError::new(
                "INTERNAL_GRPC_TOKEN",
                "must have at least 32 characters, visible ASCII only",
            ));
        }
        Ok(Self(secret))
    }

    /// Reads `INTERNAL_GRPC_TOKEN`.
    ///
    /// # Errors
    /// [`ConfigError`] when it is missing or too weak.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Self::new(env.required_secret("INTERNAL_GRPC_TOKEN")?)
    }

    /// The bytes of the secret, to derive other keys from.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    /// Shows the credential on each call of a client.
    #[must_use]
    pub fn shown(&self) -> ShowCredential {
        // `new` took visible ASCII only, which a header always holds.
        let mut value: MetadataValue<Ascii> = self
            .bearer()
            .parse()
            .unwrap_or_else(|_| MetadataValue::from_static(""));
        value.set_sensitive(true);
        ShowCredential(value)
    }

    /// Refuses calls of a server that don't show it.
    #[must_use]
    pub fn demanded(&self) -> DemandCredential {
        DemandCredential(SecretString::from(self.bearer()))
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.0.expose_secret())
    }
}

/// Adds the credential to each call.
#[derive(Debug, Clone)]
pub struct ShowCredential(MetadataValue<Ascii>);

impl Interceptor for ShowCredential {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request
            .metadata_mut()
            .insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// Refuses each call without the credential.
#[derive(Debug, Clone)]
pub struct DemandCredential(SecretString);

impl Interceptor for DemandCredential {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let shown = request
            .metadata()
            .get("authorization")
            .is_some_and(|value| {
                value
                    .as_bytes()
                    .ct_eq(self.0.expose_secret().as_bytes())
                    .into()
            });
        if shown {
            Ok(request)
        } else {
            Err(Status::unauthenticated(
                "the call shows no internal credential",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(secret: &str) -> InternalCredential {
        InternalCredential::new(SecretString::from(secret)).unwrap()
    }

    #[test]
    fn only_the_holder_gets_in() {
        let ours = credential("0123456789abcdef0123456789abcdef");
        let other = credential("0123456789abcdef0123456789abcdeX");
        let call = |shown: &InternalCredential| {
            let request = shown.shown().call(Request::new(())).unwrap();
            ours.demanded().call(request)
        };
        assert!(call(&ours).is_ok());
        assert!(call(&other).is_err());
        assert!(ours.demanded().call(Request::new(())).is_err());
    }

    #[test]
    fn a_guessable_one_is_refused() {
        assert!(InternalCredential::new(SecretString::from("short")).is_err());
    }
}
