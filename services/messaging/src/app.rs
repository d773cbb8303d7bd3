//! The use cases: each authorises, runs a transaction of rule, store and outbox, and returns domain values.

pub mod blocks;
pub mod channel_members;
pub mod channels;
pub mod conversations;
pub mod deliveries;
pub mod departures;
pub mod export;
pub mod mentions;
pub mod messages;
pub mod notification_settings;
pub mod notifications;
pub mod people;
pub mod previews;
pub mod reactions;
pub mod registrations;
pub mod retention;
pub mod revisions;
pub mod schedules;
pub mod searches;
pub mod sending;
pub mod system;
pub mod threads;

use oruma_attachments::Files;
use oruma_broker::{Inbox, Outbox};
use oruma_ids::{CursorKey, UserId};
use oruma_outbound::Outbound;
use oruma_postgres::{Database, Requests};
use oruma_service_runtime::{Caller, Clock, Random};
use tokio::sync::Notify;

use crate::config::Config;
use crate::error::Error;

/// What the use cases work with.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The tables.
    pub database: Database,
    /// The events to publish.
    pub outbox: Outbox,
    /// The requests that were carried out.
    pub requests: Requests,
    /// The events of others that had their effect.
    pub inboxes: Inboxes,
    /// Who people are, at auth.
    pub people: people::People,
    /// The files of people, at media.
    pub files: Files,
    /// Where links lead.
    pub outbound: Outbound,
    /// Woken when a message is to wait for its time.
    pub scheduled: Notify,
    /// Woken when a link is to be looked behind.
    pub linked: Notify,
    /// The time.
    pub clock: Clock,
    /// Randomness and ids.
    pub random: Random,
    /// What seals page tokens.
    pub cursors: CursorKey,
}

/// The inbox of each consumer.
pub struct Inboxes {
    /// The ends of accounts that were followed.
    pub departures: Inbox,
    /// Who people are.
    pub people: Inbox,
    /// Blocks.
    pub blocks: Inbox,
    /// What happens in conversations.
    pub messages: Inbox,
    /// What happens to posts and comments.
    pub posts: Inbox,
    /// What happens to events that people organise.
    pub events: Inbox,
    /// What happens to items that people sell.
    pub items: Inbox,
}

impl Inboxes {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> [&Inbox; 7] {
        [
            &self.departures,
            &self.people,
            &self.blocks,
            &self.messages,
            &self.posts,
            &self.events,
            &self.items,
        ]
    }
}

/// The person of a call.
///
/// # Errors
/// [`Error::NotSignedIn`].
pub fn signed_in(caller: &Caller) -> Result<UserId, Error> {
    caller.user().ok_or(Error::NotSignedIn)
}
