//! The use cases: each authorises, runs a transaction of rule, store and outbox, and returns domain values.

pub mod departures;
pub mod events;
pub mod export;
pub mod lists;
pub mod marks;
pub mod registrations;
pub mod retention;

use oruma_attachments::Attachments;
use oruma_broker::{Inbox, Outbox};
use oruma_engagement::{Analytics, Mark, Reports, Searches};
use oruma_ids::CursorKey;
use oruma_postgres::{Database, Requests};
use oruma_service_runtime::{Caller, Clock, Random, SignedIn};

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
    /// The ends of accounts that were followed.
    pub departures: Inbox,
    /// Whose pictures are whose.
    pub banners: Attachments,
    /// Who saved what.
    pub saves: Mark,
    /// Who told moderators of what.
    pub reports: Reports,
    /// Views and searches.
    pub analytics: Analytics,
    /// The time.
    pub clock: Clock,
    /// Randomness and ids.
    pub random: Random,
    /// What seals page tokens.
    pub cursors: CursorKey,
}

/// Saves of events.
#[must_use]
pub fn saves() -> Mark {
    Mark::new(
        "events.event_saves",
        "event_id",
        "events.events",
        "save_count",
    )
}

/// Views of events and searches for them.
#[must_use]
pub fn analytics() -> Analytics {
    let views = Mark::new(
        "events.event_views",
        "event_id",
        "events.events",
        "view_count",
    );
    Analytics::new(views, Searches::new("events"))
}

/// The person of a call.
///
/// # Errors
/// [`Error::NotSignedIn`].
pub fn signed_in(caller: &Caller) -> Result<&SignedIn, Error> {
    caller.signed_in.as_ref().ok_or(Error::NotSignedIn)
}
