//! The use cases: each authorises, runs a transaction of rule, store and outbox, and returns domain values.

pub mod accounts;
pub mod announcements;
pub mod api_keys;
pub mod directory;
pub mod email_codes;
pub mod google_accounts;
mod mail_meters;
pub mod mails;
pub mod operators;
pub mod password_resets;
mod requests;
pub mod retention;
pub mod second_factors;
pub mod sessions;
pub mod sign_ins;
pub mod suspensions;
pub mod universities;
pub mod users;

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use oruma_broker::Outbox;
use oruma_ephemeral::SharedEphemeral;
use oruma_ids::CursorKey;
use oruma_postgres::Database;
use oruma_service_runtime::{Clock, Random};
use sha2::Sha256;
use tokio::sync::Notify;

use announcements::Announcements;
pub use mail_meters::MailMeters;

use crate::config::Config;
use crate::domain::account::Email;
use crate::google::Google;
use crate::keys::Keys;
use crate::mailer::Mailer;
use crate::passwords::Passwords;
use crate::sms::SmsSender;

/// What the use cases work with.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The tables.
    pub database: Database,
    /// The events to publish.
    pub outbox: Outbox,
    /// What seals and hashes what is secret.
    pub keys: Keys,
    /// The way of mails.
    pub mailer: Arc<dyn Mailer>,
    /// The way of text messages.
    pub sms: Arc<dyn SmsSender>,
    /// Google, where it is configured.
    pub google: Option<Google>,
    /// Told when mails were put on their way.
    pub mails_waiting: Notify,
    /// What is counted of mails.
    pub mail_meters: MailMeters,
    /// The threads that hash.
    pub passwords: Passwords,
    /// The line to the edges for what can't wait.
    pub ephemeral: SharedEphemeral,
    /// Which edges have yet to say that they heard.
    pub announcements: Announcements,
    /// The time.
    pub clock: Clock,
    /// Randomness and ids.
    pub random: Random,
    /// What seals page tokens.
    pub cursors: CursorKey,
}

impl App {
    /// The keyed hash that stands for an address in the access log.
    fn email_hash(&self, email: &Email) -> Vec<u8> {
        let secret = self.config.credential.as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret)
            .unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
        mac.update(b"oruma access log\0");
        mac.update(email.as_str().to_lowercase().as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}
