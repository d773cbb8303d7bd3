//! Google, or whoever else speaks OpenID Connect at `GOOGLE_ISSUER_URL`: authorisation code with PKCE, and the identity that it brings.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use oruma_service_runtime::{ConfigError, Env};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use url::Url;

/// The longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// An answer beyond this is none.
const LARGEST_ANSWER: usize = 256 * 1024;
/// How far the clocks of two machines may be apart.
const SKEW: TimeDelta = TimeDelta::seconds(60);

/// The provider, and who we are to it.
#[derive(Debug, Clone)]
pub struct GoogleConfig {
    /// `GOOGLE_CLIENT_ID`.
    pub client_id: String,
    /// `GOOGLE_CLIENT_SECRET`.
    pub client_secret: SecretString,
    /// `GOOGLE_ISSUER_URL`: `https://accounts.google.com` by default.
    pub issuer: Url,
}

impl GoogleConfig {
    /// Reads the variables; `None` without `GOOGLE_CLIENT_ID`.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first variable that is wrong.
    pub fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let Some(client_id) = env.optional("GOOGLE_CLIENT_ID")? else {
            return Ok(None);
        };
        let issuer = env.string("GOOGLE_ISSUER_URL", "https://accounts.google.com")?;
        let issuer = issuer
            .parse()
            .ok()
            .filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| ConfigError::new("GOOGLE_ISSUER_URL", "is not an http or https URL"))?;
        Ok(Some(Self {
            client_id,
            client_secret: env.required_secret("GOOGLE_CLIENT_SECRET")?,
            issuer,
        }))
    }

    /// The issuer as it names itself: without a slash at the end.
    fn name(&self) -> &str {
        self.issuer.as_str().trim_end_matches('/')
    }
}

/// Why the provider was of no use. Never says what it answered: that names people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GoogleError {
    /// It is away, or did not answer in time.
    #[error("the provider can't be reached")]
    Unreachable,
    /// It answered something that is no answer.
    #[error("the provider answers nonsense")]
    Nonsense,
    /// It does not know the code, or vouches for nobody.
    #[error("the provider vouches for nobody")]
    Refused,
}

/// Somebody for whom the provider vouches.
#[derive(Clone)]
pub struct Identity {
    /// What the provider calls the account.
    pub subject: String,
    /// The address, which the provider has verified.
    pub email: String,
    /// The name.
    pub name: String,
    /// The picture.
    pub picture: Option<String>,
}

/// What a sign-in keeps while the person is away at the provider.
#[derive(Clone)]
pub struct Errand {
    /// What the identity must repeat.
    pub nonce: String,
    /// What shows that whoever brings the code is who asked for it.
    pub verifier: String,
    /// Where the provider sends the person back to.
    pub redirect_uri: String,
}

/// The provider.
pub struct Google {
    config: GoogleConfig,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct DiscoveryAnswer {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

struct Discovery {
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    nonce: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
    picture: Option<String>,
}

impl Google {
    /// Makes the client. Nothing is asked of the provider yet.
    ///
    /// # Errors
    /// When the HTTP client can't be made.
    pub fn new(config: GoogleConfig) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            // What is sent holds secrets, and goes nowhere else.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { config, client })
    }

    /// Where the person goes to say who they are.
    ///
    /// # Errors
    /// [`GoogleError`].
    pub async fn authorization_url(
        &self,
        errand: &Errand,
        state: &str,
    ) -> Result<Url, GoogleError> {
        let mut url = self.discover().await?.authorization_endpoint;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(errand.verifier.as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &errand.redirect_uri)
            .append_pair("scope", "openid email profile")
            .append_pair("state", state)
            .append_pair("nonce", &errand.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Trades a code for an identity, and checks all that it says.
    ///
    /// # Errors
    /// [`GoogleError`].
    pub async fn identity(
        &self,
        errand: &Errand,
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<Identity, GoogleError> {
        let discovery = self.discover().await?;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &errand.redirect_uri)
            .append_pair("client_id", &self.config.client_id)
            .append_pair("client_secret", self.config.client_secret.expose_secret())
            .append_pair("code_verifier", &errand.verifier)
            .finish();
        let request = self
            .client
            .post(discovery.token_endpoint)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer: TokenAnswer = read(request).await?;
        let keys: JwkSet = read(self.client.get(discovery.jwks_uri)).await?;
        let claims = self.claims(&answer.id_token, &keys)?;
        vouched(claims, &errand.nonce, now)
    }

    async fn discover(&self) -> Result<Discovery, GoogleError> {
        let url = format!("{}/.well-known/openid-configuration", self.config.name());
        let answer: DiscoveryAnswer = read(self.client.get(url)).await?;
        if answer.issuer.trim_end_matches('/') != self.config.name() {
            return Err(GoogleError::Nonsense);
        }
        Ok(Discovery {
            authorization_endpoint: self.endpoint(&answer.authorization_endpoint)?,
            token_endpoint: self.endpoint(&answer.token_endpoint)?,
            jwks_uri: self.endpoint(&answer.jwks_uri)?,
        })
    }

    /// An issuer behind TLS has all its endpoints there.
    fn endpoint(&self, text: &str) -> Result<Url, GoogleError> {
        let url: Url = text.parse().map_err(|_| GoogleError::Nonsense)?;
        let secure = url.scheme() == "https";
        if secure || (url.scheme() == "http" && self.config.issuer.scheme() == "http") {
            Ok(url)
        } else {
            Err(GoogleError::Nonsense)
        }
    }

    /// Reads an identity that the provider signed, for us.
    fn claims(&self, token: &str, keys: &JwkSet) -> Result<Claims, GoogleError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| GoogleError::Nonsense)?;
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
            return Err(GoogleError::Refused);
        }
        let key = match &header.kid {
            Some(kid) => keys.find(kid),
            None => keys.keys.first(),
        };
        let key = key.ok_or(GoogleError::Refused)?;
        let key = DecodingKey::from_jwk(key).map_err(|_| GoogleError::Nonsense)?;
        let mut validation = Validation::new(header.alg);
        // The time is passed in, so it is compared elsewhere.
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["iss", "aud"]);
        validation.set_audience(&[&self.config.client_id]);
        validation.set_issuer(&[self.config.name()]);
        jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map(|decoded| decoded.claims)
            .map_err(|_| GoogleError::Refused)
    }
}

fn vouched(claims: Claims, nonce: &str, now: DateTime<Utc>) -> Result<Identity, GoogleError> {
    let alive = claims.exp > (now - SKEW).timestamp();
    let ours = claims.nonce.as_deref() == Some(nonce);
    match claims.email {
        Some(email) if alive && ours && claims.email_verified && !claims.sub.is_empty() => {
            Ok(Identity {
                subject: claims.sub,
                name: claims.name.unwrap_or_default(),
                picture: claims.picture,
                email,
            })
        }
        _ => Err(GoogleError::Refused),
    }
}

async fn read<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, GoogleError> {
    let mut answer = request.send().await.map_err(|_| GoogleError::Unreachable)?;
    if answer.status().is_client_error() {
        return Err(GoogleError::Refused);
    }
    if !answer.status().is_success() {
        return Err(GoogleError::Unreachable);
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|_| GoogleError::Unreachable)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(GoogleError::Nonsense);
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| GoogleError::Nonsense)
}
