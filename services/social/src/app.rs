//! The use cases: each authorises, runs a transaction of rule, store and outbox, and returns domain values.

pub mod analytics;
pub mod comments;
pub mod departures;
pub mod export;
pub mod feeds;
mod images;
pub mod marks;
pub mod posts;
pub mod retention;

use oruma_broker::{Inbox, Outbox};
use oruma_ids::CursorKey;
use oruma_postgres::Database;
use oruma_proto::media::v1::image_service_client::ImageServiceClient;
use oruma_service_runtime::{Clock, GrpcClient, Random};

use analytics::Analytics;

use crate::config::Config;

/// What the use cases work with.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The tables.
    pub database: Database,
    /// The events to publish.
    pub outbox: Outbox,
    /// The ends of accounts that were followed.
    pub departures: Inbox,
    /// Whose pictures are whose.
    pub images: ImageServiceClient<GrpcClient>,
    /// Views and searches that are yet to be written.
    pub analytics: Analytics,
    /// The time.
    pub clock: Clock,
    /// Randomness and ids.
    pub random: Random,
    /// What seals page tokens.
    pub cursors: CursorKey,
}
