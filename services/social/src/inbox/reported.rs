//! `events.event.reported.v1` and `marketplace.item.reported.v1`: what moderators are to look at.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use oruma_broker::{Event, HandleError, Handler};
use oruma_engagement::Report;
use oruma_proto::{events, marketplace};

use crate::app::App;
use crate::app::reports::{self, Told};
use crate::domain::report::{Subject, SubjectKind};

const EVENT: &str = "events.event.reported.v1";
const ITEM: &str = "marketplace.item.reported.v1";

pub(super) const KINDS: [&str; 2] = [EVENT, ITEM];

/// Collects reports into the queue of moderators.
pub(super) struct Reported(pub(super) Arc<App>);

#[async_trait]
impl Handler for Reported {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let told = match event.kind.as_str() {
            EVENT => of_event(event.read()?)?,
            ITEM => of_item(event.read()?)?,
            // The subscription names no other.
            _ => return Ok(()),
        };
        Ok(reports::collect(&self.0, &told, event.id).await?)
    }
}

fn of_event(fact: events::v1::EventReportedV1) -> Result<Told, HandleError> {
    Ok(Told {
        subject: Subject {
            kind: SubjectKind::Event,
            id: HandleError::id(&fact.event_id)?,
            owner: HandleError::id(&fact.organizer_id)?,
        },
        reporter: HandleError::id(&fact.reporter_id)?,
        words: words(fact.reason, fact.description),
        at: time(fact.reported_at)?,
    })
}

fn of_item(fact: marketplace::v1::ItemReportedV1) -> Result<Told, HandleError> {
    Ok(Told {
        subject: Subject {
            kind: SubjectKind::Item,
            id: HandleError::id(&fact.item_id)?,
            owner: HandleError::id(&fact.seller_id)?,
        },
        reporter: HandleError::id(&fact.reporter_id)?,
        words: words(fact.reason, fact.description),
        at: time(fact.reported_at)?,
    })
}

/// They were judged by the service that took them.
fn words(reason: String, description: String) -> Report {
    Report {
        reason,
        description,
    }
}

fn time(time: Option<impl TryInto<DateTime<Utc>>>) -> Result<DateTime<Utc>, HandleError> {
    time.and_then(|time| time.try_into().ok())
        .ok_or_else(|| HandleError::poison("reported_at is missing"))
}
