//! Sending text messages: over HTTP, or into a folder where no service is configured.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use oruma_service_runtime::{ConfigError, Env};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::mailer::{NotSent, Parcel, keep};

/// The longest wait for the service.
const PATIENCE: Duration = Duration::from_secs(10);

/// A way to send text messages.
#[async_trait]
pub trait SmsSender: Send + Sync {
    /// Sends one; once it returns, the next station has it.
    async fn send(&self, parcel: &Parcel<'_>) -> Result<(), NotSent>;
}

/// How text messages are sent.
#[derive(Debug, Clone)]
pub enum SmsConfig {
    /// `SMS_API_URL` is set: to that service, which speaks as Twilio does.
    Http(SmsService),
    /// Otherwise into `MAIL_DIR`, a `.txt` file each.
    Folder(PathBuf),
}

/// A service that sends text messages.
#[derive(Debug, Clone)]
pub struct SmsService {
    /// `SMS_API_URL`: where messages are posted. One without path gets Twilio's, `/2010-04-01/Accounts/<sid>/Messages.json`.
    pub url: Url,
    /// `SMS_ACCOUNT_SID`, `SMS_AUTH_TOKEN`: both or neither.
    pub login: Option<(String, SecretString)>,
    /// `SMS_FROM`: the number or name of the sender.
    pub from: String,
}

impl SmsConfig {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first variable that is wrong.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let Some(url) = env.optional("SMS_API_URL")? else {
            return Ok(Self::Folder(env.string("MAIL_DIR", "./mail")?.into()));
        };
        let mut url: Url = url
            .parse()
            .ok()
            .filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| ConfigError::new("SMS_API_URL", "is not an http or https URL"))?;
        let sid = env.optional("SMS_ACCOUNT_SID")?;
        let login = match (sid, env.secret("SMS_AUTH_TOKEN")?) {
            (Some(sid), Some(token)) => Some((sid, token)),
            (None, None) => None,
            (None, Some(_)) => return Err(ConfigError::new("SMS_ACCOUNT_SID", "is not set")),
            (Some(_), None) => return Err(ConfigError::new("SMS_AUTH_TOKEN", "is not set")),
        };
        if url.path() == "/" {
            let sid = login.as_ref().map_or("oruma", |(sid, _)| sid);
            url.set_path(&format!("/2010-04-01/Accounts/{sid}/Messages.json"));
        }
        let from = env.string("SMS_FROM", "Oruma")?;
        Ok(Self::Http(SmsService { url, login, from }))
    }

    /// Makes the sender. Nothing is asked of any service yet.
    ///
    /// # Errors
    /// When the HTTP client can't be made.
    pub fn sender(&self) -> anyhow::Result<Arc<dyn SmsSender>> {
        Ok(match self {
            Self::Http(service) => Arc::new(HttpSms {
                client: reqwest::Client::builder()
                    .timeout(PATIENCE)
                    // The operator named this address and no other.
                    .redirect(reqwest::redirect::Policy::none())
                    .build()?,
                service: service.clone(),
            }),
            Self::Folder(folder) => Arc::new(SmsFolder(folder.clone())),
        })
    }
}

struct HttpSms {
    client: reqwest::Client,
    service: SmsService,
}

#[async_trait]
impl SmsSender for HttpSms {
    async fn send(&self, parcel: &Parcel<'_>) -> Result<(), NotSent> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("To", &parcel.mail.to)
            .append_pair("From", &self.service.from)
            .append_pair("Body", &parcel.mail.text)
            .finish();
        let mut request = self
            .client
            .post(self.service.url.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        if let Some((sid, token)) = &self.service.login {
            request = request.basic_auth(sid, Some(token.expose_secret()));
        }
        // What the service answers names the number.
        let answer = request.send().await.map_err(|_| NotSent::Unreachable)?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(NotSent::Refused(status.as_u16())),
        }
    }
}

struct SmsFolder(PathBuf);

#[async_trait]
impl SmsSender for SmsFolder {
    async fn send(&self, parcel: &Parcel<'_>) -> Result<(), NotSent> {
        let text = format!("To: {}\r\n\r\n{}\r\n", parcel.mail.to, parcel.mail.text);
        keep(&self.0, parcel, "txt", text.as_bytes())
            .await
            .map_err(|error| NotSent::Folder(error.kind()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<SmsConfig, ConfigError> {
        SmsConfig::from_env(&Env::of_pairs(pairs.iter().copied()))
    }

    #[test]
    fn a_service_is_used_where_one_is_named() {
        assert!(matches!(read(&[]).unwrap(), SmsConfig::Folder(_)));
        let url = ("SMS_API_URL", "https://api.twilio.com");
        let login = [("SMS_ACCOUNT_SID", "AC1"), ("SMS_AUTH_TOKEN", "secret")];
        let SmsConfig::Http(service) = read(&[url, login[0], login[1]]).unwrap() else {
            unreachable!("a service is named");
        };
        assert_eq!(service.url.path(), "/2010-04-01/Accounts/AC1/Messages.json");
        assert_eq!(
            read(&[url, login[0]]).unwrap_err().variable,
            "SMS_AUTH_TOKEN"
        );
        let wrong = [("SMS_API_URL", "ftp://x")];
        assert_eq!(read(&wrong).unwrap_err().variable, "SMS_API_URL");
    }
}
