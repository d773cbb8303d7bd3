//! `events.registration.created.v1`, `events.registration.cancelled.v1`, `events.event.updated.v1`, `events.event.cancelled.v1`,
//! `events.event.deleted.v1`: who comes to which event, and what becomes of it. The facts about one event come in their order.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_ids::{EventId, UserId};
use oruma_proto::events::v1 as proto;

use crate::app::{App, registrations};
use crate::domain::notification::{News, NotificationKind, Subject, excerpt};
use crate::store::registrations::Registration;

const REGISTERED: &str = "events.registration.created.v1";
const UNREGISTERED: &str = "events.registration.cancelled.v1";
const UPDATED: &str = "events.event.updated.v1";
const CANCELLED: &str = "events.event.cancelled.v1";
const DELETED: &str = "events.event.deleted.v1";

pub(super) const KINDS: [&str; 5] = [REGISTERED, UNREGISTERED, UPDATED, CANCELLED, DELETED];

pub(super) struct Events(pub(super) Arc<App>);

#[async_trait]
impl Handler for Events {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        match event.kind.as_str() {
            REGISTERED => self.registered(event).await,
            UNREGISTERED => self.unregistered(event).await,
            UPDATED => self.updated(event).await,
            CANCELLED => self.cancelled(event).await,
            DELETED => self.deleted(event).await,
            // The subscription names no other.
            _ => Ok(()),
        }
    }
}

impl Events {
    async fn registered(&self, event: &Event) -> Result<(), HandleError> {
        let fact: proto::RegistrationCreatedV1 = event.read()?;
        let registration = Registration {
            event: HandleError::id(&fact.event_id)?,
            user: HandleError::id(&fact.user_id)?,
            is_registered: true,
            changed_at: event.time,
        };
        let kind = NotificationKind::Registration;
        let news = news(
            event,
            kind,
            registration.user,
            registration.event,
            &fact.title,
        );
        let organizer: UserId = HandleError::id(&fact.organizer_id)?;
        let told = (news, organizer);
        registrations::follow(&self.0, event.id, &registration, Some(&told)).await?;
        Ok(())
    }

    async fn unregistered(&self, event: &Event) -> Result<(), HandleError> {
        let fact: proto::RegistrationCancelledV1 = event.read()?;
        let registration = Registration {
            event: HandleError::id(&fact.event_id)?,
            user: HandleError::id(&fact.user_id)?,
            is_registered: false,
            changed_at: event.time,
        };
        registrations::follow(&self.0, event.id, &registration, None).await?;
        Ok(())
    }

    async fn updated(&self, event: &Event) -> Result<(), HandleError> {
        let fact: proto::EventUpdatedV1 = event.read()?;
        let (of, organizer) = (
            HandleError::id(&fact.event_id)?,
            HandleError::id(&fact.organizer_id)?,
        );
        let kind = NotificationKind::EventUpdated;
        let news = news(event, kind, organizer, of, &fact.title);
        registrations::tell(&self.0, of, &news).await?;
        Ok(())
    }

    async fn cancelled(&self, event: &Event) -> Result<(), HandleError> {
        let fact: proto::EventCancelledV1 = event.read()?;
        let (of, organizer) = (
            HandleError::id(&fact.event_id)?,
            HandleError::id(&fact.organizer_id)?,
        );
        let kind = NotificationKind::EventCancelled;
        let news = news(event, kind, organizer, of, &fact.title);
        registrations::tell(&self.0, of, &news).await?;
        Ok(())
    }

    async fn deleted(&self, event: &Event) -> Result<(), HandleError> {
        let fact: proto::EventDeletedV1 = event.read()?;
        registrations::forget(&self.0, event.id, HandleError::id(&fact.event_id)?).await?;
        Ok(())
    }
}

fn news(event: &Event, kind: NotificationKind, actor: UserId, of: EventId, title: &str) -> News {
    News {
        event: event.id,
        kind,
        actor,
        subject: Subject::Event(of.as_uuid()),
        message: None,
        excerpt: excerpt(title),
        at: event.time,
    }
}
