//! Mails over SMTP.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::ExposeSecret;

use super::{Mailer, NotSent, Parcel, SmtpConfig, SmtpTls, form};

/// Longest wait for one answer of the server.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections at the most, each closed when it has been idle for a while.
const CONNECTIONS: u32 = 4;
const IDLE: Duration = Duration::from_secs(30);

/// A mail server.
pub(super) struct SmtpMailer {
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl SmtpMailer {
    pub(super) fn new(from: Mailbox, config: &SmtpConfig) -> anyhow::Result<Self> {
        let parameters = || TlsParameters::new(config.server.clone());
        let tls = match config.tls {
            SmtpTls::Implicit => Tls::Wrapper(parameters()?),
            SmtpTls::Required => Tls::Required(parameters()?),
            SmtpTls::Opportunistic => Tls::Opportunistic(parameters()?),
            SmtpTls::None => Tls::None,
        };
        let pool = PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.server)
            .port(config.port)
            .tls(tls)
            .hello_name(ClientId::default())
            .timeout(Some(PATIENCE))
            .pool_config(pool);
        if let Some((username, password)) = &config.login {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(username.clone(), password));
        }
        Ok(Self {
            from,
            transport: builder.build(),
        })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, parcel: &Parcel<'_>) -> Result<(), NotSent> {
        let message = form::message(&self.from, parcel)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            // The text of the error may name the address.
            Err(error) => Err(error
                .status()
                .map_or(NotSent::Unreachable, |code| NotSent::Refused(code.into()))),
        }
    }
}
