//! The events of this service, each a versioned message of `proto/oruma/auth/v1/outbox.proto`.

use chrono::{DateTime, Utc};
use oruma_broker::Event;
use oruma_ids::UserId;
use oruma_proto::auth::v1 as proto;
use oruma_service_runtime::Contract;
use serde::Serialize;

use crate::app::App;
use crate::domain::session::{Revocation, RevokedSession};
use crate::domain::user::User;

/// `auth.user.registered.v1`: somebody joined.
pub fn user_registered(app: &App, user: &User, contract: Contract) -> Event {
    let data = proto::UserRegisteredV1 {
        user_id: user.id.to_string(),
        number: user.number,
        handle: user.handle.clone(),
        display_name: user.display_name.clone(),
        university: user.university.clone(),
        contract: contract.name().to_owned(),
        registered_at: Some(user.created_at.into()),
        version: user.version,
    };
    event(
        app,
        "auth.user.registered.v1",
        user.id,
        user.created_at,
        &data,
    )
}

/// `auth.user.deleted.v1`: an account is gone, and its traces are to be removed.
pub fn user_deleted(app: &App, user: UserId, now: DateTime<Utc>) -> Event {
    let data = proto::UserDeletedV1 {
        user_id: user.to_string(),
        deleted_at: Some(now.into()),
    };
    event(app, "auth.user.deleted.v1", user, now, &data)
}

/// What is told of a change only where it is what changed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Changed {
    /// Whether the person wants to be spoken to, and the message beside that.
    pub status: bool,
    /// The time zone.
    pub timezone: bool,
}

/// `auth.user.updated.v1`: what others see of a person changed.
pub fn user_updated(app: &App, user: &User, changed: Changed) -> Event {
    let Changed { status, timezone } = changed;
    let data = proto::UserUpdatedV1 {
        user_id: user.id.to_string(),
        number: user.number,
        handle: user.handle.clone(),
        display_name: user.display_name.clone(),
        university: user.university.clone(),
        avatar_url: user.avatar_url.clone().unwrap_or_default(),
        updated_at: Some(user.updated_at.into()),
        version: user.version,
        status: status.then(|| user.availability.name().to_owned()),
        status_message: status.then(|| user.status_message.clone().unwrap_or_default()),
        timezone: timezone.then(|| user.preferences.timezone.clone()),
    };
    event(app, "auth.user.updated.v1", user.id, user.updated_at, &data)
}

/// `auth.session.revoked.v1`: tokens of a sign-in are to be refused.
pub fn session_revoked(app: &App, session: &RevokedSession, reason: Revocation) -> Event {
    let data = proto::SessionRevokedV1 {
        session_id: session.id.to_string(),
        user_id: session.user.to_string(),
        reason: reason.name().to_owned(),
        revoked_at: Some(session.revoked_at.into()),
        forget_at: Some(session.forget_at.into()),
    };
    let time = session.revoked_at;
    event(app, "auth.session.revoked.v1", session.user, time, &data)
}

/// All events of a person have the person as subject, and so keep their order.
fn event(app: &App, kind: &str, user: UserId, time: DateTime<Utc>, data: &impl Serialize) -> Event {
    let id = app.random.id(time);
    Event::new(id, kind, "/oruma/auth", user.to_string(), time, data)
}
