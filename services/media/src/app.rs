//! The use cases: each authorises, runs a transaction of rule, store and outbox, and returns domain values.

pub mod files;
pub mod images;
pub mod reading;
pub mod retention;
pub mod uploads;
pub mod uses;

use oruma_blob::SharedBlobStore;
use oruma_broker::{Inbox, Outbox};
use oruma_postgres::Database;
use oruma_service_runtime::{Clock, Random};
use tokio::sync::{Notify, Semaphore};

use crate::config::Config;
use crate::films::Films;
use crate::processing::Processing;

/// What the use cases work with.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The tables.
    pub database: Database,
    /// The events to publish.
    pub outbox: Outbox,
    /// The events of posts that were handled.
    pub post_inbox: Inbox,
    /// The facts about events that people organise that were handled.
    pub event_inbox: Inbox,
    /// The events of items that were handled.
    pub item_inbox: Inbox,
    /// The events of messages that were handled.
    pub message_inbox: Inbox,
    /// The events of people who left that were handled.
    pub user_inbox: Inbox,
    /// The events of people who changed that were handled.
    pub avatar_inbox: Inbox,
    /// The files.
    pub blobs: SharedBlobStore,
    /// The threads that work on pictures.
    pub processing: Processing,
    /// What looks into films.
    pub films: Films,
    /// Places for uploads of pictures under way.
    pub places: Semaphore,
    /// Places for uploads of files under way.
    pub file_places: Semaphore,
    /// Says that there are files to remove.
    pub removals: Notify,
    /// The time.
    pub clock: Clock,
    /// Randomness and ids.
    pub random: Random,
}
