//! Sending mails: over SMTP, or into a folder where no mail server is configured.

mod folder;
mod form;
mod smtp;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lettre::message::Mailbox;
use oruma_service_runtime::{ConfigError, Env};
use secrecy::SecretString;
use uuid::Uuid;

use crate::domain::mail::Mail;
use folder::MailFolder;
pub(crate) use folder::keep;
use smtp::SmtpMailer;

/// A mail, and which one it is.
#[derive(Debug)]
pub struct Parcel<'a> {
    /// The same when it is sent again, so that receivers can drop it.
    pub id: Uuid,
    /// What is sent.
    pub mail: &'a Mail,
    /// When it was written.
    pub written_at: DateTime<Utc>,
}

/// Why a mail was not sent. Never says to whom, nor what a server answered: both name people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The address or a body can't be put into the form of a mail.
    #[error("it has no valid form")]
    Malformed,
    /// The server is away, or did not answer in time.
    #[error("the server can't be reached")]
    Unreachable,
    /// The server said no, with this code.
    #[error("the server refused it with code {0}")]
    Refused(u16),
    /// The folder can't be written.
    #[error("the folder can't be written: {0}")]
    Folder(std::io::ErrorKind),
}

impl NotSent {
    /// In a word, for metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unreachable => "unreachable",
            Self::Refused(_) => "refused",
            Self::Folder(_) => "folder",
        }
    }
}

/// A way to send.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one mail; once it returns, the next station has it.
    async fn send(&self, parcel: &Parcel<'_>) -> Result<(), NotSent>;
}

/// How mails are sent.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// `MAIL_FROM`: who writes, `Oruma <no-reply@localhost>` by default.
    pub from: Mailbox,
    /// Where they go.
    pub way: MailWay,
}

/// Where mails go.
#[derive(Debug, Clone)]
pub enum MailWay {
    /// `SMTP_SERVER` is set: to that server.
    Smtp(SmtpConfig),
    /// Otherwise `MAIL_DIR`: into this folder, a file each; `./mail` by default.
    Folder(PathBuf),
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// `SMTP_SERVER`.
    pub server: String,
    /// `SMTP_PORT`: 587 by default.
    pub port: u16,
    /// `SMTP_USERNAME`, `SMTP_PASSWORD`: both or neither.
    pub login: Option<(String, SecretString)>,
    /// `SMTP_TLS`.
    pub tls: SmtpTls,
}

/// Whether the line to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// `implicit`: from the first byte; the default for port 465.
    Implicit,
    /// `required`: after STARTTLS, which the server must offer; the default with a password.
    Required,
    /// `opportunistic`: where the server offers it; the default without a password.
    Opportunistic,
    /// `none`.
    None,
}

impl MailConfig {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first variable that is wrong.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let from = env
            .string("MAIL_FROM", "Oruma <no-reply@localhost>")?
            .parse()
            .map_err(|_| ConfigError::new("MAIL_FROM", "is not an e-mail address"))?;
        let way = match env.optional("SMTP_SERVER")? {
            Some(server) => MailWay::Smtp(smtp(env, server)?),
            None => MailWay::Folder(env.string("MAIL_DIR", "./mail")?.into()),
        };
        Ok(Self { from, way })
    }

    /// Makes the mailer. Nothing is asked of any server yet.
    ///
    /// # Errors
    /// When the machine's certificate authorities can't be read.
    pub fn mailer(&self) -> anyhow::Result<Arc<dyn Mailer>> {
        Ok(match &self.way {
            MailWay::Smtp(smtp) => Arc::new(SmtpMailer::new(self.from.clone(), smtp)?),
            MailWay::Folder(folder) => Arc::new(MailFolder::new(self.from.clone(), folder)),
        })
    }
}

fn smtp(env: &Env, server: String) -> Result<SmtpConfig, ConfigError> {
    let port = env.number("SMTP_PORT", 587)?;
    let login = match (env.optional("SMTP_USERNAME")?, env.secret("SMTP_PASSWORD")?) {
        (Some(username), Some(password)) => Some((username, password)),
        (None, None) => None,
        (None, Some(_)) => return Err(ConfigError::new("SMTP_USERNAME", "is not set")),
        (Some(_), None) => return Err(ConfigError::new("SMTP_PASSWORD", "is not set")),
    };
    let tls = match env.optional("SMTP_TLS")?.as_deref() {
        Some("implicit") => SmtpTls::Implicit,
        Some("required") => SmtpTls::Required,
        Some("opportunistic") => SmtpTls::Opportunistic,
        Some("none") => SmtpTls::None,
        Some(_) => {
            let problem = "must be one of implicit, required, opportunistic, none";
            return Err(ConfigError::new("SMTP_TLS", problem));
        }
        None if port == 465 => SmtpTls::Implicit,
        None if login.is_some() => SmtpTls::Required,
        None => SmtpTls::Opportunistic,
    };
    Ok(SmtpConfig {
        server,
        port,
        login,
        tls,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<MailConfig, ConfigError> {
        MailConfig::from_env(&Env::of_pairs(pairs.iter().copied()))
    }

    fn tls(pairs: &[(&str, &str)]) -> SmtpTls {
        match read(pairs).unwrap().way {
            MailWay::Smtp(smtp) => smtp.tls,
            MailWay::Folder(_) => unreachable!("a server is named"),
        }
    }

    /// O-123: without a server, mails become files.
    #[test]
    fn a_server_is_used_where_one_is_named() {
        assert!(matches!(read(&[]).unwrap().way, MailWay::Folder(_)));
        let server = ("SMTP_SERVER", "mail.example.com");
        assert_eq!(tls(&[server]), SmtpTls::Opportunistic);
        assert_eq!(tls(&[server, ("SMTP_PORT", "465")]), SmtpTls::Implicit);
        let (name, password) = (("SMTP_USERNAME", "oruma"), ("SMTP_PASSWORD", "secret"));
        assert_eq!(tls(&[server, name, password]), SmtpTls::Required);
        let problem = |pairs: &[_]| read(pairs).unwrap_err().variable;
        assert_eq!(problem(&[server, name]), "SMTP_PASSWORD");
        assert_eq!(problem(&[server, password]), "SMTP_USERNAME");
        assert_eq!(problem(&[server, ("SMTP_TLS", "perhaps")]), "SMTP_TLS");
        assert_eq!(problem(&[("MAIL_FROM", "nobody")]), "MAIL_FROM");
    }
}
