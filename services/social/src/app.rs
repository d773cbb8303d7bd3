//! The use cases: each authorises, runs a transaction of rule, store and outbox, and returns domain values.

pub mod blocks;
pub mod comments;
pub mod departures;
pub mod export;
pub mod feeds;
pub mod marks;
pub mod posts;
pub mod reports;
pub mod retention;

use oruma_attachments::Attachments;
use oruma_broker::{Inbox, Outbox};
use oruma_engagement::{Analytics, Mark, Searches};
use oruma_ids::CursorKey;
use oruma_postgres::{Database, Requests};
use oruma_service_runtime::{Clock, Random};

use crate::config::Config;

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
    /// The ends of accounts that were followed.
    pub departures: Inbox,
    /// The reports of other services that were collected.
    pub reported: Inbox,
    /// Whose pictures are whose.
    pub images: Attachments,
    /// Who likes and saves what.
    pub marks: Marks,
    /// Views and searches.
    pub analytics: Analytics,
    /// The time.
    pub clock: Clock,
    /// Randomness and ids.
    pub random: Random,
    /// What seals page tokens.
    pub cursors: CursorKey,
}

/// The marks of this service.
pub struct Marks {
    /// Likes of posts.
    pub post_likes: Mark,
    /// Saves of posts.
    pub post_saves: Mark,
    /// Likes of comments.
    pub comment_likes: Mark,
}

impl Default for Marks {
    fn default() -> Self {
        let of_post = |marks, counter| Mark::new(marks, "post_id", "social.posts", counter);
        let comments = ("comment_id", "social.comments");
        Self {
            post_likes: of_post("social.post_likes", "like_count"),
            post_saves: of_post("social.post_saves", "save_count"),
            comment_likes: Mark::new("social.comment_likes", comments.0, comments.1, "like_count"),
        }
    }
}

/// Views of posts and searches for them.
#[must_use]
pub fn analytics() -> Analytics {
    let views = Mark::new("social.post_views", "post_id", "social.posts", "view_count");
    Analytics::new(views, Searches::new("social"))
}
